"""The rows of events that the query gives: which principal, kind of event and session each is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import msgspec
import polars as pl

from assets.cloudtrail_usage.access_keys import KeyHash
from assets.cloudtrail_usage.assumption import Row, assumption_of, caller_of, issues_session
from assets.cloudtrail_usage.athena.query import KEYS, delivery_day
from assets.cloudtrail_usage.batches import Plan
from assets.cloudtrail_usage.deliveries import Delivery
from assets.cloudtrail_usage.event_time import DAYS_AHEAD, MICROSECONDS_A_DAY, day_number, micros_of
from assets.cloudtrail_usage.keys import EventKeys, KeyTables
from assets.cloudtrail_usage.records import (
    InScopeOf,
    Issuer,
    OnBehalfOf,
    Record,
    SessionAttributes,
    SessionContext,
    UserIdentity,
)
from assets.cloudtrail_usage.schema import assumption_rows
from assets.cloudtrail_usage.session_keys import SessionKeys

_ROW = ("region", *KEYS)


@dataclass
class AccountRows:
    """What the query told of one account, and what its listing says.

    `files` are the rows with a path, `events` those without. `deliveries` hold the files and bytes as listed
    and what was rejected without a query; `files` are added to them.
    """

    account: str
    plan: Plan
    regions: tuple[str, ...]
    root: str
    deliveries: dict[date, Delivery]
    files: pl.DataFrame
    events: pl.DataFrame


@dataclass(frozen=True)
class Coded:
    """What the rows are of.

    `events`: `code`, `session_code`, `region` (an index), `id`, `single`, `events`, `first_seen`, `last_seen`
    (Int64 microseconds), `day` (from 1970-01-01). `keys` and `sessions` say what the codes mean. `assumptions` has
    a row of `role_assumptions` for each copy of an event that issues a session.
    """

    events: pl.DataFrame
    keys: KeyTables
    sessions: pl.DataFrame
    assumptions: pl.DataFrame


def code(rows: AccountRows, secret: bytes) -> Coded:
    """Give codes to the rows, those of days that they are not read for left out."""
    hashed = KeyHash(secret)
    keys, sessions = EventKeys(), SessionKeys(hashed)
    distinct = rows.events.select(_ROW).unique()
    records = [(_record(row), row["region"]) for row in distinct.iter_rows(named=True)]
    distinct = distinct.with_columns(
        code=pl.Series([keys.code_of(record, region) for record, region in records], dtype=pl.UInt64()),
        session_code=pl.Series(
            [sessions.code_of(record.user_identity) for record, _ in records], dtype=pl.UInt64()
        ),
        record=pl.Series(range(len(records)), dtype=pl.Int64()),
        issuing=pl.Series(
            [issues_session(record.event_source, record.event_name) for record, _ in records],
            dtype=pl.Boolean(),
        ),
    )
    index = pl.DataFrame(
        {"region": rows.regions, "at": range(len(rows.regions))},
        schema={"region": pl.String(), "at": pl.UInt16()},
    )
    coded = (
        rows.events.join(distinct, on=_ROW)
        .join(index, on="region")
        .select(
            "code",
            "session_code",
            "record",
            "issuing",
            "single_delivery",
            "events",
            region="at",
            id=pl.when(pl.col("counted") == "single")
            .then("single_id")
            .otherwise(pl.col("newest").str.slice(8)),
            single=pl.col("counted") == "single",
            first_seen=_micros("first_seen"),
            last_seen=_micros("last_seen"),
        )
        .with_columns(day=(pl.col("first_seen") // MICROSECONDS_A_DAY).cast(pl.Int64))
    )
    events = _served(coded.filter(pl.col("first_seen").is_not_null()), rows.plan)
    issued: list[Row] = [
        assumption_of(record, caller_of(record.user_identity, region, hashed), event_id, time, region, hashed)
        for number, event_id, time in events.filter("issuing").select("record", "id", "first_seen").rows()
        for record, region in (records[number],)
    ]
    return Coded(events, keys.tables(), sessions.take(), assumption_rows(issued))


def _served(coded: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Leave out the single events of days that their delivery is not read for."""
    deliveries = [text for text in coded["single_delivery"].unique() if text]
    wanted = pl.DataFrame(
        [
            (text, day)
            for text in deliveries
            for day in plan.served(delivery_day(text))
            if day <= day_number(delivery_day(text)) + DAYS_AHEAD
        ],
        schema={"single_delivery": pl.String(), "day": pl.Int64()},
        orient="row",
    )
    single = coded.filter("single").join(wanted, on=["single_delivery", "day"], how="semi")
    return pl.concat([coded.filter(~pl.col("single")), single])


def _micros(column: str) -> pl.Expr:
    """Return an eventTime as microseconds, null where it is none."""
    return pl.col(column).map_elements(micros_of, return_dtype=pl.Int64())


def _record(row: Mapping[str, str]) -> Record:
    """Return the record that such rows stand for, as far as anything is made of it."""
    return Record(
        user_identity=_identity(row),
        event_time="",
        event_source=row["event_source"],
        event_name=row["event_name"],
        event_type=row["event_type"] or None,
        error_code=row["error_code"] or None,
        error_message=row["error_message"] or None,
        shared_event_id=row["shared_event_id"] or None,
        request=_raw(row["request"]),
        response=_raw(row["response"]),
        additional=_raw(row["additional"]),
        resources=msgspec.Raw(
            msgspec.json.encode([{"type": "AWS::IAM::Role", "ARN": row["resource_role"]}])
            if row["resource_role"]
            else b"null"
        ),
    )


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode("utf-8", "replace") or b"null")


def _identity(row: Mapping[str, str]) -> UserIdentity:
    issuer = [row[f"issuer_{name}"] or None for name in ("type", "id", "arn", "account", "name")]
    context = SessionContext(
        session_issuer=Issuer(*issuer) if any(issuer) else None,
        attributes=SessionAttributes(row["session_created"]) if row["session_created"] else None,
        source_identity=row["session_source"] or None,
        ec2_role_delivery=row["on_instance"] or None,
    )
    scope = InScopeOf(row["scope_type"] or None, row["scope_arn"] or None)
    return UserIdentity(
        type=row["identity_type"] or None,
        principal_id=row["identity_id"] or None,
        arn=row["identity_arn"] or None,
        account_id=row["identity_account"] or None,
        user_name=row["identity_name"] or None,
        invoked_by=row["invoked_by"] or None,
        session_context=context,
        on_behalf_of=OnBehalfOf(row["on_behalf_of"]) if row["on_behalf_of"] else None,
        access_key_id=row["access_key"] or None,
        in_scope_of=scope if row["scope_type"] or row["scope_arn"] else None,
        identity_provider=row["identity_provider"] or None,
    )
