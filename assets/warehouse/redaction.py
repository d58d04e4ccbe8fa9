"""Errors of other programs may quote what they were given: no secret of the environment leaves in a message."""

import os
import re

_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|ACCESS_KEY", re.IGNORECASE)
_IN_TEXT = re.compile(
    r"((?:password|passwd|secret|token)\s*=\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&;,]+)|(://[^:/@\s]*:)[^@\s]*(?=@)",
    re.IGNORECASE,
)
_SHORTEST = 4  # of a value: a shorter one would cut words to pieces and protects nothing


def without_secrets(text: object) -> str:
    """Return the text on one line, secrets as ***: passwords in URLs and settings, values of secret variables."""
    line = " ".join(str(text).split())
    secrets = {value for name, value in os.environ.items() if _NAME.search(name) and len(value) >= _SHORTEST}
    for secret in sorted(secrets, key=len, reverse=True):
        line = line.replace(" ".join(secret.split()), "***")
    return _IN_TEXT.sub(lambda found: (found[1] or found[2]) + "***", line)
