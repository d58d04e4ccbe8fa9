from datetime import timedelta
from pathlib import Path

from assets.cloudtrail_usage.batches import Plan, batches
from assets.cloudtrail_usage.event_time import day_number
from assets.cloudtrail_usage.merge import MergedDay, merge_day
from assets.cloudtrail_usage.scan import Job, Scanner
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.cloudtrail_usage.staging import staged
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, ALICE, DAY, event, put
from tests.assets.cloudtrail_usage.test_sessions import SECRET, acting

DELIVERIES = [DAY + timedelta(days=n) for n in range(3)]


def _merged(root: Path, staging: Path, remembered: int) -> MergedDay:
    """Read the day from three delivery days, a batch each."""
    source = LocalLogs(root)
    regions = tuple(source.regions(ACCOUNT))
    scanner = Scanner(Job(source, ACCOUNT, regions, staging, 2, SECRET), remembered)
    plan = Plan([DAY], 2, {})
    # With the last batch of a delivery day everything is forgotten.
    done = [scanner.scan(batch._replace(last=False)) for batch in batches(plan, source, ACCOUNT, regions)]
    assert len(done) == len(DELIVERIES)
    return merge_day(staging, day_number(DAY))


def test_what_was_forgotten_between_batches_is_staged_again(tmp_path: Path) -> None:
    who = [ALICE, acting("a"), acting("b"), acting("b", key=None), {"type": "AWSService", "invokedBy": "s"}]
    for n, delivery in enumerate(DELIVERIES):
        records = [
            event(f"e{n}{m}", userIdentity=one, eventName=f"Op{m % 2}", errorCode=(None, "X")[m % 3 == 0])
            for m, one in enumerate(who * 2)
        ]
        put(tmp_path / "logs", records, day=delivery)
    remembering = _merged(tmp_path / "logs", tmp_path / "remembering", 1_000)
    forgetful = _merged(tmp_path / "logs", tmp_path / "forgetful", 0)
    assert forgetful.usage.equals(remembering.usage)
    assert forgetful.sessions.lazy().collect().equals(remembering.sessions.lazy().collect())
    assert remembering.usage["events"].sum() == 3 * 2 * len(who)
    # The scanner that remembers has told everything with the first batch.
    day = day_number(DAY)
    for kind in ("actors", "kinds", "pairs", "sessions"):
        assert len(staged(tmp_path / "remembering", day, kind)) == 1
        assert len(staged(tmp_path / "forgetful", day, kind)) == len(DELIVERIES)
