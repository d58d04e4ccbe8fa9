"""Rows that are hard to load: quotes, line breaks, words for nothing, lists, microseconds."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from assets.warehouse.contract import published, rows

SCHEMA: dict[str, Any] = {
    "principal_arn": pl.String(),
    "events": pl.Int64(),
    "score": pl.Float64(),
    "excluded": pl.Boolean(),
    "since": pl.Date(),
    "last_used": pl.Datetime("us", "UTC"),
    "granted_by": pl.List(pl.String()),
    "late_for": pl.List(pl.Date()),
}
TABLE = published("diffs", SCHEMA, ("day", "account"))
HISTORY = published("history", {"action": pl.String(), "account": pl.String()}, ("account",))
ACCOUNTS = ("111111111111", "012345678901")
FIRST = date(2026, 6, 1)


def partition(day: date, account: str, count: int, word: str) -> pl.DataFrame:
    """Return so many rows of TABLE for a day of an account; `word` stands in some of them."""
    odd = ["", word, '"quoted", and\na line', "\\N", "NULL", "ünï"]
    made = [
        {
            "day": day,
            "account": account,
            "principal_arn": odd[n % len(odd)],
            "events": n if n % 5 else None,
            "score": n / 3,
            "excluded": bool(n % 2),
            "since": day if n % 3 else None,
            "last_used": datetime(2026, 6, 1, 23, 59, 59, 999_999 - n, UTC) if n % 4 else None,
            "granted_by": ["a", 'b"]', word][: n % 4],
            "late_for": [day] * (n % 2),
        }
        for n in range(count)
    ]
    kinds = {"day": pl.Date(), "account": pl.String(), **SCHEMA}
    return rows(pl.DataFrame(made, schema=kinds), TABLE)
