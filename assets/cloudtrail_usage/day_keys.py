"""What the codes of a day's events mean: principals, events, services and errors as numbers in the order of their text.

A busy day has a hundred thousand combinations of a few hundred actors and a few thousand kinds of events: only those
are compared as text.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.keys import (
    ACTOR_SCHEMA,
    API_CALL,
    EVENT,
    KIND_SCHEMA,
    PAIR_SCHEMA,
    PRINCIPAL,
    KeyTables,
)
from assets.cloudtrail_usage.staged_files import distinct_rows
from assets.cloudtrail_usage.staging import staged
from assets.errors import RunError

# What makes one row of the usage.
_ROW = ("principal", "event", "via_service")


@dataclass(frozen=True)
class DayKeys:
    """The keys of a day.

    `codes` has a row for each, in the order of `keys.KEY_SCHEMA`: its `code`, its `rank` from 0 on, the number of its
    `row` in the usage, numbers of `principal` and `event`, `via_service`, `service` and `error_code` as text, and
    whether it needs a `permission`. `principals` and `events` hold the text of each number, in order.
    """

    codes: pl.DataFrame
    principals: pl.DataFrame
    events: pl.DataFrame

    @staticmethod
    def of(tables: KeyTables) -> "DayKeys":
        """Number the keys; rows of `tables` are each there once. Raises RunError when two of them share a code."""
        actors, kinds, pairs = tables
        for codes in (actors["actor_code"], kinds["kind_code"], pairs["code"]):
            if codes.is_duplicated().any():
                raise RunError(
                    "two kinds of events got the same code while logs were read; run it again after an update"
                )
        principals, events = _distinct(actors, *PRINCIPAL), _distinct(kinds, *EVENT)
        actors = actors.join(principals.with_row_index("principal"), on=PRINCIPAL)
        actors = actors.join(_distinct(actors, "service").with_row_index("of_service"), on="service")
        kinds = kinds.join(events.with_row_index("event"), on=EVENT)
        kinds = kinds.join(_distinct(kinds, "error_code").with_row_index("of_error"), on="error_code")
        named = (
            pairs.join(actors.drop(PRINCIPAL), on="actor_code")
            .join(kinds, on="kind_code")
            .sort(*_ROW, "of_service", "of_error")
            .with_row_index("rank")
        )
        begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in _ROW)
        return DayKeys(
            named.select(
                "code",
                "rank",
                *_ROW,
                "service",
                "error_code",
                row=begins.cum_sum() - 1,
                permission=pl.col("event_type") == API_CALL,
            ),
            principals,
            events,
        )


def day_keys(staging: Path, day: int) -> DayKeys:
    """Return the keys that were staged of a day, counted from 1970-01-01. Raises RunError as `DayKeys.of`."""
    # Every process stages them, and again where it had forgotten them.
    return DayKeys.of(
        KeyTables(
            distinct_rows(staged(staging, day, "actors"), ACTOR_SCHEMA),
            distinct_rows(staged(staging, day, "kinds"), KIND_SCHEMA),
            distinct_rows(staged(staging, day, "pairs"), PAIR_SCHEMA),
        )
    )


def _distinct(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return frame.select(columns).unique().sort(columns)
