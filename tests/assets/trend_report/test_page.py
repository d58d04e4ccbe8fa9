"""The page as text: what it says, what it must not let through, and its CSV."""

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.permission_trends.schema import PERMISSION_CHANGES
from assets.trend_report import content
from assets.trend_report.inputs import AccountDay
from assets.trend_report.page import embedded, page
from assets.trend_report.rows_csv import csv_rows, write_csv
from assets.trend_report.series import headline, joined, unsure_of
from tests.assets.trend_report.account_days import (
    DAY,
    WINDOW,
    account_day,
    arn,
    frame,
    page_data,
    source,
    verdict,
)

EVIL = "</script><!--<script>alert(1)</script>\u2028<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def day() -> AccountDay:
    """Alice uses one of three, without bob; both names are nothing that a page should trust."""
    return account_day(
        [
            verdict("alice", "s3:PutObject", "used", ["a"], events=3),
            verdict("alice", "s3:GetObject", "unused", ["a"], access_level="Read"),
            verdict("alice", "s3:CreateBucket", "not_granted", events=1),
            verdict("bob", "s3:GetObject", "unused", ["b"], principal_name=EVIL),
        ],
        [source("a", "s3:*"), source("b", "s3:Get*", attached_to=arn("bob"), policy_name=EVIL, sid=EVIL)],
    )


@pytest.fixture(scope="module")
def html(day: AccountDay) -> bytes:
    """The page of that day."""
    return page([day], EVIL)


def test_the_same_rows_give_the_same_bytes(day: AccountDay, html: bytes) -> None:
    assert page([day], EVIL) == html


def test_no_text_ends_the_script_or_begins_a_tag(html: bytes) -> None:
    text = html.decode()
    assert text.count("</script>") == text.count("<script") == 2
    assert "<!--" not in text.replace("<!doctype", "")
    assert "<img" not in text
    assert "\u2028" not in text.partition("<script")[2]
    assert page_data(html)["texts"].count(EVIL) == 1


def test_data_comes_out_of_the_page_as_it_went_in() -> None:
    data = {"a": [EVIL, "\u2029 & <b>", 1, None], "ü": "é\\u003c"}
    assert json.loads(embedded(data)) == data


def test_the_policy_names_the_one_script_and_nothing_is_fetched(html: bytes) -> None:
    text = html.decode()
    script = text.rpartition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith(f"default-src &#x27;none&#x27;; script-src &#x27;sha256-{digest}&#x27;;")
    outside = re.findall(r'(?:src|href|action)="([^"#]*)"', text)
    assert outside == []
    assert set(re.findall(r"https?://[^\"' ]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_the_removals_are_those_of_which_nothing_is_used(html: bytes) -> None:
    data = page_data(html)
    texts = data["texts"]
    assert [(texts[row[1]], row[3], row[5], texts[row[8]]) for row in data["removals"]] == [
        (EVIL, 0, 1, EVIL)
    ]


def test_changes_that_the_page_has_no_room_for_are_counted(
    day: AccountDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And those of the second account are not all left out for the first one's."""
    monkeypatch.setattr(content, "MOST_CHANGES", 2)
    first = [{"change": "revoked", "principal_name": name, "action": "s3:GetObject"} for name in "abc"]
    second = [{"change": "granted", "principal_name": "z", "action": "s3:GetObject"}]
    days = [replace(day, changes=frame(rows, PERMISSION_CHANGES)) for rows in (first, second)]
    data = page_data(page(days, "demo"))
    assert [row[:2] for row in data["changed"]] == [[1, "granted"], [0, "revoked"]]
    assert data["more_changes"] == 2


def test_the_removals_can_all_go_at_once() -> None:
    """Either of two statements that grant what is used could go by itself; with both, the use would be refused."""
    verdicts = [
        verdict("alice", "s3:GetObject", "used", ["a", "c"]),
        verdict("alice", "s3:PutObject", "unused", ["a"]),
        verdict("alice", "s3:DeleteObject", "unused", ["a"]),
        verdict("alice", "s3:PutAcl", "unused", ["c"]),
        verdict("alice", "iam:GetUser", "unused", ["d"]),
    ]
    sources = [source("a", "s3:*"), source("c", "s3:*", statement=1), source("d", "iam:*", statement=2)]
    rows = page_data(page([account_day(verdicts, sources)], "demo"))["removals"]
    assert [(row[3], row[5]) for row in rows] == [(0, 2), (2, 1)]


def test_an_action_with_a_space_in_it_moves_no_other_into_its_place() -> None:
    """A policy may spell out what is no action at all; the page counts actions by their places."""
    names = ["s3:Delete It", "s3:PutObject"]
    data = page_data(page([account_day([verdict("alice", name, "unused", ["a"]) for name in names])], "demo"))
    assert data["actions"] == [["s3", 1, ["Delete It", "PutObject"]]]


def test_the_charts_are_pictures_with_words(html: bytes) -> None:
    text = html.decode()
    assert text.count("<svg") == 3
    assert 'aria-label="X-axis' in text


def test_the_headline_compares_with_the_nearest_earlier_day(day: AccountDay) -> None:
    series = joined([day])
    numbers, compared = headline(series.filter(pl.col("day") != DAY - timedelta(days=1)), DAY)
    assert compared == DAY - timedelta(days=2)
    assert {one.name: (one.value, one.before, one.whole) for one in numbers} == {
        "unused": (2, 2, 3),
        "used": (1, 1, 3),
        "unknown": (0, 0, 3),
        "not_granted": (1, 1, None),
        "without_use": (1, 1, 2),
        "risk_score": (2, 2, None),
    }


def test_what_is_unknown_is_no_more_than_the_whole_where_a_policy_could_not_be_read(day: AccountDay) -> None:
    """What was used then without a known grant is unknown, and not among what is granted."""
    series = joined([day]).with_columns(unknown=pl.lit(7), granted=pl.lit(3))
    numbers, _ = headline(series, DAY)
    wholes = {
        one.name: (one.value, one.whole) for one in numbers if one.name in ("used", "unused", "unknown")
    }
    assert wholes == {"used": (1, 10), "unused": (2, 10), "unknown": (7, 10)}


def test_nobody_is_counted_as_without_use_where_there_are_no_logs(day: AccountDay) -> None:
    dark = replace(day, covered=(), series=day.series.with_columns(covered_days=pl.lit(0, pl.Int64)))
    numbers = {row[0]: row[2:] for row in page_data(page([dark], "demo"))["numbers"]}
    assert numbers["without_use"] == [None, None, "less", 2, 0]
    # Beside another account's, those that no logs tell of are counted apart.
    assert unsure_of([dark, day]) == 1
    numbers = {row[0]: row[2:] for row in page_data(page([dark, day], "demo"))["numbers"]}
    assert numbers["without_use"] == [2, 2, "less", 4, 1]


def test_whoever_cannot_be_known_to_be_without_use_is_counted_apart(day: AccountDay) -> None:
    """As a role that IAM says was used, and a user whose use lost its grant with a policy that cannot be read."""
    bob = pl.col("principal_name") == EVIL
    activity = pl.when(bob).then(pl.lit("unknown")).otherwise("activity")
    assert unsure_of([day]) == 0
    assert unsure_of([replace(day, people=day.people.with_columns(activity=activity))]) == 1
    used = pl.when(bob).then(3).otherwise("events")
    assert unsure_of([replace(day, diffs=day.diffs.with_columns(events=used))]) == 1


def test_days_on_which_other_accounts_have_no_logs_are_not_compared(day: AccountDay) -> None:
    """Their users and roles come into view there, and begin nothing."""
    today = pl.col("day") == DAY
    late = replace(day, series=day.series.with_columns(covered_days=pl.when(today).then(1).otherwise(0)))
    numbers, _ = headline(joined([late]), DAY)
    assert [one.name for one in numbers if one.before is None] == ["without_use"]


def test_scores_of_another_definition_are_not_compared(day: AccountDay) -> None:
    other = pl.when(pl.col("day") == DAY).then(pl.lit("v2")).otherwise(pl.col("score_version"))
    numbers, _ = headline(joined([day]).with_columns(score_version=other), DAY)
    assert [one.name for one in numbers if one.before is None] == ["risk_score"]


def test_scores_of_another_definition_are_no_part_of_the_trend(day: AccountDay) -> None:
    """Other weights make a jump that never was; what is counted goes on."""
    old = pl.when(pl.col("day") < DAY).then(pl.lit("v0")).otherwise("score_version").alias("score_version")
    data = page_data(page([replace(day, series=day.series.with_columns(old))], "demo"))
    assert [row[6] for row in data["series"]] == [None] * 4 + [2.0]
    assert {row[1] for row in data["series"]} == {2}


def test_days_on_which_an_account_is_missing_are_not_summed(day: AccountDay) -> None:
    late = account_day([verdict("carol", "s3:GetObject", "unused", [])], account="222222222222")
    late = AccountDay(**{**vars(late), "series": late.series.tail(2)})
    series = joined([day, late])
    assert series["day"].to_list() == WINDOW.days[-2:]
    assert series["unused"].to_list() == [3, 3]


def test_the_changes_are_since_the_day_that_each_account_was_compared_with(day: AccountDay) -> None:
    """And not since the one that all are stored on, after which the first account may have changed already."""
    yesterday, before = DAY - timedelta(days=1), DAY - timedelta(days=2)
    late = replace(day, account="222222222222", series=day.series.filter(pl.col("day") != yesterday))
    data = page_data(page([day, late], "demo"))
    assert data["compared"] == before.isoformat()
    assert data["since"] == [before.isoformat(), yesterday.isoformat()]
    # A day that is not in the window is none of the series, and was compared with all the same.
    long_ago = WINDOW.start - timedelta(days=9)
    row = {"change": "granted", "action": "s3:GetObject", "compared_with": long_ago}
    alone = replace(day, series=day.series.tail(1), changes=frame([row], PERMISSION_CHANGES))
    assert page_data(page([alone], "demo"))["since"] == [long_ago.isoformat()]


def test_a_first_day_has_nothing_to_compare_with(day: AccountDay) -> None:
    alone = AccountDay(**{**vars(day), "series": day.series.tail(1)})
    data = page_data(page([alone], "demo"))
    assert data["compared"] is None
    assert data["since"] == []
    assert {number[3] for number in data["numbers"]} == {None}


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "|x", "＝1"])
def test_no_cell_of_the_csv_is_a_formula(text: str, tmp_path: Path) -> None:
    verdicts = [verdict("alice", "s3:GetObject", "unused", ["a"], principal_name=text, exclusion=text)]
    day = account_day(verdicts, [source("a", "s3:*", policy_name=text)])
    write_csv([day, day], tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    for row in rows:
        assert (row["principal_name"], row["exclusion"]) == (f"'{text}", f"'{text}")
        assert not [cell for cell in row.values() if cell[:1] in tuple("=+-@\t|")]


def test_the_csv_holds_every_verdict_and_what_grants_it(day: AccountDay) -> None:
    rows = csv_rows(day)
    assert rows.height == day.diffs.height
    assert (
        rows.filter(principal_name="alice", action="s3:GetObject")["granted_through"].item()
        == "inline statement 0"
    )
    text = io.BytesIO()
    rows.write_csv(text)
    assert b"2026-06-30,111111111111,user" in text.getvalue()
