"""Errors of other programs may quote what they were given: no secret of the environment leaves in a message."""

import os
import re
from collections.abc import Mapping
from typing import Any

SECRET_NAME = re.compile(
    r"password|passwd|pwd|secret|token|credential|(private|access)[-_.]?key", re.IGNORECASE
)
"""What a setting of a warehouse is called where its value is a secret."""

_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|ACCESS_KEY", re.IGNORECASE)
_IN_TEXT = re.compile(
    r"((?:password|passwd|pwd|secret|token|access_?key)\s*=\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&;,]+)|(://[^:/@\s]*:)[^@\s]*(?=@)",
    re.IGNORECASE,
)
_SHORTEST = 4  # of a value: a shorter one would cut words to pieces and protects nothing


def without_secrets(text: object) -> str:
    """Return the text on one line, secrets as ***: passwords in URLs and settings, values of secret variables."""
    line = " ".join(str(text).split())
    secrets = {value for name, value in os.environ.items() if _NAME.search(name) and len(value) >= _SHORTEST}
    for secret in sorted(secrets, key=len, reverse=True):
        line = line.replace(" ".join(secret.split()), "***")
    return _without_written(line)


def public(setting: Any) -> Any:
    """Return a setting (texts in mappings and lists) without what is secret by its name or in a text.

    The same whatever the environment holds, and whatever the secrets are.
    """
    if isinstance(setting, Mapping):
        return {
            str(name): public(value) for name, value in setting.items() if not SECRET_NAME.search(str(name))
        }
    if isinstance(setting, list | tuple):
        return [public(value) for value in setting]
    return _without_written(str(setting))


def _without_written(text: str) -> str:
    return _IN_TEXT.sub(lambda found: (found[1] or found[2]) + "***", text)
