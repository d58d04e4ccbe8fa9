"""What would go if a policy, or one statement or pattern of it, were taken away from a principal.

An action goes when nothing else grants it. Principals have thousands of grants and few different sets of
sources: counting is done on the sets.
"""

import polars as pl

LEVELS = ("policy", "statement", "pattern")
STATUSES = ("unused", "used", "unknown", "excluded")
"""What goes: `excluded` are the unused that the configuration leaves as they are."""


def keyed(sources: pl.DataFrame) -> pl.DataFrame:
    """Add the keys `policy`, `statement` and `pattern_key` to rows of `grant_sources`.

    A managed policy is one, whoever carries it: an edit of it concerns all. An inline one is its carrier's own.
    """
    own = pl.concat_str(pl.lit("inline"), "attached_to", "policy_name", separator="\n")
    policy = pl.coalesce("policy_arn", own)
    statement = pl.concat_str(policy, pl.col("statement").cast(pl.String), separator="\n")
    pattern = pl.concat_str(statement, "pattern", separator="\n")
    return sources.with_columns(policy=policy, statement_key=statement, pattern_key=pattern)


def source_sets(diffs: pl.DataFrame, grants: pl.DataFrame) -> pl.DataFrame:
    """Return the granted rows of `principal_diffs` with `set`: the ids of what grants the action, as one text.

    What is unused and excluded has the status `excluded`.
    """
    sets = grants.select("principal_arn", "action", set=pl.col("granted_by").list.join(","))
    left_alone = pl.col("excluded") & (pl.col("status") == "unused")
    return (
        diffs.filter(pl.col("status") != "not_granted")
        .join(sets, on=["principal_arn", "action"], how="left")
        .with_columns(status=pl.when(left_alone).then(pl.lit("excluded")).otherwise("status"))
    )


def members(granted: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Return for each `set` of `granted` the rows of `keyed(sources)` in it; a row each."""
    sets = granted.select("set").unique().drop_nulls()
    return sets.with_columns(id=pl.col("set").str.split(",")).explode("id").join(keyed(sources), on="id")


def effects(granted: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Count what only one policy, statement or pattern grants to a principal.

    Out, sorted: `principal_arn`, `level` (of `LEVELS`), `key` (of that level), a column for each of
    `STATUSES` (what taking it away would take away), `matched` (all actions of the principal that it grants).
    """
    counts = granted.group_by("principal_arn", "set", "status").agg(n=pl.len().cast(pl.Int64))
    columns = {"policy": "policy", "statement": "statement_key", "pattern": "pattern_key"}
    return pl.concat([_level(counts, members, level, columns[level]) for level in LEVELS]).sort(
        "principal_arn", "level", "key"
    )


def _level(counts: pl.DataFrame, members: pl.DataFrame, level: str, column: str) -> pl.DataFrame:
    keys = members.select("set", key=column).unique()
    alone = keys.group_by("set").agg(alone=pl.len() == 1)
    found = counts.join(keys, on="set").join(alone, on="set")
    return (
        found.group_by("principal_arn", "key")
        .agg(
            *(
                pl.col("n").filter(pl.col("alone") & (pl.col("status") == status)).sum().alias(status)
                for status in STATUSES
            ),
            matched=pl.col("n").sum(),
        )
        .select("principal_arn", pl.lit(level).alias("level"), "key", *STATUSES, "matched")
    )
