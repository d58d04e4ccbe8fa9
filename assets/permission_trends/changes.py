"""What changed from one stored day to the next: grants, use, and who came and went."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import polars as pl

from assets.iam_snapshots.principals import principal
from assets.permission_trends.alike import apart
from assets.permission_trends.schema import PERMISSION_CHANGES
from assets.permission_trends.statements import WORDS, statement_words

_IN_USE = ("used", "not_granted")
DIFF_COLUMNS = (
    "principal_arn",
    "principal_id",
    "principal_type",
    "principal_name",
    "action",
    "status",
    "removable",
    "access_level",
    "last_event_id",
)


@dataclass(frozen=True)
class StoredDay:
    """One day of an account: `people` (`stored.PEOPLE`), `principal_diffs`, `expanded_grants`, `grant_sources`.

    The grants are lazy: only those of what changed are read. `standing` returns the statements (`principal_arn`,
    `id`) with some patterns that stand in the policies of principals, granting or not: the snapshot is read only then.
    """

    people: pl.DataFrame
    diff: pl.DataFrame
    grants: pl.LazyFrame
    sources: pl.LazyFrame
    standing: Callable[[Collection[str], Collection[str]], pl.DataFrame]


def changes(before: StoredDay, after: StoredDay, stopped: pl.DataFrame) -> pl.DataFrame:
    """Return `permission_changes` without `compared_with`, sorted by its key.

    `stopped` (see `stopped_in`) is what was in use on some earlier stored day and then no longer: used now,
    it is used again. A principal is the same where its id is (where a file has none, its ARN): a name that was
    deleted and created again is deleted and created here. Replaying `status_after` on the statuses of the day before
    gives those of the day: every difference has a row.
    """
    compared = ("principal_arn", "principal_id", "action", "status", "removable")
    was, now, _ = apart(before.diff, after.diff, [(name, name) for name in compared])
    was, now = _state(was, "before"), _state(now, "after")
    both = was.join(now, on=["principal", "action"], how="full", coalesce=True).with_columns(
        pl.col("granted_before", "granted_after").fill_null(False),
        pl.col("status_before", "status_after").fill_null(""),
    )
    both = both.filter(
        (pl.col("status_before") != pl.col("status_after"))
        | (pl.col("granted_before") != pl.col("granted_after"))
    )
    known = stopped.select("principal", "action", known=pl.lit(True)).unique()
    rows = (
        both.join(known, on=["principal", "action"], how="left")
        .with_columns(change=_kinds())
        .explode("change")
        .filter(pl.col("change").is_not_null())
    )
    rows = _worded(rows, before, after)
    everything = pl.concat([rows, _came_and_went(before.people, after.people)], how="diagonal")
    return (
        everything.with_columns(
            pl.col("access_level", "status_before", "status_after", "event_id", *WORDS).fill_null("")
        )
        .select(
            pl.col(name).cast(dtype) for name, dtype in PERMISSION_CHANGES.items() if name != "compared_with"
        )
        .sort("principal_arn", "action", "change", "principal_id")
    )


def stopped_in(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return `principal` and `action` of the changes (`permission_changes`) that ended a use."""
    ended = pl.col("status_before").is_in(_IN_USE) & ~pl.col("status_after").is_in(_IN_USE)
    return rows.filter(ended & (pl.col("action") != "")).select(principal(), "action").unique()


def _state(diff: pl.DataFrame, when: str) -> pl.DataFrame:
    return diff.select(
        principal(),
        "action",
        pl.struct(*(name for name in DIFF_COLUMNS if name not in ("action", "status", "removable"))).alias(
            when
        ),
        pl.col("status").alias(f"status_{when}"),
        (pl.col("removable") != "").alias(f"granted_{when}"),
    )


def _kinds() -> pl.Expr:
    was, now = pl.col("status_before"), pl.col("status_after")
    granted = ~pl.col("granted_before") & pl.col("granted_after")
    revoked = pl.col("granted_before") & ~pl.col("granted_after")
    begins = ~was.is_in(_IN_USE) & now.is_in(_IN_USE)
    again = pl.col("known").fill_null(False)
    # What is new and unused (or unknown) was granted, and nothing else happened to it.
    old = (was != "") | ~granted
    cases = {
        "granted": granted,
        "revoked": revoked,
        "first_used": begins & ~again,
        "used_again": begins & again,
        "became_unused": old & (was != now) & (now == "unused"),
        "became_unknown": old & (was != now) & (now == "unknown"),
        "no_longer_used": ~pl.col("granted_before") & (now == ""),
    }
    return pl.concat_list(
        pl.when(holds).then(pl.lit(name)).otherwise(pl.lit(None, pl.String)) for name, holds in cases.items()
    ).list.drop_nulls()


def _worded(rows: pl.DataFrame, before: StoredDay, after: StoredDay) -> pl.DataFrame:
    gone = pl.col("change").is_in(["revoked", "no_longer_used"])
    ended, others = rows.filter(gone), rows.filter(~gone)
    here, there = _facts(others, "after"), _facts(ended, "before")
    return pl.concat(
        [
            here.join(_words(here, after, None), on=["principal_arn", "action"], how="left"),
            there.join(_words(there, before, after), on=["principal_arn", "action"], how="left").with_columns(
                event_id=pl.lit("")
            ),
        ],
        how="diagonal",
    )


def _facts(rows: pl.DataFrame, when: str) -> pl.DataFrame:
    used = pl.col("change").is_in(["first_used", "used_again"])
    return (
        rows.select("action", "change", "status_before", "status_after", pl.col(when).alias("facts"))
        .unnest("facts")
        .with_columns(event_id=pl.when(used).then("last_event_id").otherwise(pl.lit("")))
    )


def _words(rows: pl.DataFrame, day: StoredDay, later: StoredDay | None) -> pl.DataFrame:
    keys = rows.select("principal_arn", "action").unique()
    granted = ["principal_arn", "action", "granted_by"]
    grants = (
        day.grants.select(granted).join(keys.lazy(), on=["principal_arn", "action"], how="semi").collect()
    )
    still = None
    if later is not None:
        # Not by ARN: what is granted to the next of the same name says nothing about who was deleted.
        mine = rows.select(principal().unique())["principal"].implode()
        still = (
            later.grants.filter(principal().is_in(mine))
            .select("principal_arn", pl.col("granted_by").alias("id"))
            .explode("id")
            .unique()
            .collect()
        )
        # What grants nothing any more may stand all the same: what took it away took the last action of it.
        lost = grants.select("principal_arn", pl.col("granted_by").alias("id")).explode("id")
        lost = lost.join(still, on=["principal_arn", "id"], how="anti")
        theirs = later.people.filter(principal().is_in(mine)).join(lost, on="principal_arn", how="semi")
        if theirs.height:
            said = day.sources.join(lost.lazy(), on="id", how="semi").select("pattern").collect()
            standing = later.standing(frozenset(theirs["principal_arn"]), frozenset(said["pattern"]))
            still = pl.concat([still, standing.select(still.columns)]).unique()
    return statement_words(grants, day.sources.collect(), still)


def _came_and_went(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    was, now = before.with_columns(principal()), after.with_columns(principal())
    return pl.concat(
        [
            frame.join(other, on="principal", how="anti").with_columns(
                action=pl.lit(""), change=pl.lit(change)
            )
            for frame, other, change in (
                (now, was, "principal_created"),
                (was, now, "principal_deleted"),
            )
        ]
    ).drop("principal")
