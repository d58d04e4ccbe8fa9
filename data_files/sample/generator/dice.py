"""Chance that always falls the same way: random picks and AWS-like ids from a seed that is a name.

Every scene has dice of its own, so that a change in one scene leaves the bytes of the others alone.
Only `random.random()` and `getrandbits()` are used: Python promises their sequence for a given seed.
"""

import base64
import hashlib
import random
import uuid
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Dice:
    """Random picks and ids, the same in every run for the same name."""

    def __init__(self, name: str) -> None:
        """Seed them with the name of the scene."""
        self._random = random.Random(f"cloudtracker sample: {name}")

    def number(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """Say yes in this share of the cases."""
        return self._random.random() < share

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[self.number(0, len(items) - 1)]

    def uuid(self) -> str:
        """Return an event id or a request id."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def s3_request_id(self) -> str:
        """Return a request id as S3 writes it: 16 upper-case characters."""
        return "".join(self.pick(_UPPER) for _ in range(16))

    def access_key(self, prefix: str = "ASIA") -> str:
        """Return an access key id; all of them end in EXAMPLE, as in AWS's documentation."""
        return prefix + "".join(self.pick(_BASE32) for _ in range(9)) + "EXAMPLE"

    def hexadecimal(self, length: int) -> str:
        """Return hexadecimal digits, for instance for an instance id."""
        return f"{self._random.getrandbits(4 * length):0{length}x}"


def stable_id(prefix: str, *parts: str) -> str:
    """Return the unique id of an IAM entity (AIDA, AROA, AGPA, ANPA), 21 characters, from what names it."""
    digest = base64.b32encode(hashlib.sha256("/".join(parts).encode()).digest()).decode()
    return f"{prefix}{digest[:10]}EXAMPLE"
