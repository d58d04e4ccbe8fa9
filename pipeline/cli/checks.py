"""`cloudtracker checks`: what the tables promise, and what of it does not hold."""

from pathlib import Path
from typing import Annotated

import typer

from assets.errors import UsageError
from pipeline.cli.dates import parsed
from pipeline.cli.terminal import say_aside
from pipeline.settings import load_settings

FOUND = 1
"""The exit code where an error stands."""


def checks(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Only this account's results, by name or id.")] = "all",
    day: Annotated[str | None, typer.Option(metavar="DATE", help="Only this day's results.")] = None,
    table: Annotated[str | None, typer.Option(help="Only this table's results.")] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Check what is stored first, then print. Nothing is made.")
    ] = False,
    format_: Annotated[
        str, typer.Option("--format", help="text (what is broken), or json or csv (every result).")
    ] = "text",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Print the last results of the checks; exit code 1 where an error stands.

    The checks run with `cloudtracker run --checks`, in the scheduled runs and the Dagster UI, and with --run.
    """
    settings = load_settings(config or context.obj)
    from pipeline.check_results import last, standing_errors
    from pipeline.cli.check_text import print_results
    from pipeline.cli.output import print_data
    from pipeline.lake import Lake
    from pipeline.tables import TABLES

    if format_ not in ("text", "json", "csv"):
        raise UsageError(f"--format {format_!r} is none of text, json, csv")
    if table is not None and table not in TABLES:
        raise UsageError(f"--table {table!r}: there is no such table (there are: {', '.join(TABLES)})")
    only = None if account == "all" else settings.account(account).id
    on = parsed("--day", day)
    lake = Lake(settings.root)
    if run:
        from pipeline.checks import check_stored

        check_stored(lake, settings.data_docs, only, on, table)
    rows = last(lake, only, on, table)
    if format_ == "text":
        print_results(rows)
    else:
        print_data(rows, format_)
    if rows.is_empty():
        say_aside(
            "nothing of this is stored, so nothing was checked; 'cloudtracker run' makes it"
            if run
            else "nothing of this was checked yet; 'cloudtracker checks --run' does"
        )
    if standing_errors(rows):
        raise typer.Exit(FOUND)
