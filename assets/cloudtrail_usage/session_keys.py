"""The sessions of the records seen, each with a small code, and the codes' table."""

from hashlib import blake2b

import msgspec
import polars as pl

from assets.cloudtrail_usage.access_keys import TEMPORARY, KeyHash
from assets.cloudtrail_usage.credential_time import credential_micros
from assets.cloudtrail_usage.event_time import EventTimes
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

_Row = tuple[str, str, int | None, str, str, str, str]


def service_code(service: str) -> int:
    """Return the code that all sessions of an AWS service have."""
    return _code_of("", "", None, service)


def _code_of(session: str, key: str, created: int | None, service: str) -> int:
    digest = blake2b(msgspec.json.encode((session, key, created, service)), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1


class SessionKeys:
    """Gives codes to sessions until `take` empties it: a role may have a hundred thousand sessions a day.

    A code is 64 bits of a hash, the same in every process. `merge` checks that no two sessions share one.
    """

    def __init__(self, key_hash: KeyHash) -> None:
        """Start without sessions."""
        self._hash = key_hash.of
        self._micros = EventTimes().micros_of
        self._seen: dict[tuple[str | None, ...], int] = {}
        self._rows: dict[_Row, int] = {}

    @property
    def remembered(self) -> int:
        """How many sessions are in memory."""
        return len(self._seen)

    def code_of(self, who: UserIdentity) -> int:
        """Return the code of the session that acted, or `NO_SESSION`."""
        access_key = who.access_key_id
        if who.type not in SESSION_TYPES and (access_key is None or not access_key.startswith(TEMPORARY)):
            return NO_SESSION
        service = service_of_session(who)
        if service:
            # Neither name nor key of it: one row for all sessions.
            raw: tuple[str | None, ...] = (service,)
        else:
            context, on_behalf_of = who.session_context, who.on_behalf_of
            attributes = context.attributes if context is not None else None
            raw = (
                who.type, who.principal_id, who.arn, who.user_name, access_key,
                attributes.creation_date if attributes is not None else None,
                context.source_identity if context is not None else None,
                on_behalf_of.user_id if on_behalf_of is not None else None,
            )  # fmt: skip
        code = self._seen.get(raw)
        if code is None:
            code = self._seen[raw] = self._code(who, service)
        return code

    def _code(self, who: UserIdentity, service: str) -> int:
        row = ("", "", None, service, "", "", "") if service else self._row(who)
        code = self._rows.get(row)
        if code is None:
            code = self._rows[row] = _code_of(*row[:4])
        return code

    def _row(self, who: UserIdentity) -> _Row:
        context = who.session_context
        attributes = context.attributes if context is not None else None
        created = attributes.creation_date if attributes is not None else None
        return (
            who.principal_id or "",
            self._hash(who.access_key_id),
            (self._micros(created) or credential_micros(created)) if created else None,
            "",
            (context.source_identity if context is not None else None) or "",
            (who.on_behalf_of.user_id if who.on_behalf_of is not None else None) or "",
            person_of(who),
        )

    def take(self) -> pl.DataFrame:
        """Return the sessions since the last call (columns of `SESSION_SCHEMA`, `session_code`), forget them."""
        rows = [(*row, code) for row, code in self._rows.items()]
        self._seen.clear()
        self._rows.clear()
        return pl.DataFrame(rows, schema={**SESSION_SCHEMA, "session_code": pl.UInt64()}, orient="row")
