"""`cloudtracker report`: the page of a day as a file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from assets.errors import UsageError
from assets.number_words import number_of
from pipeline.cli.dates import parsed
from pipeline.settings import load_settings


def report(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id, or 'all' for one page of all.")],
    output: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to write it; FILE.html has FILE.csv beside it.")
    ],
    end: Annotated[str | None, typer.Option(metavar="DATE", help="The day. [default: today]")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Write the report of a day: one HTML file that needs nothing else, and every row as CSV beside it.

    It opens offline and from an e-mail; no request leaves it. What it is made from and is not there yet, or is
    older than its logs or IAM data, is made first.
    """
    if output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(
            f"--output {str(output)!r} does not end with .html; the rows are written beside it as .csv"
        )
    settings = load_settings(config or context.obj)
    chosen = settings.accounts if account == "all" else (settings.account(account),)
    from pipeline.answers import window_asked
    from pipeline.cli.classic import make
    from pipeline.lake import Lake
    from pipeline.page_files import rows_path, write_report
    from pipeline.report_plan import plan_report
    from pipeline.reports import stored_report

    day = window_asked(settings, None, parsed("--end", end)).end
    lake = Lake(settings.root)
    for one in chosen:
        make(settings, plan_report(lake, settings, one, day))
    made = stored_report(settings, chosen, day)
    write_report(made, output)
    print(f"{output}: {len(made.html) / 1e6:.1f} MB", file=sys.stderr)
    print(f"{rows_path(output)}: {number_of(made.rows, 'row')}", file=sys.stderr)
