"""The results of the checks as text: what is broken, then the sum."""

import polars as pl

from assets.number_words import number_of
from pipeline.check_results import standing_errors
from pipeline.cli.output import print_grid


def print_results(rows: pl.DataFrame) -> None:
    """Print each broken rule with the days on which it is, errors first, then how many results there are.

    `rows`: the columns of `check_results.last`.
    """
    broken = rows.filter(~pl.col("passed"))
    if broken.height:
        print_grid(_by_rule(broken))
    places = rows.select("table", "account", "day").n_unique()
    errors, warnings = standing_errors(rows), broken.height - standing_errors(broken)
    print(
        f"{number_of(rows.height, 'result')} of {number_of(places, 'partition')}:"
        f" {number_of(errors, 'error')}, {number_of(warnings, 'warning')}"
    )
    if outdated := rows.filter("outdated").select("table", "account", "day").n_unique():
        print(
            f"{outdated:,} of these partitions {'was' if outdated == 1 else 'were'} written again since;"
            " 'cloudtracker checks --run' checks them"
        )


def _by_rule(broken: pl.DataFrame) -> pl.DataFrame:
    first, last = pl.col("day").first().cast(pl.String), pl.col("day").last().cast(pl.String)
    days = pl.when(pl.len() > 1).then(pl.format("{} … {} ({})", first, last, pl.len())).otherwise(first)
    return (
        broken.sort("severity", "table", "account", "check", "day")
        .group_by("severity", "table", "account", "check", maintain_order=True)
        .agg(days=days, detail=pl.col("detail").last())
        .with_columns(pl.col("days").fill_null(""))
    )
