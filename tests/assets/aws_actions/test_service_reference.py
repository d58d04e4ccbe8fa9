import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.aws_actions import asset
from assets.aws_actions.botocore_models import operations
from assets.aws_actions.catalogue import published_actions
from assets.aws_actions.facts import DATA_FOLDER, FACT_FILES, read_facts
from assets.aws_actions.mapping import build_aws_actions
from assets.aws_actions.reference_rows import refresh_from_reference
from assets.aws_actions.service_reference import ReferenceOperation, read_reference
from assets.errors import InputError, StorageError
from tests.assets.aws_actions.reference_server import operation, pages, serving

REFERENCE = pages(
    s3=[
        operation("ListBuckets", "s3:ListAllMyBuckets", sdk="s3"),
        operation("GetObject", "s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt", sdk="s3"),
        operation("PutBucketCors", "s3:PutBucketCORS", sdk="s3"),
        operation("ListenToNobody", "s3:ListBucket", sdk="s3"),
        operation("GetBucketAcl", "s3:GetBucketAcl"),
        operation("PutBucketPolicy"),
    ],
    glue=[
        operation("BatchGetDataQualityResult", "glue:GetDataQualityResult", "glue:GetJob", sdk="glue"),
        operation("CreateJob", "glue:CreateJob", "iam:PassRole"),
        operation("DeleteJob", "glue:NoSuchAction"),
        operation("StartJobRun", "iam:PassRole"),
    ],
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def url() -> Iterator[str]:
    with serving(REFERENCE) as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FACT_FILES:
        shutil.copy(DATA_FOLDER / name, tmp_path)
    return tmp_path


def row(folder: Path, service: str, name: str) -> tuple[str, ...] | None:
    rows = read_facts(folder).operation_actions.rows()
    return next((one[2:] for one in rows if one[:2] == (service, name)), None)


def test_the_operations_with_their_actions_are_read(url: str) -> None:
    found = read_reference(url)
    assert found == sorted(found)
    assert len(found) == 9
    assert ReferenceOperation("s3", "ListBuckets", ("s3",), ("s3:ListAllMyBuckets",)) in found
    assert ReferenceOperation("s3", "GetBucketAcl", (), ("s3:GetBucketAcl",)) in found
    assert "PutBucketPolicy" not in {entry.operation for entry in found}


def test_the_reference_wins_over_other_projects_and_not_over_what_was_written_by_hand(
    url: str, folder: Path
) -> None:
    assert row(DATA_FOLDER, "s3", "ListBuckets") == ("s3:ListAllMyBuckets", "", "", "iamlive")
    by_hand = row(DATA_FOLDER, "s3", "GetObject")
    assert by_hand is not None
    assert by_hand[-1] == "aws-docs"
    counts = refresh_from_reference(folder, url)
    assert row(folder, "s3", "ListBuckets") == ("s3:ListAllMyBuckets", "", "", "service-reference")
    assert row(folder, "s3", "GetObject") == by_hand
    assert counts == {
        "operations": 9,
        "not in botocore": 1,
        "no published action": 2,
        "kept by hand": 1,
        "rows": 3,
        "lines added": 3,
        "lines removed": 2,
    }


def test_what_is_always_needed_and_what_is_not(url: str, folder: Path) -> None:
    refresh_from_reference(folder, url)
    assert row(folder, "glue", "CreateJob") == ("glue:CreateJob", "iam:PassRole", "", "service-reference")
    assert row(folder, "glue", "BatchGetDataQualityResult") == (
        "",
        "",
        "glue:GetDataQualityResult glue:GetJob",
        "service-reference",
    )
    assert row(folder, "s3", "GetBucketAcl") is None
    assert row(folder, "glue", "DeleteJob") is row(folder, "glue", "StartJobRun") is None


def test_the_tables_can_be_built_of_it_and_a_second_refresh_changes_nothing(url: str, folder: Path) -> None:
    refresh_from_reference(folder, url)
    made = build_aws_actions(operations(folder), published_actions(), read_facts(folder))
    found = made.filter(service="glue", operation="CreateJob")
    assert found["conditional"].to_list() == [["glue:GetUsageProfile", "glue:TagResource", "iam:PassRole"]]
    before = (folder / "operation_actions.csv").stat()
    again = refresh_from_reference(folder, url)
    assert (again["lines added"], again["lines removed"]) == (0, 0)
    assert (folder / "operation_actions.csv").stat().st_ino == before.st_ino


def test_what_the_reference_no_longer_says_goes(url: str, folder: Path) -> None:
    refresh_from_reference(folder, url)
    with serving(pages(s3=[operation("GetBucketAcl", "s3:GetBucketAcl")])) as other:
        assert refresh_from_reference(folder, other)["rows"] == 0
    assert row(folder, "glue", "CreateJob") is None


def test_the_asset_writes_the_file_before_the_tables_are_made(url: str, folder: Path) -> None:
    assets = [asset.build_service_reference(url), asset.build([asset.SERVICE_REFERENCE])]
    result = dg.materialize(assets, resources={"facts_folder": folder, "io_manager": dg.mem_io_manager})
    assert result.success
    (made,) = result.asset_materializations_for_node("service_reference")
    assert made.metadata["rows"].value == 3
    table = result.output_for_node("aws_actions", "aws_actions")
    assert table.filter(service="glue", operation="CreateJob")["rule"].to_list() == ["operation_actions"]


BROKEN = [
    ({}, "", "HTTP Error 404"),
    ({"/": b"[]"}, "", "lists no services"),
    ({"/": b"<html>"}, "", "is not what the Service Reference holds: JSON is malformed"),
    ({"/": b"\xff"}, "", "is not what the Service Reference holds"),
    ({"/": b'{"service": "s3"}'}, "", "is not what the Service Reference holds: Expected `array`"),
    ({"/": b'[{"service": "s3"}]'}, "", "missing required field `url`"),
    ({"/": b'[{"service": "s3", "url": "file:///etc/passwd"}]'}, None, "is no address of the web"),
    ({**REFERENCE, "/v1/glue/glue.json": b'{"Name": "glue", "Oper'}, "v1/glue/glue.json", "truncated"),
    (
        {**REFERENCE, "/v1/glue/glue.json": b'{"Name": "glue", "Operations": [{"Name": 3}]}'},
        "v1/glue/glue.json",
        r"Expected `str`, got `int` - at `\$.Operations\[0\].Name`",
    ),
    (
        {key: page for key, page in REFERENCE.items() if "glue" not in key},
        "v1/glue/glue.json",
        "HTTP Error 404",
    ),
]


@pytest.mark.parametrize(("served", "path", "message"), BROKEN)
def test_an_error_names_the_address_and_nothing_is_written(
    served: dict[str, bytes], path: str | None, message: str, folder: Path
) -> None:
    before = (folder / "operation_actions.csv").stat()
    with serving(served) as url:
        named = "file:///etc/passwd" if path is None else url + path
        with pytest.raises(InputError, match=f"^{named}: .*{message}"):
            refresh_from_reference(folder, url)
    assert (folder / "operation_actions.csv").stat() == before


def test_a_server_that_is_not_there_is_named() -> None:
    with serving({}) as url:
        pass
    with pytest.raises(InputError, match=f"^{url}: the Service Reference cannot be read .*refused"):
        read_reference(url)


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(InputError, match=f"^{url}: .*timed out"):
            read_reference(url, seconds_to_wait=0.2)


def test_a_file_that_cannot_be_written_is_named(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    before = (folder / "operation_actions.csv").read_bytes()
    with pytest.raises(StorageError, match=r"operation_actions\.csv: cannot be written: No space left"):
        refresh_from_reference(folder, url)
    assert (folder / "operation_actions.csv").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == sorted(FACT_FILES)
