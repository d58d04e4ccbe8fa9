"""The original's questions: who is active, and what does one user or role use of what is granted."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from assets.errors import UsageError
from assets.iam_snapshots.source import IamFile
from assets.number_words import number_of
from assets.principal_diffs.coverage import Window
from pipeline import answers
from pipeline.cli import output
from pipeline.cli.dates import parsed
from pipeline.cli.fail_on import exit_code
from pipeline.cli.terminal import say_aside
from pipeline.exclusions import unmatched
from pipeline.lake import Lake
from pipeline.plan import Plan, plan_answer
from pipeline.principal_names import named
from pipeline.settings import AccountSettings, Settings, load_settings
from pipeline.sources import scp_files


@dataclass(frozen=True)
class Asked:
    """The flags of the top level."""

    config: Path
    account: str | None
    listed: str | None
    user: str | None
    role: str | None
    start: str | None
    end: str | None
    show_used: bool
    ignore_benign: bool
    ignore_unknown: bool
    color: bool
    format: str
    iam: Path | None
    fail_on: tuple[str, ...] = ()
    skip_setup: bool = False


def answer(asked: Asked) -> int:
    """Make what is missing, then answer on stdout; what concerns the logs' completeness goes to stderr.

    Returns the exit code: see `fail_on`.
    """
    given = [flag for flag in ("listed", "user", "role") if getattr(asked, flag)]
    if len(given) != 1:
        raise UsageError("say one of --list users|roles, --user NAME and --role NAME")
    if asked.account is None:
        raise UsageError("say which account: --account NAME|ID")
    settings = load_settings(asked.config)
    if asked.skip_setup:
        settings = settings.without_setup()
    account = settings.account(asked.account)
    window = answers.window_asked(settings, parsed("--start", asked.start), parsed("--end", asked.end))
    question = answers.Question(account, window, iam_file(account, asked.iam), scp_files(settings, account))
    lake = Lake(settings.root)
    make(settings, plan_answer(lake, settings, account, window))
    rows = (
        _list(asked, lake, settings, question)
        if asked.listed
        else _diff(asked, lake, settings, question, given[0])
    )
    say_unmatched(asked, lake, settings, question)
    return exit_code(rows, asked.fail_on)


def say_unmatched(asked: Asked, lake: Lake, settings: Settings, question: answers.Question) -> None:
    """Say on stderr which exclusions match nobody, where the exit code passes over what is excluded."""
    if asked.fail_on and settings.exclusions:
        for text in unmatched(lake, settings, question):
            say_aside(text)


def iam_file(account: AccountSettings, path: Path | None) -> IamFile | None:
    """Return the IAM file that `--iam` names."""
    return IamFile(account.id, path, str(path)) if path else None


def make(settings: Settings, plan: Plan) -> None:
    """Materialise what a plan names; Dagster is imported only where there is something to do."""
    if plan.nothing:
        return
    from pipeline.cli.bar import Bar
    from pipeline.cli.summary import print_scanned
    from pipeline.runs import carry_out

    with Bar() as bar:
        carry_out(settings, plan, bar)
    print_scanned(bar.scanned_bytes, bar.scanned_dollars, sys.stderr)


def _list(asked: Asked, lake: Lake, settings: Settings, question: answers.Question) -> pl.DataFrame:
    kind = str(asked.listed).removesuffix("s")
    rows = answers.listing(lake, settings, question, kind)
    say_coverage(lake, settings, question)
    if asked.format == "text":
        output.print_lines(rows.select("status", "principal_name").rows(), asked.color)
    else:
        output.print_data(rows, asked.format)
    return rows


def _diff(
    asked: Asked, lake: Lake, settings: Settings, question: answers.Question, kind: str
) -> pl.DataFrame:
    name = str(asked.user or asked.role)
    place = str(asked.iam) if asked.iam else f"account {question.account.name}"
    principal = named(answers.people(lake, question), kind, name, place)
    rows = output.filtered(
        answers.diff_of(lake, settings, question, str(principal["principal_arn"])),
        show_used=asked.show_used,
        ignore_benign=asked.ignore_benign,
        ignore_unknown=asked.ignore_unknown,
    )
    say_coverage(lake, settings, question)
    say_unread(
        rows, name, answers.unread_policies(lake, question, str(principal["principal_arn"])), asked.iam
    )
    if asked.format != "text":
        output.print_data(rows, asked.format)
        return rows
    print_title(principal)
    output.print_lines(output.classic_lines(rows), asked.color)
    return rows


def say_unread(rows: pl.DataFrame, name: str, problems: Sequence[str], iam: Path | None) -> None:
    """Say on stderr that a policy could not be read, also where no line is there to be unknown for it."""
    if not problems:
        return
    unread = rows.filter(pl.col("reason") == "missing_policy").height
    text = f"a policy of {name} could not be read"
    if unread:
        lines = f"{unread:,} of {number_of(rows.height, 'line')} {'is' if unread == 1 else 'are'}"
        text = f"{lines} unknown because {text}"
    else:
        text += ", and what it grants is not among these lines"
    # The stored snapshot, which `grants` tells of, knows nothing of that file.
    where = "; ".join(problems) if iam else "'cloudtracker grants' names it"
    say_aside(f"{text}: {where}")


def print_title(principal: Mapping[str, object]) -> None:
    """Print whom an answer is about, as the original did."""
    name, created = principal["principal_name"], principal["created_at"]
    when = f"{created:%Y-%m-%dT%H:%M:%SZ}" if isinstance(created, datetime) else "at an unknown time"
    user = principal["principal_type"] == "user"
    print(f"Getting info on {name}, user created {when}" if user else f"Getting info for role {name}")


def say_short_window(settings: Settings, window: Window) -> None:
    """Say on stderr that no window so short can hold anything unused, where that is so."""
    least = settings.min_covered_days
    if window.length < least:
        length = number_of(window.length, "day")
        say_aside(
            f"the window has {length}, fewer than 'min_covered_days: {least:,}': nothing in it is unused"
        )


def say_coverage(lake: Lake, settings: Settings, question: answers.Question, *, whose: bool = False) -> None:
    """Say on stderr how many days of the window have complete logs, where that is not all of them.

    `whose`: name the account, where an answer is of several; `say_short_window` is then said once, by the caller.
    """
    window, days = question.window, len(answers.covered(lake, question))
    least = settings.min_covered_days
    if not whose:
        say_short_window(settings, window)
    if days == window.length:
        return
    span = f"{window.start} to {window.end}"
    account = f"account {question.account.name} ({question.account.id})"
    if days == 0:
        place = settings.logs_label
        text = (
            f"no complete logs of {account} for {span} below {place}:"
            " what is not seen there is unknown, not unused"
        )
    else:
        text = (
            f"complete logs{f' of {account}' if whose else ''} for {days:,} of"
            f" {number_of(window.length, 'day')} ({span})"
        )
        if days >= least:
            text += "; 'unused' means not used on these"
        elif window.length >= least:
            text += f", fewer than 'min_covered_days: {least:,}': nothing in it is unused"
    if settings.cloudtrail and settings.cloudtrail.lookup:
        text += " (LookupEvents goes 90 days back, and knows no data events)"
    say_aside(text)
