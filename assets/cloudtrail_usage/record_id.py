"""The identity of a record that has no `eventID`: a hash of its content."""

import json
from hashlib import blake2b
from typing import Any

from assets.cloudtrail_usage.log_content import LogContent

PREFIX = "record:"


def id_of_unnamed(content: LogContent[Any], position: int) -> str:
    """Return an id that two copies of the record share, however their JSON is written."""
    raw = content.raw_record(position)
    try:
        canonical = json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        canonical = raw
    return PREFIX + blake2b(canonical, digest_size=16).hexdigest()
