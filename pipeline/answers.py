"""The answers, read from the tables: no Dagster, and the same diff function for every window."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.aws_actions.mapping import EventMapping
from assets.errors import UsageError
from assets.expanded_grants.attachments import Holdings, holdings
from assets.expanded_grants.frames import expand_account
from assets.expanded_grants.scp_files import ScpFiles, ScpSource
from assets.iam_snapshots.authorization_details import AccountDetails
from assets.iam_snapshots.principals import principals
from assets.iam_snapshots.snapshot import details_of, snapshot_rows
from assets.iam_snapshots.source import IamFile
from assets.partitions import Partition
from assets.principal_diffs.actors import actors
from assets.principal_diffs.coverage import Window, covered_days
from assets.principal_diffs.days import Tables, window_diff
from assets.principal_diffs.diff import Used
from assets.principal_diffs.exclusions import EVERY_ACTION, with_exclusions
from assets.principal_diffs.schema import PRINCIPAL_DIFFS
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from pipeline.settings import AccountSettings, Settings
from pipeline.verdict_rules import verdict_rules


@dataclass(frozen=True)
class Question:
    """An account, its SCPs, and a window; `iam` is a file asked about instead of the stored snapshot."""

    account: AccountSettings
    window: Window
    iam: IamFile | None = None
    scps: ScpSource = field(default_factory=ScpFiles)


def window_asked(
    settings: Settings,
    start: date | None,
    end: date | None,
    flags: tuple[str, str] = ("--start", "--end"),
) -> Window:
    """Return the days that are asked about. Raises `UsageError` where they make no sense, naming the `flags`."""
    today = settings.today()
    last = end or today
    first_flag, last_flag = flags
    if last < settings.first_day and start is None:
        raise UsageError(
            f"{last_flag if end else 'today,'} {last} lies before the first day that is kept,"
            f" 'first_day: {settings.first_day}' in {settings.file}"
        )
    first = start or max(settings.first_day, last - timedelta(days=settings.lookback_days - 1))
    if first > last:
        raise UsageError(f"{first_flag} {first} lies after {f'{last_flag} ' if end else 'today, '}{last}")
    if last > today:
        word = "as_of, which stands for today" if settings.as_of else "today"
        raise UsageError(f"{last_flag} {last} lies after {today} ({word})")
    if first < settings.first_day:
        raise UsageError(
            f"{first_flag} {first} lies before the first day that is kept, {settings.first_day}; "
            f"set 'first_day: {first}' in {settings.file}"
        )
    return Window(first, last)


def details(lake: Lake, question: Question) -> AccountDetails:
    """Return the IAM data of the last day of the window."""
    return details_of(_snapshot(lake, question))


def people(lake: Lake, question: Question) -> pl.DataFrame:
    """Return the principals on the last day of the window, as `iam_snapshots.principals` does."""
    return principals(_snapshot(lake, question))


def listing(lake: Lake, settings: Settings, question: Question, kind: str) -> pl.DataFrame:
    """Return every user or role and whether it was active: see `principal_diffs.actors`.

    `excluded` and `exclusion` mark those that an exclusion of all actions concerns.
    """
    everyone = people(lake, question).filter(pl.col("principal_type") == kind)
    rules, window = verdict_rules(settings, question.account), question.window
    rows = actors(
        question.account.id,
        everyone,
        _used(lake, question),
        window,
        min_covered_days=rules.min_covered_days,
    )
    every = rows.with_columns(action=pl.lit(EVERY_ACTION))
    return with_exclusions(every, rules.exclusions, window.end).drop("action")


def diff_of(lake: Lake, settings: Settings, question: Question, principal_arn: str) -> pl.DataFrame:
    """Return `principal_diffs` of one principal: the stored rows where the windows are equal, else computed."""
    if question.iam is None and question.window.length == settings.lookback_days:
        end = Partition(question.window.end, question.account.id)
        mine = lake.scan("principal_diffs", [end]).filter(pl.col("principal_arn") == principal_arn)
        return mine.select(list(PRINCIPAL_DIFFS)).collect()
    tables = tables_of(lake, question)
    mapping = EventMapping.from_frames(tables.aws_actions, tables.iam_actions, DATA_FILES)
    return window_diff(
        question.account.id,
        question.window,
        tables,
        mapping,
        verdict_rules(settings, question.account),
        principal_arn,
    )


def unread_policies(lake: Lake, question: Question, principal_arn: str) -> list[str]:
    """Return what is said of each policy of one principal that is missing or cannot be read."""
    if question.iam is not None:
        return [detail for _, detail in held_by(lake, question, principal_arn).problems]
    problems = lake.scan("grant_problems", [Partition(question.window.end, question.account.id)])
    return problems.filter(pl.col("principal_arn") == principal_arn).collect()["detail"].to_list()


def held_by(lake: Lake, question: Question, principal_arn: str) -> Holdings:
    """Return the policies, boundary and SCPs of one principal on the last day of the window."""
    scps = question.scps
    everyone = holdings(details(lake, question), scps.read(), management_account=scps.management_account)
    return next(one for one in everyone if one.principal.arn == principal_arn)


def covered(lake: Lake, question: Question) -> list[date]:
    """Return the days of the window whose logs are there and whole."""
    return covered_days(_used(lake, question).coverage, question.window)


def _window(question: Question) -> list[Partition]:
    return [Partition(day, question.account.id) for day in question.window.days]


def _used(lake: Lake, question: Question) -> Used:
    days = _window(question)
    return Used(lake.scan("cloudtrail_usage", days), lake.scan("log_coverage", days))


def _snapshot(lake: Lake, question: Question) -> pl.DataFrame:
    if question.iam is not None:
        file = question.iam
        return snapshot_rows(
            file.read(), file.label, file.taken_at, file.taken_at_source, question.account.id
        )
    end = Partition(question.window.end, question.account.id)
    return lake.scan("iam_snapshots", [end]).drop("day", "account").collect()


def tables_of(lake: Lake, question: Question) -> Tables:
    """Return the tables that the diff of the question's window is made from."""
    days, end = _window(question), [Partition(question.window.end, question.account.id)]
    used, iam_actions = _used(lake, question), lake.read("iam_actions")
    grants = lake.scan("expanded_grants", days)
    problems = lake.scan("grant_problems", end)
    if question.iam is not None:
        expanded = expand_account(
            details(lake, question),
            Catalogue.from_frame(iam_actions),
            scps=question.scps.read(),
            management_account=question.scps.management_account,
        )
        earlier = grants.filter(pl.col("day") < question.window.end)
        grants = pl.concat([earlier, _on_last_day(question, expanded.grants)])
        problems = _on_last_day(question, expanded.problems)
    return Tables(
        usage=used.usage,
        coverage=used.coverage,
        grants=grants,
        problems=problems,
        snapshots=_on_last_day(question, _snapshot(lake, question)),
        aws_actions=lake.read("aws_actions"),
        iam_actions=iam_actions,
    )


def _on_last_day(question: Question, frame: pl.DataFrame) -> pl.LazyFrame:
    return frame.lazy().with_columns(day=pl.lit(question.window.end), account=pl.lit(question.account.id))
