"""Steps as requests for runs, and what became of those asked for before."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import dagster as dg
import msgspec

from pipeline.session_plan import SESSIONS
from pipeline.steps import Step

ASSET_JOB = "__ASSET_JOB"
"""Dagster's own job of all assets: the only kind that holds tables which are cut in different ways."""
ACCOUNT_TAG = "cloudtracker/account"
"""Whose tables a run makes, an account's id or `all`: the run queue takes one run of each value at a time."""
REQUEST_TAG = "cloudtracker/request"
SHARED = "all"
LONGEST_LOOK = 30.0
"""Seconds, after which a tick looks at no further account: Dagster gives up what took a minute, all of it each time."""
RETRY_AFTER = timedelta(hours=1)
_PARTITION = "dagster/partition"
_RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
_ACCOUNT = re.compile("[0-9]{12}")
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


class Asked(msgspec.Struct, frozen=True):
    """What was asked for last: a digest of the steps, and the request that its runs are tagged with."""

    steps: str
    request: str
    at: datetime


class Cursor(msgspec.Struct):
    """What a sensor keeps from tick to tick: what was asked for, by account, and the account looked at last."""

    asked: dict[str, Asked] = {}
    last: str = ""


def read_cursor(text: str | None) -> Cursor:
    """Read what `written_cursor` wrote; nothing was asked for before the first tick."""
    return msgspec.json.decode(text, type=Cursor) if text else Cursor()


def written_cursor(cursor: Cursor) -> str:
    """Return the cursor as JSON, accounts in order."""
    return msgspec.json.encode(Cursor(dict(sorted(cursor.asked.items())), cursor.last)).decode()


def from_the_next(accounts: Iterable[str], last: str) -> list[str]:
    """Return the accounts in order, those behind the one looked at last first; that may not be among them now."""
    return sorted(accounts, key=lambda one: (one <= last, one))


def digest(steps: Sequence[Step]) -> str:
    """Return the same text for the same steps."""
    words = [f"{step.tables}{[one.key for one in step.partitions]}" for step in steps]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def requests(steps: Iterable[Step], account: str, request: str, level: int = 0) -> list[dg.RunRequest]:
    """Return a request a step. What comes first has the higher priority, so that a queue keeps the order.

    `level`: of two accounts' runs those of the lower level begin first.
    """
    return [
        dg.RunRequest(
            run_key=f"{request}/{account}/{number}",
            asset_selection=[dg.AssetKey(table) for table in step.tables],
            tags={
                **range_tags(step),
                ACCOUNT_TAG: account,
                REQUEST_TAG: f"{request}/{account}",
                "dagster/priority": str(-(100 * level + number)),
            },
        )
        for number, step in enumerate(steps)
    ]


def range_tags(step: Step) -> dict[str, str]:
    """Return the tags that make a run one of a range of partitions; none for unpartitioned tables."""
    if not step.partitions:
        return {}
    start, end = _RANGE
    return {
        start: step.partitions[0].key,
        end: step.partitions[-1].key,
    }


def account_of(run: dg.DagsterRun) -> str | None:
    """Return the account whose tables a run makes, and reads no others; None where it may be any."""
    # A run of everything names no asset.
    if run.asset_selection is None or dg.AssetKey(SESSIONS) in run.asset_selection:
        return None
    tags = (_PARTITION, *_RANGE)
    accounts = {run.tags[tag].partition("|")[0] for tag in tags if tag in run.tags}
    return accounts.pop() if len(accounts) == 1 and all(map(_ACCOUNT.fullmatch, accounts)) else None


def busy(instance: dg.DagsterInstance) -> set[str]:
    """Return the values of `ACCOUNT_TAG` of the runs that wait or run."""
    runs = instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED))
    return {run.tags[ACCOUNT_TAG] for run in runs if ACCOUNT_TAG in run.tags}


def is_repetition(instance: dg.DagsterInstance, before: Asked | None, steps: str, now: datetime) -> bool:
    """Whether just these steps were asked for less than an hour ago, and a run of them failed.

    What failed is tried again then: not at every tick, and not never.
    """
    if before is None or before.steps != steps or now - before.at >= RETRY_AFTER:
        return False
    runs = instance.get_runs(dg.RunsFilter(tags={REQUEST_TAG: before.request}))
    return any(run.status is not dg.DagsterRunStatus.SUCCESS for run in runs)
