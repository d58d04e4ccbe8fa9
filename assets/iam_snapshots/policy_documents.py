"""One policy document as AWS or a tool wrote it: an object, JSON text, or URL-encoded JSON text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class PolicyDocument:
    """A decoded policy document, or the reason why there is none.

    `body` is None exactly when `problem` is not empty. A document that is missing or unreadable never turns
    into an empty one: an empty policy would read as "grants nothing" and its actions as not granted.
    """

    body: Mapping[str, Any] | None
    problem: str = ""


_HALF_A_PAIR = "\\ud"


def decode_document(value: object) -> PolicyDocument:
    """Decode a document as found in `PolicyDocument`, `Document` or `AssumeRolePolicyDocument`.

    The IAM API returns documents URL-encoded by RFC 3986 (API reference, `PolicyDetail`); the AWS CLI and
    boto3 decode them, other tools leave the text as it is.
    """
    if value is None:
        return PolicyDocument(None, "the policy document is missing")
    if isinstance(value, str):
        text = value.strip()
        # Plain JSON text may hold % of its own (in a condition): it is unquoted only when it isn't JSON yet.
        return _decode_text(text if text.startswith("{") else unquote(text))
    if isinstance(value, Mapping):
        return PolicyDocument(value)
    return PolicyDocument(None, f"the policy document is a {type(value).__name__}, not an object")


def _decode_text(text: str) -> PolicyDocument:
    try:
        body = json.loads(text)
        if _HALF_A_PAIR in text.lower():
            # Half a surrogate pair is no text: raises where one is left alone.
            json.dumps(body, ensure_ascii=False).encode()
    except RecursionError:
        return PolicyDocument(None, "the policy document is nested too deeply")
    except ValueError as error:
        return PolicyDocument(
            None, f"the policy document is text that is neither JSON nor URL-encoded JSON ({error})"
        )
    if not isinstance(body, dict):
        return PolicyDocument(None, f"the policy document is a {type(body).__name__}, not an object")
    return PolicyDocument(body)
