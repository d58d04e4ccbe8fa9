"""Freed memory, back to the system: what Python's objects took while logs were decoded is what merging them needs."""

import ctypes


def give_back() -> None:
    """Ask the C library to let go of what is free (glibc's malloc_trim); others do so by themselves, or not."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return
    trim(0)
