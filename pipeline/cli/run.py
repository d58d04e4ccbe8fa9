"""`cloudtracker run`: materialise the tables of a range of days."""

import os
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.errors import RunError
from assets.number_words import number_of
from pipeline.cli.dates import parsed
from pipeline.cli.terminal import say_aside
from pipeline.settings import AccountSettings, Settings, load_settings

if TYPE_CHECKING:
    from assets.principal_diffs.coverage import Window
    from pipeline.lake import Lake
    from pipeline.plan import Plan


def run(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id, or 'all'.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="First day. [default: lookback_days before the last]"),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day. [default: today]")] = None,
    missing_only: Annotated[
        bool,
        typer.Option("--missing-only", help="Only what is missing, provisional or older than its inputs."),
    ] = False,
    skip_setup: Annotated[
        bool, typer.Option("--skip-setup", help="Athena's database and table are there: do not make them.")
    ] = False,
    checks: Annotated[
        bool,
        typer.Option("--checks", help="Check every table; what an error concerns is not used further."),
    ] = False,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Accounts that are worked on at a time, each in a process of up to 0.7 GB."
            " [default: one a core, but no more than 4, nor than one for every 3 accounts]",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Materialise every table for a range of days, through Dagster, on this machine.

    Every day of the range is made, those that are there already too; the same inputs give the same bytes. A run
    of Dagster takes 31 days of an account; some accounts are worked on at a time (--processes), and one that fails
    does not stop the others. Role sessions come last, of all accounts at once. What was stopped in the middle goes on
    where it was with --missing-only. Where stderr is no terminal, each run says there in a line that it begins.
    """
    from pipeline.organization import find_accounts_daily

    settings, lines = find_accounts_daily(load_settings(config or context.obj))
    for line in lines:
        say_aside(line)
    if skip_setup:
        settings = settings.without_setup()
    chosen = settings.accounts if account == "all" else (settings.account(account),)
    from pipeline.answers import window_asked

    window = window_asked(settings, parsed("--from", from_), parsed("--to", to), ("--from", "--to"))
    from pipeline.cli.bar import Bar
    from pipeline.cli.summary import print_scanned, print_summary
    from pipeline.lake import Lake
    from pipeline.runner import RunOptions
    from pipeline.runs import carry_out_all, told
    from pipeline.session_plan import newest_inputs, stale_sessions
    from pipeline.side_by_side import usual_processes
    from pipeline.steps import ALL_ACCOUNTS, DAYS_A_RUN

    lake = Lake(settings.root)
    at_a_time = usual_processes(len(chosen), settings.workers or os.cpu_count() or 1)
    if checks and settings.data_docs:
        # The index of Great Expectations' pages shows those of one process.
        at_a_time = 1

    # Nothing is looked at before all accounts are made: sessions are asked for then, of one after the other.
    newest = newest_inputs(lake, settings)

    def sessions(one: AccountSettings) -> Sequence[date]:
        return stale_sessions(lake, settings, one.id, window.days, newest) if missing_only else window.days

    with Bar(lines=True) as bar:
        failed = carry_out_all(
            settings,
            chosen,
            partial(_plan, lake, settings, window, missing_only),
            bar,
            sessions=sessions,
            # Also of days whose trends are up to date: a run may have been stopped before it came to this.
            organization=window.days,
            publish=window,
            options=RunOptions(checks=checks, days_a_run=DAYS_A_RUN),
            processes=processes or at_a_time,
        )
    print_summary(lake, [one for one in chosen if one.name not in failed], window)
    print_scanned(*bar.scanned_by_all)
    for name, error in failed.items():
        say_aside(told(name, error))
    count = len(failed.keys() - {ALL_ACCOUNTS})
    if count:
        others = "" if count == len(chosen) else "; the tables of the others are complete"
        raise RunError(f"{count} of {number_of(len(chosen), 'account')} failed{others}")
    if failed:
        raise RunError("the days of all accounts could not be summed up; the tables of each are complete")


def _plan(
    lake: "Lake", settings: Settings, window: "Window", missing_only: bool, one: AccountSettings
) -> "Plan":
    from pipeline.plan import plan_missing, plan_range

    return plan_missing(lake, settings, one, window) if missing_only else plan_range(lake, one, window)
