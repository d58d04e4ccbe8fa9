"""What events are counted by: each record to a small code, and the codes' table."""

from collections.abc import Iterable
from hashlib import blake2b

import msgspec
import polars as pl

from assets.cloudtrail_usage.identity import Principal, principal_of
from assets.cloudtrail_usage.outcome import outcome_of
from assets.cloudtrail_usage.records import Record, UserIdentity

# What a record without `eventType` is (eventVersion below 1.02 has none): a call, as all records were then.
API_CALL = "AwsApiCall"

KEY_SCHEMA: dict[str, pl.DataType] = {
    "principal_arn": pl.String(),
    "principal_id": pl.String(),
    "principal_account": pl.String(),
    "principal_type": pl.String(),
    "event_source": pl.String(),
    "event_name": pl.String(),
    "event_type": pl.String(),
    "outcome": pl.String(),
    "via_service": pl.Boolean(),
    "service": pl.String(),
    "error_code": pl.String(),
}
_CODED = {**KEY_SCHEMA, "code": pl.UInt64()}

Kind = tuple[int, str, str, str | None, str | None, bool]
"""An event as far as it is counted: number of its actor, source, name, type, error code, no error message."""


class EventKeys:
    """The distinct keys of the records seen, numbered from 0, each with a code that is the same in every process.

    A code is 64 bits of a hash of the key. `merge` checks that no two keys share one.
    """

    def __init__(self) -> None:
        """Start without keys."""
        self.numbers: dict[Kind, int] = {}
        self.codes: list[int] = []
        self._kinds: list[Kind] = []
        self._actors: dict[tuple[Principal, str], int] = {}
        self._actor: list[tuple[Principal, str]] = []
        self._texts: dict[str, str] = {}

    @property
    def remembered(self) -> int:
        """How many kinds of events are in memory."""
        return len(self.numbers)

    def actor_of(self, who: UserIdentity, region: str) -> int:
        """Return the number of the principal behind an identity, and of the service that called for it."""
        actor = (principal_of(who, region), who.invoked_by or "")
        number = self._actors.get(actor)
        if number is None:
            number = self._actors[actor] = len(self._actor)
            self._actor.append(actor)
        return number

    def number_of(self, kind: Kind) -> int:
        """Return the number of the key of such events, which is in `numbers` afterwards.

        Neither source nor name must be empty.
        """
        actor, *texts, quiet = kind
        source, name, event_type, error = (
            self._texts.setdefault(text, text) if text else "" for text in texts
        )
        # Whether there is a message matters only where there is no code.
        same: Kind = (actor, source, name, event_type or API_CALL, error or None, quiet or bool(error))
        number = self.numbers.get(same)
        if number is None:
            number = self.numbers[same] = len(self.codes)
            self._kinds.append(same)
            digest = blake2b(msgspec.json.encode(self._key(same)), digest_size=8).digest()
            self.codes.append(int.from_bytes(digest, "big"))
        if same != kind:
            self.numbers[kind] = number
        return number

    def code_of(self, record: Record, region: str) -> int:
        """Return the code of a record. Its source and name must not be empty."""
        actor = self.actor_of(record.user_identity, region)
        kind = (
            actor, record.event_source, record.event_name, record.event_type, record.error_code,
            not record.error_message,
        )  # fmt: skip
        number = self.numbers.get(kind)
        return self.codes[self.number_of(kind) if number is None else number]

    def _key(self, kind: Kind) -> tuple[str | bool | None, ...]:
        actor, source, name, event_type, error, quiet = kind
        principal, service = self._actor[actor]
        via_service = bool(service) and principal.type != "service"
        outcome = outcome_of(error, not quiet)
        return (*principal, source, name, event_type, outcome, via_service, service, error or "")

    def frame(self, numbers: Iterable[int] | None = None) -> pl.DataFrame:
        """Return the keys of these numbers, or all: columns of `KEY_SCHEMA` and `code` (UInt64)."""
        rows = [
            (*self._key(self._kinds[number]), self.codes[number])
            for number in (range(len(self.codes)) if numbers is None else numbers)
        ]
        # Column by column: Polars takes several times as long for rows.
        columns = zip(*rows, strict=True) if rows else ((),) * len(_CODED)
        return pl.DataFrame(dict(zip(_CODED, columns, strict=True)), schema=_CODED)

    def forget(self) -> None:
        """Start again: numbers are given anew."""
        for memory in (self.numbers, self.codes, self._kinds, self._actors, self._actor, self._texts):
            memory.clear()
