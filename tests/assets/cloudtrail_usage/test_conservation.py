"""Laws of reading: every record is in exactly one count, whatever the logs hold and however they are cut."""

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assets.cloudtrail_usage.log_files import (
    ACCOUNT,
    ALICE,
    DAY,
    as_bytes,
    check_conservation,
    event,
    put,
    read,
)

DAYS = [DAY + timedelta(days=n) for n in range(4)]
IDENTITIES: list[Any] = [
    ALICE,
    {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
    {"type": "AssumedRole", "principalId": "AROAR:s", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"},
    {"type": "New"},
    {},
    None,
    "alice",
]
GOOD = st.builds(
    event,
    st.sampled_from(["e0", "e1", "e2", "e3", "", None]),
    st.builds("{}T1{}:00:00Z".format, st.sampled_from(DAYS), st.integers(0, 9)),
    userIdentity=st.sampled_from(IDENTITIES[:-2]),
    eventName=st.sampled_from(["A", "B"]),
    eventType=st.sampled_from(["AwsApiCall", "AwsServiceEvent", "AwsConsoleSignIn"]),
    errorCode=st.sampled_from([None, "AccessDenied", "X"]),
)
BAD = st.one_of(
    st.sampled_from([None, 5, [], {}]),
    st.builds(event, st.just("e0"), st.sampled_from(["", "yesterday", f"{DAY}"])),
    st.builds(event, st.just("e1"), userIdentity=st.sampled_from(IDENTITIES[-2:])),
    st.builds(event, st.just("e1"), recipientAccountId=st.just("222222222222")),
)
FILES = st.lists(
    st.tuples(
        st.sampled_from(DAYS),
        st.sampled_from(["us-east-1", "eu-west-1"]),
        st.one_of(st.lists(st.one_of(GOOD, GOOD, BAD), max_size=6), st.just(b"broken")),
    ),
    max_size=8,
)


def _put_all(root: Path, files: list[tuple[Any, str, Any]]) -> None:
    (root / "AWSLogs").mkdir(parents=True)
    for n, (day, region, content) in enumerate(files):
        put(root, content, f"{n}.json.gz", day=day, region=region)


@settings(max_examples=60, deadline=None)
@given(FILES, st.integers(0, 2))
def test_every_record_is_in_one_count(files: list[tuple[Any, str, Any]], late_days: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "logs"
        _put_all(root, files)
        # All that is late is read again, so nothing is left over.
        late_from = dict.fromkeys(DAYS, DAYS)
        tables = read(root, DAYS, late_days=late_days, late_from=late_from)
        put_in = sum(len(content) for _, _, content in files if isinstance(content, list))
        broken = sum(not isinstance(content, list) for _, _, content in files)
    for day in DAYS:
        check_conservation(tables[day])
    coverage = [row for day in DAYS for row in tables[day].coverage.iter_rows(named=True)]
    assert sum(row["records"] for row in coverage) == put_in
    assert sum(row["unreadable_files"] for row in coverage) == broken


@settings(max_examples=30, deadline=None)
@given(FILES, st.integers(0, 2))
def test_days_count_what_was_delivered_for_them(files: list[tuple[Any, str, Any]], late_days: int) -> None:
    """An independent count of the distinct ids (of records that have one) by day."""
    near = {day: {day + timedelta(days=n) for n in range(late_days + 1)} for day in DAYS}
    expected: dict[Any, Counter[str]] = {day: Counter() for day in DAYS}
    for delivered, region, content in files:
        for record in content if isinstance(content, list) else []:
            if not isinstance(record, dict) or not isinstance(record.get("userIdentity"), dict):
                continue
            if record["recipientAccountId"] != ACCOUNT or not record["eventTime"].endswith("Z"):
                continue
            for day in DAYS:
                if record["eventTime"].startswith(f"{day}") and delivered in near[day]:
                    expected[day][record["eventID"] or f"{region}{record}"] += 1
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "logs"
        _put_all(root, files)
        tables = read(root, DAYS, late_days=late_days)
        alone = {day: read(root, [day], late_days=late_days)[day] for day in DAYS}
    for day in DAYS:
        named = sum(not key.startswith(("us-", "eu-")) for key in expected[day])
        unnamed = len({key[9:] for key in expected[day] if key.startswith(("us-", "eu-"))})
        assert tables[day].usage["events"].sum() == named + unnamed
        assert as_bytes(alone[day]) == as_bytes(tables[day])
