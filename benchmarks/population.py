"""Who lives in a generated account: the same names and ids in its logs and in its IAM data."""

import hashlib
from base64 import b32encode
from bisect import bisect
from itertools import accumulate
from random import Random
from typing import NamedTuple

TEAMS = ("payments", "search", "identity", "data", "platform", "mobile", "billing", "risk", "web", "ml")
DUTIES = ("deploy", "api", "worker", "etl", "readonly", "admin", "backup", "scanner", "ingest", "reporting")


class Principal(NamedTuple):
    """A user or role; `id` is what AWS calls `UserId` or `RoleId`."""

    kind: str
    name: str
    id: str
    arn: str


def account_id(index: int) -> str:
    """Return the id of the account of that number, from 0."""
    return str(100_000_000_000 + index * 7_919)


def roles(account: str, count: int) -> list[Principal]:
    """Return the roles of an account; the first are the busiest."""
    return [_principal(account, "role", n, _named(n)) for n in range(count)]


def users(account: str, count: int) -> list[Principal]:
    """Return the users of an account; the first are the busiest."""
    return [_principal(account, "user", n, f"user-{n:04}") for n in range(count)]


def unique_id(prefix: str, *words: object) -> str:
    """Return an id as AWS makes them (`AROA` and 17 letters and digits), the same for the same words."""
    digest = hashlib.sha256("/".join(map(str, words)).encode()).digest()
    return prefix + b32encode(digest).decode()[:17]


class Zipf:
    """Picks from a list; the n-th is picked in proportion to 1 / n^s."""

    def __init__(self, count: int, s: float = 1.1) -> None:
        """Prepare picking from `count` things."""
        self._edges = list(accumulate(1 / (n + 1) ** s for n in range(count)))

    def pick(self, random: Random) -> int:
        """Return the index of one of them."""
        return bisect(self._edges, random.random() * self._edges[-1])


def _named(n: int) -> str:
    return f"{TEAMS[n % len(TEAMS)]}-{DUTIES[n // len(TEAMS) % len(DUTIES)]}-{n:04}"


def _principal(account: str, kind: str, n: int, name: str) -> Principal:
    prefix = "AROA" if kind == "role" else "AIDA"
    return Principal(kind, name, unique_id(prefix, account, kind, n), f"arn:aws:iam::{account}:{kind}/{name}")
