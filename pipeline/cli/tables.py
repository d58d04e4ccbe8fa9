"""`cloudtracker tables`: which partitions exist, how many rows they have, and from when they are."""

from pathlib import Path
from typing import Annotated

import typer

from assets.errors import UsageError
from pipeline.settings import load_settings


def tables(
    context: typer.Context,
    account: Annotated[
        str | None, typer.Option(help="Only this account's partitions, by name or id.")
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="Only this table, each partition on a line of its own.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="text, json or csv.")] = "text",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Say which partitions of which tables exist, how many rows they have, and when they were written."""
    settings = load_settings(config or context.obj)
    from pipeline.cli.output import print_data, print_grid
    from pipeline.inventory import inventory, totals
    from pipeline.lake import Lake
    from pipeline.tables import TABLES

    if format_ not in ("text", "json", "csv"):
        raise UsageError(f"--format {format_!r} is none of text, json, csv")
    if table is not None and table not in TABLES:
        raise UsageError(f"--table {table!r}: there is no such table (there are: {', '.join(TABLES)})")
    only = settings.account(account).id if account else None
    rows = inventory(Lake(settings.root), only, [table] if table else list(TABLES))
    shown = rows if table or format_ != "text" else totals(rows)
    if format_ != "text":
        print_data(shown, format_)
        return
    print_grid(shown)
    print(f"below {settings.root}")
