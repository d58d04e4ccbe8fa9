"""`cloudtracker export`: the findings of a day for other programs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from assets.errors import UsageError
from pipeline.cli.dates import parsed
from pipeline.settings import load_settings


def export(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id, or 'all'.")],
    day: Annotated[str | None, typer.Option(metavar="DATE", help="Day. [default: today]")] = None,
    format_: Annotated[
        str,
        typer.Option("--format", help="ocsf (a finding a user or role), csv or json (a row a permission)."),
    ] = "ocsf",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write there. [default: standard output]")
    ] = None,
    status: Annotated[
        str, typer.Option(help="What counts as a finding, with commas: unused, not_granted, unknown, used.")
    ] = "unused,not_granted",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Write what was found on a day for security lakes and spreadsheets.

    ocsf: OCSF 1.6.0, class IAM Analysis Finding (2008), an object a line; a finding's uid is the same every day.
    json: the rows of principal_diffs, an object a line. csv: the same rows; no cell can be run as a formula.
    """
    from pipeline.exports import FORMATS, STATUSES, Findings

    if format_ not in FORMATS:
        raise UsageError(f"--format {format_!r} is none of {', '.join(FORMATS)}")
    statuses = [word.strip() for word in status.split(",")]
    for word in statuses:
        if word not in STATUSES:
            raise UsageError(f"--status {word!r} is none of {', '.join(STATUSES)}")
    settings = load_settings(config or context.obj)
    chosen = settings.accounts if account == "all" else (settings.account(account),)
    from pipeline.answers import Question, window_asked
    from pipeline.cli.classic import make, say_coverage, say_short_window
    from pipeline.lake import Lake
    from pipeline.report_plan import plan_report

    lake = Lake(settings.root)
    window = window_asked(settings, None, parsed("--day", day), ("--day", "--day"))
    for one in chosen:
        make(settings, plan_report(lake, settings, one, window.end))
    say_short_window(settings, window)
    for one in chosen:
        say_coverage(lake, settings, Question(one, window), whose=True)
    pieces = FORMATS[format_](Findings(lake, chosen, window.end, statuses))
    if output is None:
        sys.stdout.writelines(pieces)
        return
    from assets.replaced_file import replacing

    with replacing(output) as file:
        file.writelines(piece.encode() for piece in pieces)
