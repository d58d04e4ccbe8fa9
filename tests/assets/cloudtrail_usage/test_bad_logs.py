import gzip
import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.cloudtrail_usage.rejections import REASONS, Reason
from assets.errors import InputError
from assets.principal_diffs.coverage import Window, covered_days
from tests.assets.cloudtrail_usage.log_files import (
    ALICE,
    DAY,
    check_conservation,
    coverage,
    event,
    put,
    read,
    read_one,
    rejections,
)

GOOD = gzip.compress(json.dumps({"Records": [event("e1"), event("e2")]}).encode(), mtime=0)


def _damaged() -> bytes:
    data = bytearray(GOOD)
    data[-6] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD[:-9], Reason.TRUNCATED_GZIP),
        (GOOD[:20], Reason.TRUNCATED_GZIP),
        (GOOD + b"more", Reason.TRUNCATED_GZIP),
        (_damaged(), Reason.UNREADABLE_GZIP),
        (b"\x1f\x8b\x07" + bytes(30), Reason.UNREADABLE_GZIP),
        (b"", Reason.EMPTY_FILE),
        (gzip.compress(b"", mtime=0), Reason.NOT_JSON),
        (gzip.compress(b"<html>", mtime=0), Reason.NOT_JSON),
        (b'{"Records": [', Reason.NOT_JSON),
        (b'{"Records": []} {"Records": []}', Reason.NOT_JSON),
        (b'{"Records": [{"eventID": NaN}]}', Reason.NOT_JSON),
        (b'\xff\xfe{"Records": []}', Reason.NOT_JSON),
        (b'{"Records": [{"x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}]}", Reason.NOT_JSON),
        (b"{}", Reason.NO_RECORDS),
        (b"[]", Reason.NO_RECORDS),
        (b"5", Reason.NO_RECORDS),
        (b'{"Records": null}', Reason.NO_RECORDS),
        (b'{"Records": {}}', Reason.NO_RECORDS),
        (b'{"records": []}', Reason.NO_RECORDS),
    ],
)
def test_a_file_that_cannot_be_read_is_one_row(tmp_path: Path, content: bytes, reason: Reason) -> None:
    path = put(tmp_path / "logs", content, "bad.json.gz")
    put(tmp_path / "logs", [event("e3")], "good.json.gz")
    tables = read_one(tmp_path / "logs")
    assert tables.rejected.select("region", "file", "position", "reason").rows() == [
        ("us-east-1", path, -1, reason)
    ]
    row = coverage(tables)
    assert (row["files"], row["records"], row["unreadable_files"], row["complete"]) == (2, 1, 1, False)
    check_conservation(tables)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (5, Reason.RECORD_NOT_OBJECT),
        (None, Reason.RECORD_NOT_OBJECT),
        ([event("x")], Reason.RECORD_NOT_OBJECT),
        (event("x", userIdentity=...), Reason.IDENTITY_MISSING),
        (event("x", userIdentity=None), Reason.IDENTITY_MISSING),
        (event("x", userIdentity="alice"), Reason.WRONG_TYPE),
        (event("x", userIdentity={**ALICE, "arn": 5}), Reason.WRONG_TYPE),
        (event("x", eventTime=...), Reason.BAD_EVENT_TIME),
        (event("x", eventTime=None), Reason.BAD_EVENT_TIME),
        (event("x", eventTime=1709632800), Reason.BAD_EVENT_TIME),
        (event("x", "05/Mar/2024 10:00:00"), Reason.BAD_EVENT_TIME),
        (event("x", ""), Reason.BAD_EVENT_TIME),
        (event("x", eventSource=...), Reason.MISSING_EVENT_SOURCE),
        (event("x", eventSource=None), Reason.MISSING_EVENT_SOURCE),
        (event("x", eventSource=""), Reason.MISSING_EVENT_SOURCE),
        (event("x", eventName=...), Reason.MISSING_EVENT_NAME),
        (event("x", eventName=""), Reason.MISSING_EVENT_NAME),
        (event("x", eventName=["a"]), Reason.WRONG_TYPE),
        (event("x", eventType=7), Reason.WRONG_TYPE),
        (event("x", errorCode={}), Reason.WRONG_TYPE),
        (event("x", recipientAccountId=111111111111), Reason.WRONG_TYPE),
        (event("x", recipientAccountId="222222222222"), Reason.FOREIGN_RECIPIENT),
        (event(7), Reason.WRONG_TYPE),  # type: ignore[arg-type]
    ],
)
def test_a_bad_record_does_not_take_the_others_with_it(tmp_path: Path, record: Any, reason: Reason) -> None:
    put(tmp_path / "logs", [event("e1"), record, event("e2")])
    tables = read_one(tmp_path / "logs")
    assert rejections(tables) == [(1, reason)]
    row = coverage(tables)
    assert (row["records"], row["permission_events"], row["unreadable_files"]) == (3, 2, 0)
    assert not row["complete"]
    check_conservation(tables)


def test_bad_times_are_told_of_the_files_that_hold_them(tmp_path: Path) -> None:
    good = event("e1")
    put(tmp_path / "logs", [good] * 3, "a.json.gz", region="eu-west-1")
    put(tmp_path / "logs", [good, event("x", "today"), good, event("y", "2024-03-05T25:00:00Z")], "b.json.gz")
    put(tmp_path / "logs", [5, good, event("x", "2024-02-30T10:00:00Z")], "c.json.gz")
    put(tmp_path / "logs", [good, good, event("x", "2024-03-05T10:00:60Z")], "d.json.gz")
    rejected = read_one(tmp_path / "logs").rejected
    told = [(row["file"][-9:], row["position"], row["reason"]) for row in rejected.iter_rows(named=True)]
    assert told == [
        ("b.json.gz", 1, Reason.BAD_EVENT_TIME),
        ("b.json.gz", 3, Reason.BAD_EVENT_TIME),
        ("c.json.gz", 0, Reason.RECORD_NOT_OBJECT),
        ("c.json.gz", 2, Reason.BAD_EVENT_TIME),
        ("d.json.gz", 2, Reason.BAD_EVENT_TIME),
    ]


def test_every_reason_is_explained() -> None:
    assert set(REASONS) == set(Reason)


def test_text_that_is_no_utf_8_rejects_its_record_only(tmp_path: Path) -> None:
    text = json.dumps({"Records": [event("e1"), event("e2", eventName="@@"), event("e3")]}).encode()
    put(tmp_path / "logs", text.replace(b"@@", b"\xff\xfe"))
    assert rejections(read_one(tmp_path / "logs")) == [(1, Reason.INVALID_TEXT)]


def test_half_a_surrogate_pair_costs_nothing(tmp_path: Path) -> None:
    records = [event("e1", userAgent="\ud83d"), event("e2", eventName="List\udc00")]
    put(tmp_path / "logs", records)
    tables = read_one(tmp_path / "logs")
    assert rejections(tables) == []
    assert tables.usage["event_name"].to_list() == ["List?", "ListBuckets"]


def test_half_a_surrogate_pair_costs_nothing_where_other_records_are_bad(tmp_path: Path) -> None:
    records = [
        event("e1", userAgent="\ud83d"),
        event("e2", eventName="@@"),
        event("e3", requestParameters={"most": "##", "least": "~~"}),
        event("e4", eventTime=5),
    ]
    text = json.dumps({"Records": records}).encode().replace(b"@@", b"\xff\xfe")
    text = text.replace(b'"##"', b"1e999").replace(b'"~~"', b"-" + b"9" * 5000)
    put(tmp_path / "logs", text)
    tables = read_one(tmp_path / "logs")
    assert rejections(tables) == [(1, Reason.INVALID_TEXT), (3, Reason.BAD_EVENT_TIME)]
    assert tables.usage["events"].sum() == 2


def test_wrong_types_in_fields_that_are_not_needed_are_no_defect(tmp_path: Path) -> None:
    odd = event(
        "e1", awsRegion=5, requestParameters=[1], readOnly="x", errorMessage={"a": 1}, eventVersion=[]
    )
    put(tmp_path / "logs", [odd])
    tables = read_one(tmp_path / "logs")
    assert rejections(tables) == []
    assert tables.usage["outcome"].to_list() == ["error"]


def test_no_records_is_a_fine_file(tmp_path: Path) -> None:
    put(tmp_path / "logs", [])
    tables = read_one(tmp_path / "logs")
    row = coverage(tables)
    assert (row["files"], row["records"], row["complete"]) == (1, 0, True)
    assert tables.usage.is_empty()


def test_compression_is_told_by_content(tmp_path: Path) -> None:
    put(tmp_path / "logs", json.dumps({"Records": [event("e1")]}).encode(), "plain.json")
    put(tmp_path / "logs", json.dumps({"Records": [event("e2")]}).encode(), "plain-named.json.gz")
    put(tmp_path / "logs", [event("e3")], "gzip-named.json")
    whole = json.dumps({"Records": [event("e4")]}).encode()
    put(
        tmp_path / "logs",
        gzip.compress(whole[:50]) + gzip.compress(whole[50:]),
        "two-members.json.gz",
    )
    tables = read_one(tmp_path / "logs")
    assert tables.usage["events"].to_list() == [4]
    assert coverage(tables)["complete"]


def test_digest_insight_and_aggregated_files_are_skipped(tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1")])
    for kind in ("Digest", "Insight", "Aggregated"):
        put(tmp_path / "logs", b"not looked at", f"111111111111_CloudTrail-{kind}_us-east-1_x.json.gz")
    tables = read_one(tmp_path / "logs")
    row = coverage(tables)
    assert (row["files"], row["rejected"], row["complete"]) == (1, 0, True)


def test_other_files_are_rejected(tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1")])
    put(tmp_path / "logs", b"x", "log.json.gz.part")
    tables = read_one(tmp_path / "logs")
    assert rejections(tables) == [(-1, Reason.UNEXPECTED_FILE)]
    assert not coverage(tables)["complete"]


def test_a_file_that_is_gone_when_it_is_read_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "logs" / put(tmp_path / "logs", [event("e1")])
    (path.parent / "gone.json.gz").symlink_to(tmp_path / "nowhere")
    tables = read_one(tmp_path / "logs")
    assert rejections(tables) == [(-1, Reason.UNREADABLE_FILE)]
    assert coverage(tables)["unreadable_files"] == 1


def test_a_link_to_itself_is_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "logs" / put(tmp_path / "logs", [event("e1")])
    (path.parent / "loop.json.gz").symlink_to("loop.json.gz")
    tables = read_one(tmp_path / "logs")
    assert rejections(tables) == [(-1, Reason.UNREADABLE_FILE)]
    assert tables.usage["events"].to_list() == [1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "logs" / put(tmp_path / "logs", [event("e1")])).chmod(0)
    assert rejections(read_one(tmp_path / "logs")) == [(-1, Reason.UNREADABLE_FILE)]


def test_files_of_50_megabytes_are_read(tmp_path: Path) -> None:
    count = 50_000
    records = [event(f"e{n}", requestParameters={"text": "x" * 600}) for n in range(count)]
    text = json.dumps({"Records": records}).encode()
    assert len(text) > 50_000_000
    put(tmp_path / "logs", text, "large.json")
    # The same again a day later, with another file: more rows than are kept in memory in one batch.
    later = DAY + timedelta(days=1)
    put(tmp_path / "logs", gzip.compress(text, 1, mtime=0), "large.json.gz", day=later)
    put(tmp_path / "logs", [event("e0"), event("more")], "small.json.gz", day=later)
    tables = read_one(tmp_path / "logs")
    assert tables.usage["events"].to_list() == [count + 1]
    row = coverage(tables)
    assert (row["files"], row["duplicates"], row["complete"]) == (3, count + 1, True)


def test_what_cannot_be_read_lowers_every_day_that_it_may_have_held(tmp_path: Path) -> None:
    window, late = Window(DAY, DAY), DAY + timedelta(days=5)
    cut = gzip.compress(json.dumps({"Records": [event("lost")]}).encode())[:-9]

    def covered(root: Path, **more: Any) -> tuple[list[date], int]:
        made = read(root, [DAY], **more)[DAY]
        coverage = made.coverage.with_columns(day=pl.lit(DAY))
        return covered_days(coverage.lazy(), window), int(coverage["doubtful"].sum())

    # A region without files on the day; what was delivered on the next is cut short.
    next_day = tmp_path / "next"
    put(next_day, [event("1")])
    assert covered(next_day) == ([DAY], 0)
    put(next_day, cut, region="eu-west-1", day=DAY + timedelta(days=1))
    assert covered(next_day) == ([], 1)
    # Far from the day it says nothing of it, but where an event of the day was found.
    far = tmp_path / "far"
    put(far, [event("1")])
    put(far, [event("2")], "good.json.gz", day=late)
    put(far, cut, "bad.json.gz", day=late)
    assert covered(far) == ([DAY], 0)
    assert covered(far, late_from={DAY: [late]}) == ([], 1)


def test_a_name_that_is_no_text_is_written_with_question_marks(tmp_path: Path) -> None:
    put(tmp_path, [event("1")])
    folder = (tmp_path / put(tmp_path, b"no json", "other.json")).parent
    (folder / os.fsdecode(b"bad-\xff.json")).write_bytes(b"no json")
    (folder / os.fsdecode(b"good-\xff.json")).write_bytes(json.dumps({"Records": [event("2")]}).encode())
    made = read(tmp_path, [DAY])[DAY]
    assert made.usage["events"].sum() == 2
    assert any(file.endswith("/bad-?.json") for file in made.rejected["file"])
    (folder.parents[3] / os.fsdecode(b"eu-\xff")).mkdir()
    with pytest.raises(InputError, match=r"holds a folder whose name is no UTF-8, 'eu-\\udcff'"):
        read(tmp_path, [DAY])
