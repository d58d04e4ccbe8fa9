"""Frames of `role_assumptions` and `session_usage` from the few values that a test is about."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from assets.cloudtrail_usage.schema import ROLE_ASSUMPTIONS, SESSION_USAGE

_EMPTY: Mapping[Any, Any] = {pl.String(): "", pl.Int64(): 1, pl.Boolean(): False}
HIVE = {"day": pl.Date(), "account": pl.String()}


def assumptions(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return `role_assumptions` with `day` and `account`; what a row leaves out follows from the rest or is empty."""
    return _frame([_assumption(dict(row)) for row in rows], ROLE_ASSUMPTIONS)


def usage(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return `session_usage` with `day` and `account`, likewise; `at` is the time of the first and last event."""
    return _frame([_usage(dict(row)) for row in rows], SESSION_USAGE)


def _assumption(row: dict[str, Any]) -> dict[str, Any]:
    row = {"event_name": "AssumeRole", "outcome": "ok", **row}
    row["account"] = row.get("account") or _account(row["role_arn"])
    row.setdefault("role_account", _account(row.get("role_arn", "")))
    row.setdefault("caller_account", _account(row.get("caller_arn", "")))
    row.setdefault("session_name", row.get("assumed_role_id", "").partition(":")[2])
    return row | {"day": _time(row["event_time"]).date()}


def _usage(row: dict[str, Any]) -> dict[str, Any]:
    call = row.pop("call", "s3:ListBuckets")
    source, _, name = call.partition(":")
    session = row.get("session", "")
    row = {
        "event_source": f"{source}.amazonaws.com",
        "event_name": name,
        "event_type": "AwsApiCall",
        "outcome": "ok",
        "session_type": "role",
        "role_id": session.partition(":")[0],
        "session_name": session.partition(":")[2],
        "role_account": _account(row["role_arn"]),
        "account": _account(row["role_arn"]),
        **row,
    }
    at = row.pop("at")
    return row | {"first_seen": at, "last_seen": at, "day": _time(at).date()}


def _frame(rows: list[dict[str, Any]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    columns = {**schema, **HIVE}
    unknown = {name for row in rows for name in row} - set(columns)
    assert not unknown, unknown
    filled = [[_value(row.get(name), dtype) for name, dtype in columns.items()] for row in rows]
    return pl.DataFrame(filled, schema=columns, orient="row")


def _value(value: Any, dtype: pl.DataType) -> Any:
    if isinstance(value, str) and isinstance(dtype, pl.Datetime):
        return _time(value)
    return _EMPTY.get(dtype) if value is None else value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _account(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else ""
