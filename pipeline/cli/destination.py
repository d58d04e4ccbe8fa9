"""`--destrole`, `--destaccount`: what a user or role does in a role, of its own account or another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from assets.errors import UnwritableError, UsageError
from assets.number_words import number_of
from pipeline import answers
from pipeline.cli import classic, output
from pipeline.cli.dates import parsed
from pipeline.cli.fail_on import exit_code
from pipeline.cli.terminal import say_aside
from pipeline.destination import destination_diff
from pipeline.lake import Lake
from pipeline.plan import Plan
from pipeline.principal_names import named
from pipeline.role_use import RoleUse
from pipeline.session_plan import plan_inputs, stale_sessions
from pipeline.settings import AccountSettings, Settings, load_settings
from pipeline.sources import scp_files
from pipeline.steps import ALL_ACCOUNTS


@dataclass(frozen=True)
class Destination:
    """The flags of the destination; without `account` it is that of the source."""

    role: str | None
    account: str | None


def answer(asked: classic.Asked, destination: Destination) -> int:
    """Make what is missing, then answer on stdout; the chains of roles go to stderr. Returns the exit code."""
    if destination.role is None:
        raise UsageError("--destaccount needs the role in it: --destrole NAME")
    if asked.listed or (asked.user is None) == (asked.role is None):
        raise UsageError("--destrole needs one source: --user NAME or --role NAME")
    if asked.account is None:
        raise UsageError("say which account: --account NAME|ID")
    settings = load_settings(asked.config)
    home = settings.account(asked.account)
    there = settings.account(destination.account) if destination.account else home
    window = answers.window_asked(settings, parsed("--start", asked.start), parsed("--end", asked.end))
    if asked.iam and home != there:
        raise UsageError("--iam stands for one account's data; with --destaccount leave it out")
    iam = classic.iam_file(home, asked.iam)
    source_question = answers.Question(home, window, iam, scp_files(settings, home))
    question = answers.Question(there, window, iam, scp_files(settings, there))
    lake = Lake(settings.root)
    make_sessions(settings, lake, question, {home.id, there.id})
    kind, name = ("user", asked.user) if asked.user is not None else ("role", str(asked.role))
    source = named(answers.people(lake, source_question), kind, name, _place(home, asked.iam))
    role = named(answers.people(lake, question), "role", destination.role, _place(there, asked.iam))
    rows, use = destination_diff(lake, settings, question, source, role)
    rows = output.filtered(
        rows,
        show_used=asked.show_used,
        ignore_benign=asked.ignore_benign,
        ignore_unknown=asked.ignore_unknown,
    )
    classic.say_coverage(lake, settings, question)
    unread = answers.unread_policies(lake, question, str(role["principal_arn"]))
    classic.say_unread(rows, destination.role, unread, asked.iam)
    _say_chains(use, name, destination.role, question)
    if asked.format != "text":
        output.print_data(rows, asked.format)
    else:
        classic.print_title(source)
        print(f"Getting info for AssumeRole into {destination.role}")
        output.print_lines(output.classic_lines(rows), asked.color)
    classic.say_unmatched(asked, lake, settings, question)
    return exit_code(rows, asked.fail_on)


def make_sessions(settings: Settings, lake: Lake, question: answers.Question, granted: set[str]) -> None:
    """Make the role sessions of the question's account and what they need: the usage of every account.

    `granted`: accounts whose grants of the window's last day are needed, too. Where nothing can be written and only
    usage is missing without which there is an answer (of the days before the window, of other accounts), that is said.
    """

    def inputs(account: AccountSettings) -> Plan:
        return plan_inputs(lake, settings, account, question.window, granted=account.id in granted)

    def sessions(account: AccountSettings) -> Sequence[date]:
        if account.id != question.account.id:
            return ()
        return stale_sessions(lake, settings, account.id, question.window.days)

    plans = [inputs(account) for account in settings.accounts]
    stale = bool(sessions(question.account))
    if all(plan.nothing for plan in plans) and not stale:
        return
    from pipeline.cli.bar import Bar
    from pipeline.runs import carry_out_all

    try:
        with Bar() as bar:
            failed = carry_out_all(settings, settings.accounts, inputs, bar, sessions=sessions)
    except UnwritableError as unwritable:
        if stale or any(_is_needed(plan, question, granted) for plan in plans):
            raise
        say_aside(unwritable)
        _say_unread(settings, plans)
        return
    for name, error in failed.items():
        if name == ALL_ACCOUNTS or settings.account(name).id in granted:
            raise error
        text = f"account {name}: {error}; sessions that were begun there cannot be followed"
        say_aside(text)


def _is_needed(plan: Plan, question: answers.Question, granted: set[str]) -> bool:
    """Whether there is no answer without what is planned. Without its other usage, sessions lack their beginnings."""
    of_window = any(part.end >= question.window.start for part in plan.usage)
    return plan.facts or bool(plan.grants) or (plan.account in granted and of_window)


def _say_unread(settings: Settings, plans: Sequence[Plan]) -> None:
    accounts: dict[str, list[str]] = {}
    for plan in plans:
        days = ", ".join(" to ".join(dict.fromkeys((str(part.start), str(part.end)))) for part in plan.usage)
        if days:
            accounts.setdefault(days, []).append(settings.account(plan.account).name)
    for days, names in accounts.items():
        say_aside(
            f"the logs of {', '.join(names)} of {days} are not read: sessions that were begun there cannot be"
            " followed"
        )


def _say_chains(use: RoleUse, name: str, role: str, question: answers.Question) -> None:
    mine, window = use.mine, question.window
    place = f"{role} of account {question.account.name}"
    if not mine.height:
        text = f"{name} did not assume {place} between {window.start} and {window.end}, through no chain of roles"
        say_aside(f"{text}, as far as the logs tell")
    ways = (
        mine.group_by("through", "certainty")
        .agg(pl.col("session_id").n_unique())
        .sort("through", "certainty")
    )
    for way, certainty, sessions in ways.rows():
        say_aside(f"{number_of(sessions, 'session')} through {way} ({certainty})")
    lost = use.sessions.filter((pl.col("certainty") == "unknown") & ~pl.col("mine"))["session_id"].n_unique()
    if lost:
        text = f"who is behind {number_of(lost, 'other session')} of {place} is not known"
        say_aside(f"{text}: 'unused' means not used in those that are {name}'s")


def _place(account: AccountSettings, iam: Path | None) -> str:
    return str(iam) if iam else f"account {account.name}"
