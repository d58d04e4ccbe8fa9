"""How the sample lies on disk (layout, duplicates, late files, gaps, damage), and its rebuilding."""

import json
import zlib
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.data_files.sample_logs import (
    BACKUP,
    CORRUPT,
    CUT_SHORT,
    DEMO,
    SAMPLE,
    Record,
    content,
    files_below,
    log_files,
)


def test_generating_again_gives_the_same_content(regenerated: dict[str, Path]) -> None:
    committed = files_below(SAMPLE)
    assert regenerated.keys() == committed.keys()
    whole = [name for name in committed if CUT_SHORT not in name]
    assert [name for name in whole if content(regenerated[name]) != content(committed[name])] == []


@pytest.mark.skipif("ng" in zlib.ZLIB_RUNTIME_VERSION, reason="zlib-ng compresses to other bytes than zlib")
def test_generating_again_gives_the_same_bytes(regenerated: dict[str, Path]) -> None:
    committed = files_below(SAMPLE)
    assert [n for n, path in committed.items() if regenerated[n].read_bytes() != path.read_bytes()] == []


def test_it_is_small_and_lies_where_cloudtrail_puts_it() -> None:
    files = log_files()
    assert len(files) < 700
    assert sum(path.stat().st_size for path in files) < 1_500_000
    for path in files:
        account, kind, region, year, month, day, name = path.relative_to(SAMPLE / "logs" / "AWSLogs").parts
        assert kind == "CloudTrail"
        assert name.startswith(f"{account}_CloudTrail_{region}_{year}{month}{day}T")
        assert name.endswith((".json.gz", ".json"))


def test_every_record_has_what_cloudtrail_promises(located: list[tuple[Path, Record]]) -> None:
    promised = {
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "eventID",
    }
    promised |= {"eventType", "recipientAccountId", "requestParameters", "responseElements", "eventCategory"}
    for path, record in located:
        account, _, region = path.relative_to(SAMPLE / "logs" / "AWSLogs").parts[:3]
        assert promised <= record.keys()
        assert (record["recipientAccountId"], record["awsRegion"]) == (account, region)
        assert record["eventTime"][:10] <= "-".join(path.parts[-4:-1])


def test_the_configuration_names_what_is_there() -> None:
    config = yaml.safe_load((SAMPLE / "config.yaml").read_text(encoding="utf-8"))
    assert (SAMPLE / config["cloudtrail"]["path"] / "AWSLogs").is_dir()
    for account in config["accounts"]:
        assert (SAMPLE / account["iam"]).is_file()
        assert (SAMPLE / "logs" / "AWSLogs" / account["id"]).is_dir()


def test_duplicates_are_exact_and_lie_in_other_files(located: list[tuple[Path, Record]]) -> None:
    copies: dict[str, list[tuple[Path, Record]]] = {}
    for path, record in located:
        copies.setdefault(record["eventID"], []).append((path, record))
    doubles = [found for found in copies.values() if len(found) > 1]
    assert len(doubles) >= 10
    assert all(
        first[1] == other[1] and first[0] != other[0] for first, *others in doubles for other in others
    )
    assert any(found[0][0].parent != found[1][0].parent for found in doubles)


def test_deliveries_are_late_by_one_day_and_by_four(located: list[tuple[Path, Record]]) -> None:
    late = Counter(
        (record["eventTime"][:10], "-".join(path.parts[-4:-1]))
        for path, record in located
        if record["eventTime"][:10] != "-".join(path.parts[-4:-1])
    )
    assert late["2026-06-26", "2026-06-27"] > 0
    assert late["2026-06-19", "2026-06-23"] == 1


def test_one_day_of_demo_has_no_logs(located: list[tuple[Path, Record]]) -> None:
    folders = {(p.relative_to(SAMPLE / "logs").parts[1], "-".join(p.parts[-4:-1])) for p, _ in located}
    assert (DEMO, "2026-06-07") not in folders
    assert (BACKUP, "2026-06-07") in folders
    assert {day for account, day in folders if account == DEMO} >= {"2026-05-21", "2026-06-30"}
    assert not [
        r for _, r in located if r["eventTime"].startswith("2026-06-07") and r["recipientAccountId"] == DEMO
    ]


def test_the_damaged_files_are_damaged() -> None:
    by_name = {path.name[: len(CORRUPT)]: path for path in log_files()}
    with pytest.raises(EOFError):
        content(by_name[CUT_SHORT])
    first, second, third = json.loads(content(by_name[CORRUPT]))["Records"]
    assert first["eventTime"] == "2026-05-23T10:12:00Z"
    assert second == "not a record"
    assert third["eventTime"] == "23 May 2026"


def test_what_lies_beside_the_logs() -> None:
    assert len([path for path in log_files() if path.suffix == ".json"]) == 1
    assert len(list(SAMPLE.glob("logs/AWSLogs/*/CloudTrail-Digest/**/*.json.gz"))) == 1
    assert len(list(SAMPLE.glob("logs/AWSLogs/*/CloudTrail-Insight/**/*.json.gz"))) == 1
