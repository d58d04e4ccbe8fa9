"""The text of a file that some shell wrote: UTF-8, or UTF-16 as PowerShell's `>` writes it."""

import codecs

from assets.errors import InputError


def read_text(raw: bytes, label: str) -> str:
    """Decode a file's bytes, without byte order mark; InputError (naming `label`) if empty or no text."""
    utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{label}: is not text in UTF-8 (byte {error.start}: {error.reason}); "
            "save it as UTF-8 JSON, unpacked if it is an archive"
        ) from None
    if not text.strip():
        raise InputError(
            f"{label}: the file is empty; "
            "write it anew with: aws iam get-account-authorization-details > FILE"
        )
    return text
