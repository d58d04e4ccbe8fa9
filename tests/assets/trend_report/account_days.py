"""One account on one day as the report reads it, from a few lines of verdicts."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from assets.cloudtrail_usage.schema import LOG_COVERAGE
from assets.expanded_grants.schema import PROBLEMS, SOURCES
from assets.permission_trends.schema import ACCOUNT_TRENDS, LEVELS, PERMISSION_CHANGES, PERMISSION_TRENDS
from assets.principal_diffs.coverage import Window
from assets.principal_diffs.schema import PRINCIPAL_DIFFS
from assets.trend_report.inputs import AccountDay

DAY = date(2026, 6, 30)
WINDOW = Window.ending(DAY, 5)
ACCOUNT = "111111111111"
_DEFAULTS: dict[str, Any] = {pl.String(): "", pl.Int64(): 0, pl.Float64(): 0.0, pl.Boolean(): False}


def arn(name: str, kind: str = "user") -> str:
    """Return the ARN of a user or role of the account."""
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def frame(rows: Iterable[dict[str, Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return rows as a table of that schema; columns that are not given are empty, 0 or false."""
    columns = {name: _DEFAULTS.get(dtype) for name, dtype in schema.items()}
    return pl.DataFrame([{**columns, **row} for row in rows], schema=schema, orient="row")


def source(id_: str, pattern: str, **more: Any) -> dict[str, Any]:
    """Return a row of `grant_sources`: an inline Allow of alice's, unless said otherwise."""
    row = {
        "id": id_,
        "policy_arn": None,
        "policy_name": "inline",
        "policy_kind": "inline",
        "used_as": "identity",
        "attached_to": arn("alice"),
        "pattern": pattern,
        "pattern_kind": "Action",
        "effect": "Allow",
        "resources": '["*"]',
    }
    return {**row, **more}


def verdict(name: str, action: str, status: str, by: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """Return a row of `principal_diffs` with `granted_by` besides."""
    reasons = {
        "used": "called",
        "unused": "never_called",
        "unknown": "not_recorded",
        "not_granted": "possibly_resource_policy",
    }
    row = {
        "principal_arn": arn(name),
        "principal_id": f"AIDA{name.upper()}",
        "principal_type": "user",
        "principal_name": name,
        "action": action,
        "status": status,
        "reason": reasons[status],
        "access_level": "Write",
        "window_days": WINDOW.length,
        "covered_days": WINDOW.length,
        "granted_by": list(by),
    }
    return {**row, **more}


def account_day(
    verdicts: Sequence[dict[str, Any]], sources: Sequence[dict[str, Any]] = (), **more: Any
) -> AccountDay:
    """Return the account's day that those verdicts and sources make."""
    diffs = frame([{k: v for k, v in row.items() if k != "granted_by"} for row in verdicts], PRINCIPAL_DIFFS)
    grants = pl.DataFrame(
        [(row["principal_arn"], row["action"], row["granted_by"]) for row in verdicts],
        schema={"principal_arn": pl.String, "action": pl.String, "granted_by": pl.List(pl.String)},
        orient="row",
    )
    return day_of(diffs, grants, frame(sources, SOURCES), **more)


def day_of(diffs: pl.DataFrame, grants: pl.DataFrame, sources: pl.DataFrame, **more: Any) -> AccountDay:
    """Return the account's day of these tables, the trends counted from them."""
    people = _trends(diffs)
    seen = pl.lit(datetime(2026, 6, 29, 8, 30, tzinfo=UTC)).cast(pl.Datetime("us", "UTC"))
    never = pl.lit(None, pl.Datetime("us", "UTC"))
    parts = {
        "account": ACCOUNT,
        "name": "demo",
        "window": WINDOW,
        "people": people.with_columns(
            created_at=seen,
            role_last_used=never,
            owner=pl.lit(""),
            assumptions=pl.lit(0, pl.Int64),
            assumed_at=never,
            last_seen=pl.when(pl.col("used") > 0).then(seen).otherwise(never),
            activity=pl.when(pl.col("used") > 0).then(pl.lit("used")).otherwise(pl.lit("unused")),
        ).sort(["risk_score", "principal_arn"], descending=[True, False]),
        "series": pl.concat([_total(people, day) for day in WINDOW.days]),
        "changes": frame([], PERMISSION_CHANGES),
        "diffs": diffs,
        "grants": grants,
        "sources": sources,
        "problems": frame([], PROBLEMS),
        "coverage": pl.DataFrame(schema={"day": pl.Date, **LOG_COVERAGE}),
        "covered": tuple(WINDOW.days),
    }
    return AccountDay(**{**parts, **more})


def _trends(diffs: pl.DataFrame) -> pl.DataFrame:
    status = pl.col("status")
    counts = [(status == name).sum().alias(name) for name in ("used", "unused", "unknown", "not_granted")]
    unused = status == "unused"
    levels = [
        (unused & (pl.col("access_level") == level)).sum().alias(f"unused_{name}")
        for name, level in LEVELS.items()
    ]
    keys = ("principal_arn", "principal_id", "principal_type", "principal_name")
    rows = (
        diffs.group_by(keys)
        .agg(*counts, *levels)
        .with_columns(
            granted=pl.col("used") + pl.col("unused") + pl.col("unknown"),
            excluded=0,
            risk_score=pl.col("unused").cast(pl.Float64),
            score_version=pl.lit("v1"),
            mapping_version=pl.lit("m"),
            covered_days=WINDOW.length,
            window_days=WINDOW.length,
        )
    )
    return rows.select(pl.col(name).cast(dtype) for name, dtype in PERMISSION_TRENDS.items())


def _total(people: pl.DataFrame, day: date) -> pl.DataFrame:
    sums = {
        name: people[name].sum()
        for name, dtype in PERMISSION_TRENDS.items()
        if dtype.is_numeric() and name in ACCOUNT_TRENDS
    }
    row = {
        **sums,
        "principals": people.height,
        "without_use": int((people["used"] == 0).sum()),
        "score_version": "v1",
    }
    return frame([row], ACCOUNT_TRENDS).with_columns(day=pl.lit(day))


def page_data(html: bytes) -> Any:
    """Return the data that a page carries."""
    return json.loads(html.decode().split('id="data">')[1].split("</script>")[0])
