"""The sessions of the records seen, each with a small code, and the codes' table."""

from array import array
from collections.abc import Iterable
from hashlib import blake2b

import msgspec
import polars as pl

from assets.cloudtrail_usage.access_keys import TEMPORARY, KeyHash
from assets.cloudtrail_usage.credential_time import credential_micros
from assets.cloudtrail_usage.person import SESSION_TYPES, person_of, service_of_session
from assets.cloudtrail_usage.records import UserIdentity

NO_SESSION = 0
"""The code of what was done without temporary credentials."""

SESSION_SCHEMA: dict[str, pl.DataType] = {
    "session": pl.String(),
    "key": pl.String(),
    "session_created": pl.Int64(),
    "service": pl.String(),
    "source_identity": pl.String(),
    "on_behalf_of": pl.String(),
    "person": pl.String(),
}
SESSION_IDENTITY = tuple(SESSION_SCHEMA)[:4]
"""The columns that the code is made of; the others are said of it, mostly the same by every record."""

_CODED = {**SESSION_SCHEMA, "session_code": pl.UInt64()}

_Row = tuple[str, str, int | None, str, str, str, str]
_NOBODY: _Row = ("", "", None, "", "", "", "")


def service_code(service: str) -> int:
    """Return the code that all sessions of an AWS service have."""
    return _code_of("", "", None, service)


def _code_of(session: str, key: str, created: int | None, service: str) -> int:
    digest = blake2b(msgspec.json.encode((session, key, created, service)), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1


class SessionKeys:
    """The sessions of the records seen, numbered from 1 on: a role may have a hundred thousand a day.

    A code is 64 bits of a hash, the same in every process. `merge` checks that no two sessions share one. What is
    said of a session differently has numbers of its own, and one code. Number and code `NO_SESSION` stand for
    what was done without temporary credentials.
    """

    def __init__(self, key_hash: KeyHash) -> None:
        """Start without sessions."""
        self._hash = key_hash.of
        self._numbers: dict[_Row, int] = {}
        self._rows: list[_Row] = [_NOBODY]
        # There may be many, and all of them are made a column for each batch.
        self.codes = array("Q", [NO_SESSION])

    @property
    def remembered(self) -> int:
        """How many sessions are in memory."""
        return len(self._numbers)

    def number_of(self, who: UserIdentity) -> int:
        """Return the number of the session that acted, or `NO_SESSION`."""
        access_key = who.access_key_id
        if who.type not in SESSION_TYPES and (access_key is None or not access_key.startswith(TEMPORARY)):
            return NO_SESSION
        service = service_of_session(who)
        # Neither name nor key of a service's: one row for all of its sessions.
        row = ("", "", None, service, "", "", "") if service else self._row(who)
        number = self._numbers.get(row)
        if number is None:
            number = self._numbers[row] = len(self._rows)
            self._rows.append(row)
            self.codes.append(_code_of(*row[:4]))
        return number

    def code_of(self, who: UserIdentity) -> int:
        """Return the code of the session that acted, or `NO_SESSION`."""
        return self.codes[self.number_of(who)]

    def _row(self, who: UserIdentity) -> _Row:
        context = who.session_context
        attributes = context.attributes if context is not None else None
        created = attributes.creation_date if attributes is not None else None
        return (
            who.principal_id or "",
            self._hash(who.access_key_id),
            credential_micros(created),
            "",
            (context.source_identity if context is not None else None) or "",
            (who.on_behalf_of.user_id if who.on_behalf_of is not None else None) or "",
            person_of(who),
        )

    def frame(self, numbers: Iterable[int]) -> pl.DataFrame:
        """Return the sessions of these numbers: columns of `SESSION_SCHEMA` and `session_code`."""
        rows = [(*self._rows[number], self.codes[number]) for number in numbers if number != NO_SESSION]
        columns = zip(*rows, strict=True) if rows else ((),) * len(_CODED)
        return pl.DataFrame(dict(zip(_CODED, columns, strict=True)), schema=_CODED)

    def take(self) -> pl.DataFrame:
        """Return all sessions as `frame` does, and forget them: numbers are given anew."""
        sessions = self.frame(range(len(self._rows)))
        self.forget()
        return sessions

    def forget(self) -> None:
        """Start again: numbers are given anew."""
        self._numbers.clear()
        self._rows, self.codes = [_NOBODY], array("Q", [NO_SESSION])
