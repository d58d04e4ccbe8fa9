"""What the page says of the logs that it rests on."""

from dataclasses import replace

import polars as pl
import pytest

from assets.cloudtrail_usage.schema import LOG_COVERAGE
from assets.expanded_grants.schema import PROBLEMS
from assets.principal_diffs.coverage import Window
from assets.trend_report.coverage_words import coverage_words
from assets.trend_report.inputs import AccountDay
from tests.assets.trend_report.account_days import DAY, WINDOW, account_day, frame, source, verdict


@pytest.fixture(scope="module")
def day() -> AccountDay:
    """Alice uses what she is granted."""
    return account_day([verdict("alice", "s3:PutObject", "used", ["a"], events=3)], [source("a", "s3:*")])


def test_a_day_before_that_knew_other_days_is_told(day: AccountDay) -> None:
    """What the headline tells as fewer may be what is not known any more."""
    today = pl.col("day") == DAY
    covered = pl.when(today).then(2).otherwise(5).alias("covered_days")
    unlike = replace(day, series=day.series.with_columns(covered, window_days=pl.lit(5)))
    said = "On 29 June 2026 the logs were complete on 5 of 5 days: what changed since may come of the logs, not of use."
    assert said in coverage_words(unlike)
    for alike in (day, replace(unlike, series=unlike.series.tail(1))):
        assert not [one for one in coverage_words(alike) if "what changed since" in one]


def test_gaps_are_said_in_words() -> None:
    first, second, third, fourth, last = WINDOW.days
    rows = [
        {"day": first, "region": "us-east-1", "files": 1, "bytes": 9, "complete": True},
        # Held by a file of the fourth day.
        {"day": third, "region": "us-east-1", "files": 1, "complete": True},
        {"day": fourth, "region": "us-east-1", "files": 2, "bytes": 9, "rejected": 2},
        {"day": last, "region": "us-east-1", "files": 1, "bytes": 9, "provisional": True},
    ]
    coverage = frame(rows, {"day": pl.Date(), **LOG_COVERAGE})
    verdicts = [verdict("alice", "s3:GetObject", "unknown", [])]
    words = coverage_words(account_day(verdicts, coverage=coverage, covered=(first,)))
    assert words == [
        "The logs are complete on 1 of the 5 days: 'unused' means unused on these.",
        f"No logs from {second.day} June 2026 to {third.day} June 2026 (2 days): nothing that was used then is known.",
        "2 files or records could not be read, on 29 June 2026: these days count as not covered"
        " (the table rejected_records names each one).",
        "Deliveries may still arrive for 30 June 2026: this is provisional.",
        "1 permission is unknown: no call that needs it is recorded by CloudTrail.",
    ]


@pytest.mark.parametrize(
    ("length", "covered", "words"),
    [(1, 1, "the only day"), (5, 5, "all 5 days"), (1, 0, "no day"), (5, 0, "no day")],
)
def test_how_many_days_are_complete_is_said(day: AccountDay, length: int, covered: int, words: str) -> None:
    window = Window.ending(WINDOW.end, length)
    said = coverage_words(replace(day, window=window, covered=tuple(window.days[:covered])))
    assert said[0] == f"The logs are complete on {words} of the window."


def test_problems_that_the_page_has_no_room_for_are_counted(day: AccountDay) -> None:
    rows = [{"principal_arn": f"a{n}", "problem": "missing_policy", "detail": "p"} for n in range(53)]
    words = coverage_words(replace(day, problems=frame(rows, PROBLEMS)))
    assert len([text for text in words if ": missing policy: " in text]) == 50
    assert words[-1] == "And 3 more like these: the table grant_problems has them all."
