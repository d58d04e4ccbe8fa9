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
    groups = rows.select(by).unique().sort(by).with_row_index("group")
    # By numbers: sorting and grouping by several texts takes several times as long.
    ordered = rows.join(groups, on=by, nulls_equal=True).select("group", "at").sort("group", "at")
    same = pl.col("group") == pl.col("group").shift(1)
    begun = (~same | (pl.col("at") != pl.col("at").shift(1) + 1)).fill_null(True)
    first = ordered.with_row_index("row").filter(begun)
    length = pl.col("row").shift(-1, fill_value=ordered.height).cast(pl.Int64) - pl.col("row")
    end = (pl.col("at") + pl.col("length")).shift(1)
    return (
        first.with_columns(length=length)
        .with_columns(gap=pl.col("at") - pl.when(same).then(end).otherwise(0))
        .group_by("group", maintain_order=True)
        .agg(
            n=pl.col("length").sum(),
            runs=pl.concat_str(
                pl.col("gap").cast(pl.String), pl.col("length").cast(pl.String), separator=" "
            ).str.join(" "),
        )
        .join(groups, on="group", how="left", maintain_order="left")
        .select(*by, "n", "runs")
    )
