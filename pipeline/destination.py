"""What one user or role did in another role, against what that role is granted: `--destrole`."""

from dataclasses import replace
from typing import Any

import polars as pl

from assets.aws_actions.mapping import EventMapping
from assets.principal_diffs.days import window_diff
from assets.role_sessions.origins import rank_of
from assets.role_sessions.schema import CERTAINTIES
from pipeline.answers import Question, tables_of
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from pipeline.role_use import RoleUse, actions_by, of_source, role_use, usage_of
from pipeline.settings import Settings
from pipeline.verdict_rules import verdict_rules


def destination_diff(
    lake: Lake, settings: Settings, question: Question, source: dict[str, Any], role: dict[str, Any]
) -> tuple[pl.DataFrame, RoleUse]:
    """Return the diff of a role of the question's account, its use restricted to what the source did in it.

    `source` and `role` are rows of `iam_snapshots.principals`. The rows are those of `principal_diffs` and, for what
    was used, `through` (the chains, sorted) and `certainty` (of the surest of them).
    """
    use = role_use(lake, settings, question, role, of_source(source))
    tables = replace(tables_of(lake, question), usage=usage_of(use))
    mapping = EventMapping.from_frames(tables.aws_actions, tables.iam_actions, DATA_FILES)
    rules = verdict_rules(settings, question.account)
    rows = window_diff(question.account.id, question.window, tables, mapping, rules, role["principal_arn"])
    ways = (
        actions_by(use, lake, "through")
        .group_by("action")
        .agg(
            pl.col("through").sort(),
            rank_of("certainty").min().replace_strict(dict(enumerate(CERTAINTIES)), return_dtype=pl.String),
        )
    )
    told = rows.join(ways, on="action", how="left", maintain_order="left").with_columns(
        pl.col("through").fill_null(pl.lit([], pl.List(pl.String))), pl.col("certainty").fill_null("")
    )
    return told, use
