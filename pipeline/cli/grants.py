"""`cloudtracker grants`: what a user or role is granted, and through what."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.errors import UsageError
from assets.number_words import number_of
from pipeline.cli.terminal import say, say_aside

if TYPE_CHECKING:
    import polars as pl


def grants(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id.")],
    user: Annotated[str | None, typer.Option(help="User, by name or ARN.")] = None,
    role: Annotated[str | None, typer.Option(help="Role, by name or ARN.")] = None,
    action: Annotated[str, typer.Option(metavar="PATTERN", help="Only actions that match, as 's3:*'.")] = "*",
    end: Annotated[str | None, typer.Option(metavar="DATE", help="The day. [default: today]")] = None,
    format_: Annotated[str, typer.Option("--format", help="text, json or csv.")] = "text",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Print what a user or role is granted, an action a line, with the statements that grant and limit it.

    A `~` marks what is granted only on some resources, only under a condition, or is partly denied.
    """
    if format_ not in ("text", "json", "csv"):
        raise UsageError(f"--format {format_!r} is none of text, json, csv")
    from pipeline import stories
    from pipeline.cli.classic import make
    from pipeline.cli.whom import asked_about, principal_of
    from pipeline.plan import plan_grants

    settings, lake, question, kind, name = asked_about(config or context.obj, account, user, role, None, end)
    make(settings, plan_grants(lake, settings, question.account, question.window.end))
    rows, sources, problems = stories.grants(lake, question, principal_of(lake, question, kind, name), action)
    for row in problems.to_dicts():
        problem = f"{kind} {name}: {row['problem']}: {row['detail']}"
        say_aside(f"{problem}; what it says is not known, nor whether this list is whole")
    if format_ == "json":
        _print_json(rows, sources)
    elif format_ == "csv":
        _print_csv(rows, sources)
    else:
        limited = rows["restricted"].sum()
        print(
            f"{kind} {name} of account {question.account.name} on {question.window.end}:"
            f" {number_of(rows.height, 'action')}{'' if action == '*' else f' like {action}'},"
            f" {limited:,} of them restricted (~)"
        )
        _print_text(rows, sources)


def _print_text(rows: "pl.DataFrame", sources: "pl.DataFrame") -> None:
    words = _words(sources)
    width = max((len(action) for action in rows["action"]), default=0)
    for action, restricted, granted_by, restricted_by in rows.select(
        "action", "restricted", "granted_by", "restricted_by"
    ).iter_rows():
        by = "; ".join(sorted(words[source] for source in granted_by))
        limits = "".join(f"; limited by {text}" for text in sorted(words[source] for source in restricted_by))
        say(f"{'~' if restricted else ' '} {action:<{width}}  {by}{limits}")


def _print_json(rows: "pl.DataFrame", sources: "pl.DataFrame") -> None:
    from pipeline.cli.output import print_objects

    by_id = {row["id"]: row for row in sources.to_dicts()}
    print_objects(
        [
            {**row, **{column: [by_id[source] for source in row[column]] for column in _LISTS}}
            for row in rows.to_dicts()
        ]
    )


def _print_csv(rows: "pl.DataFrame", sources: "pl.DataFrame") -> None:
    import polars as pl

    from pipeline.cli.output import print_data

    words = _words(sources)
    told = [
        pl.Series(column, ["; ".join(sorted(words[one] for one in ids)) for ids in rows[column]], pl.String)
        for column in _LISTS
    ]
    print_data(rows.with_columns(told), "csv")


_LISTS = ("granted_by", "restricted_by")


def _words(sources: "pl.DataFrame") -> dict[str, str]:
    from pipeline.cli.statements import in_words

    return {row["id"]: in_words(row) for row in sources.to_dicts()}
