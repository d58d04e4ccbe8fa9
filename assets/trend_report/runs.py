"""Sets of actions as short text: runs of neighbours in one list of all actions.

A pattern grants neighbours, and what is unused is nearly all of it: written as runs, the thousands of unused
permissions of an administrator are a few numbers. Equal sets are written once.
"""

import polars as pl

LEVEL_ORDER = ("Permissions management", "Write", "Tagging", "Read", "List", "")


def numbered(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Number the actions of `principal_diffs` rows so that those which go together are neighbours.

    Out, in order of `at` (from 0): `action`, `service`, `access_level`, `at`. Sorted by service, access level
    (the riskiest first), whether it is mostly unknown, and name.
    """
    rank = pl.col("access_level").replace_strict(
        {level: n for n, level in enumerate(LEVEL_ORDER)}, default=len(LEVEL_ORDER), return_dtype=pl.Int64
    )
    return (
        verdicts.group_by("action")
        .agg(
            access_level=pl.col("access_level").drop_nulls().sort().last().fill_null(""),
            vague=(pl.col("status") == "unknown").mean() > 0.5,
        )
        .with_columns(service=pl.col("action").str.split(":").list.first().str.to_lowercase(), rank=rank)
        .sort("service", "rank", "vague", pl.col("action").str.to_lowercase(), "action")
        .select("action", "service", "access_level", at=pl.int_range(pl.len(), dtype=pl.Int64))
    )


def runs(rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Write the sets of `at` (unique within each group of `by`) as runs.

    Out, sorted by `by`: these columns, `n` (size of the set) and `runs`: numbers in turn, how many are left
    out and how many follow one another, separated by spaces: {0, 1, 5} is "0 2 3 1".
    """
    ordered = rows.select(*by, "at").sort(*by, "at")
    joined = (
        ordered.with_columns(run=pl.col("at") - pl.int_range(pl.len()).over(by))
        .group_by(*by, "run", maintain_order=True)
        .agg(first=pl.col("at").first(), length=pl.len().cast(pl.Int64))
    )
    gap = pl.col("first") - (pl.col("first") + pl.col("length")).shift(1).over(by).fill_null(0)
    return (
        joined.with_columns(gap=gap)
        .group_by(by, maintain_order=True)
        .agg(
            n=pl.col("length").sum(),
            runs=pl.concat_str(
                pl.col("gap").cast(pl.String), pl.col("length").cast(pl.String), separator=" "
            ).str.join(" "),
        )
    )
