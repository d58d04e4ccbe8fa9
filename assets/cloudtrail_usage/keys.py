"""What events are counted by: each record to a small code, and the codes' table."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple, TypeVar

import msgspec
import polars as pl

from assets.cloudtrail_usage.assumption import issues_session
from assets.cloudtrail_usage.identity import principal_of
from assets.cloudtrail_usage.outcome import outcome_of
from assets.cloudtrail_usage.records import Fields, Record, UserIdentity
from assets.cloudtrail_usage.remembered import Remembered

# What a record without `eventType` is (eventVersion below 1.02 has none): a call, as all records were then.
API_CALL = "AwsApiCall"
# A scanner forgets kinds and actors long before.
_REMEMBERED = 1_000_000

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
PRINCIPAL = tuple(KEY_SCHEMA)[:4]
EVENT = tuple(KEY_SCHEMA)[4:8]
_CODE = pl.UInt64()
ACTOR_SCHEMA: dict[str, pl.DataType] = {
    name: KEY_SCHEMA[name] for name in (*PRINCIPAL, "via_service", "service")
} | {"actor_code": _CODE}
KIND_SCHEMA: dict[str, pl.DataType] = {name: KEY_SCHEMA[name] for name in (*EVENT, "error_code")} | {
    "kind_code": _CODE
}
PAIR_SCHEMA: dict[str, pl.DataType] = {"actor_code": _CODE, "kind_code": _CODE, "code": _CODE}

Kind = tuple[str, str, str | None, str | None]
"""What was called, as logged: `eventSource`, `eventName`, `eventType`, `errorCode`."""
_ActorRow = tuple[str, str, str, str, bool, str]
_KindRow = tuple[str, str, str, str, str]
_Row = TypeVar("_Row", _ActorRow, _KindRow)


class KeyTables(NamedTuple):
    """Keys, taken apart: `ACTOR_SCHEMA`, `KIND_SCHEMA`, and which of them came together: `PAIR_SCHEMA`."""

    actors: pl.DataFrame
    kinds: pl.DataFrame
    pairs: pl.DataFrame


class EventKeys:
    """The keys of the records seen: an actor and a kind of event, each numbered from 0.

    A key has a code, 64 bits that are the same in every process: the hashes of both, combined. `merge` checks that
    no two keys share one.
    """

    def __init__(self) -> None:
        """Start without keys."""
        self.kinds = Remembered(self._number_of, _REMEMBERED)
        """The number of every kind, known or new; ValueError where it has no source or name.

        Not of one without `errorCode` that has an `errorMessage`, see `kind_of`.
        """
        self.issuing: set[int] = set()
        """The numbers of kinds that issue sessions."""
        self._kinds: dict[_KindRow, int] = {}
        self._kind_codes: list[int] = []
        self._actors: dict[_ActorRow, int] = {}
        self._actor_codes: list[int] = []
        self._pairs: dict[tuple[int, int], None] = {}

    @property
    def remembered(self) -> int:
        """How many actors and kinds are in memory."""
        return len(self.kinds) + len(self._actors)

    def actor_of(self, who: UserIdentity, region: str) -> int:
        """Return the number of the principal behind an identity, together with the service that called for it."""
        principal, service = principal_of(who, region), who.invoked_by or ""
        row = (*principal, bool(service) and principal.type != "service", service)
        return _numbered(row, self._actors, self._actor_codes)

    def kind_of(self, record: Fields) -> int:
        """Return the number of a record's kind. Raises ValueError where it has no source or name."""
        kind = (record.event_source, record.event_name, record.event_type, record.error_code)
        if record.error_message and not record.error_code:
            return self._number_of(kind, has_message=True)
        return self.kinds[kind]

    def _number_of(self, kind: Kind, has_message: bool = False) -> int:
        source, name, event_type, error = kind
        if not source or not name:
            raise ValueError("an event without a source or name")
        row = (source, name, event_type or API_CALL, outcome_of(source, error, has_message), error or "")
        number = _numbered(row, self._kinds, self._kind_codes)
        if issues_session(source, name):
            self.issuing.add(number)
        return number

    def code_of(self, record: Record, region: str) -> int:
        """Return the code of a record, whose key `frame` has. Its source and name must not be empty."""
        actor = self.actor_of(record.user_identity, region)
        kind = self.kind_of(record)
        self._pairs[actor, kind] = None
        return self._actor_codes[actor] ^ self._kind_codes[kind]

    def codes_of(self, rows: pl.DataFrame) -> pl.Series:
        """Return the codes (UInt64) of rows with the numbers `actor` and `kind`."""
        of_actors, of_kinds = self._codes(rows)
        return of_actors ^ of_kinds

    def _codes(self, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        actors = pl.Series(self._actor_codes, dtype=_CODE)
        kinds = pl.Series(self._kind_codes, dtype=_CODE)
        return actors.gather(rows["actor"]), kinds.gather(rows["kind"])

    def tables_of(self, actors: Iterable[int], kinds: Iterable[int], pairs: pl.DataFrame) -> KeyTables:
        """Return the tables of numbers of actors, of kinds, and of rows with both (`actor`, `kind`)."""
        of_actors, of_kinds = self._codes(pairs)
        return KeyTables(
            _frame(ACTOR_SCHEMA, self._actors, self._actor_codes, actors),
            _frame(KIND_SCHEMA, self._kinds, self._kind_codes, kinds),
            pl.DataFrame(dict(zip(PAIR_SCHEMA, (of_actors, of_kinds, of_actors ^ of_kinds), strict=True))),
        )

    def tables(self) -> KeyTables:
        """Return the keys that `code_of` gave codes of."""
        numbers = {"actor": pl.UInt32(), "kind": pl.UInt32()}
        pairs = pl.DataFrame(list(self._pairs), schema=numbers, orient="row")
        return self.tables_of(pairs["actor"].unique(), pairs["kind"].unique(), pairs)

    def forget(self) -> None:
        """Start again: numbers are given anew."""
        for memory in (
            self.kinds,
            self.issuing,
            self._kinds,
            self._kind_codes,
            self._actors,
            self._actor_codes,
            self._pairs,
        ):
            memory.clear()


def _numbered(row: _Row, numbers: dict[_Row, int], codes: list[int]) -> int:
    number = numbers.get(row)
    if number is None:
        number = numbers[row] = len(codes)
        digest = blake2b(msgspec.json.encode(row), digest_size=8).digest()
        codes.append(int.from_bytes(digest, "big"))
    return number


def _frame(
    schema: dict[str, pl.DataType],
    rows: Iterable[tuple[str | bool, ...]],
    codes: Sequence[int],
    numbers: Iterable[int],
) -> pl.DataFrame:
    by_number = list(rows)
    return _columns([(*by_number[number], codes[number]) for number in numbers], schema)


def _columns(rows: Sequence[tuple[str | bool | int, ...]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    # Column by column: Polars takes several times as long for rows.
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pl.DataFrame(dict(zip(schema, columns, strict=True)), schema=schema)
