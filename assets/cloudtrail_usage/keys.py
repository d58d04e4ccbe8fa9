"""What events are counted by: each record to a small code, and the codes' table."""

from hashlib import blake2b

import msgspec
import polars as pl

from assets.cloudtrail_usage.identity import principal_of
from assets.cloudtrail_usage.outcome import outcome_of
from assets.cloudtrail_usage.records import Record

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

# The identities that `principal_of` attributes to their session's issuer.
_SESSIONS = ("AssumedRole", "FederatedUser")

# Raw identities hold session names where the log names no issuer, so there may be any number of them.
_REMEMBERED = 100_000


class EventKeys:
    """The distinct keys of the records seen, each with a code that is the same in every process.

    A code is 64 bits of a hash of the key. `merge` checks that no two keys share one.
    """

    def __init__(self) -> None:
        """Start without keys."""
        self._codes: dict[tuple[str | bool, ...], int] = {}
        self._seen: dict[tuple[str | bool | None, ...], int] = {}

    @property
    def remembered(self) -> int:
        """How many raw keys are in memory."""
        return len(self._seen)

    def code_of(self, record: Record, region: str) -> int:
        """Return the code of a record. Its source and name must not be empty."""
        who = record.user_identity
        context = who.session_context
        issuer = context.session_issuer if context is not None else None
        raw: tuple[str | bool | None, ...]
        if issuer is None or issuer.arn is issuer.principal_id is issuer.user_name is None:
            if who.on_behalf_of is not None:
                return self._code(record, region)
            raw = (
                who.type, who.arn, who.principal_id, who.account_id, who.user_name, who.invoked_by,
                record.event_source, record.event_name, record.event_type, record.error_code,
                not record.error_message, region,
            )  # fmt: skip
        elif who.type in _SESSIONS and issuer.arn and issuer.principal_id and issuer.account_id:
            # The session's own ARN and id stay out of it: a role may have a hundred thousand sessions a day.
            raw = (
                who.type, issuer.type, issuer.arn, issuer.principal_id, issuer.account_id, who.invoked_by,
                record.event_source, record.event_name, record.event_type, record.error_code,
                not record.error_message,
            )  # fmt: skip
        else:
            return self._code(record, region)
        code = self._seen.get(raw)
        if code is None:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            code = self._seen[raw] = self._code(record, region)
        return code

    def _code(self, record: Record, region: str) -> int:
        who = record.user_identity
        principal = principal_of(who, region)
        service = who.invoked_by or ""
        key = (
            *principal,
            record.event_source,
            record.event_name,
            record.event_type or API_CALL,
            outcome_of(record.error_code, bool(record.error_message)),
            bool(service) and principal.type != "service",
            service,
            record.error_code or "",
        )
        code = self._codes.get(key)
        if code is None:
            digest = blake2b(msgspec.json.encode(key), digest_size=8).digest()
            code = self._codes[key] = int.from_bytes(digest, "big")
        return code

    def frame(self) -> pl.DataFrame:
        """Return the keys: columns of `KEY_SCHEMA` and `code` (UInt64)."""
        rows = [(*key, code) for key, code in self._codes.items()]
        return pl.DataFrame(rows, schema={**KEY_SCHEMA, "code": pl.UInt64()}, orient="row")
