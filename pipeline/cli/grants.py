"""`cloudtracker grants`: what a user or role is granted, and through what."""

from pathlib import Path
from typing import Annotated

import typer

from assets.errors import UsageError


def grants(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id.")],
    user: Annotated[str | None, typer.Option(help="User.")] = None,
    role: Annotated[str | None, typer.Option(help="Role.")] = None,
    action: Annotated[str, typer.Option(metavar="PATTERN", help="Only actions that match, as 's3:*'.")] = "*",
    end: Annotated[str | None, typer.Option(metavar="DATE", help="The day. [default: today]")] = None,
    format_: Annotated[str, typer.Option("--format", help="text, json or csv.")] = "text",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Print what a user or role is granted, with the statements that grant and restrict each action.

    A `~` marks what is granted only on some resources, only under a condition, or is partly denied.
    """
    if format_ not in ("text", "json", "csv"):
        raise UsageError(f"--format {format_!r} is none of text, json, csv")
    from pipeline import stories
    from pipeline.cli.classic import make
    from pipeline.cli.statements import in_words
    from pipeline.cli.whom import asked_about, principal_of
    from pipeline.plan import plan_grants

    settings, lake, question, kind, name = asked_about(config or context.obj, account, user, role, None, end)
    make(settings, plan_grants(lake, settings, question.account, question.window.end))
    rows, sources, problems = stories.grants(lake, question, principal_of(lake, question, kind, name), action)
    by_id = {row["id"]: row for row in sources.to_dicts()}
    if format_ != "text":
        _print_data(rows.to_dicts(), by_id, format_)
        return
    print(f"Grants of {kind} {name} on {question.window.end}: {rows.height:,} actions")
    for row in problems.to_dicts():
        print(f"! {row['problem']}: {row['detail']}")
    for row in rows.to_dicts():
        print(f"{'~' if row['restricted'] else ' '} {row['action']}")
        for source in row["granted_by"]:
            print(f"      {in_words(by_id[source])}")
        for source in row["restricted_by"]:
            print(f"      limited by {in_words(by_id[source])}")


def _print_data(rows: list[dict[str, object]], by_id: dict[str, dict[str, object]], form: str) -> None:
    import polars as pl

    from pipeline.cli.output import print_data

    frame = pl.DataFrame(rows) if rows else pl.DataFrame()
    if form == "json" and rows:
        for column in ("granted_by", "restricted_by"):
            full = [[by_id[source] for source in ids] for ids in frame[column]]
            frame = frame.with_columns(pl.Series(column, full, dtype=pl.Object))
    print_data(frame, form)
