"""The most memory that this process held."""

from pathlib import Path


def peak_mb() -> float:
    """Return it in MB. `ru_maxrss` would be that of the process which started this one, where that held more."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
