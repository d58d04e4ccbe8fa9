from pathlib import Path

import pytest

from assets.aws_actions.facts import DATA_FOLDER
from assets.aws_actions.text_files import (
    ACTIONS_FILE,
    SUPPORTED_EVENTS_FILE,
    Change,
    aws_actions_lines,
    refresh_text_files,
    supported_events_lines,
)
from assets.errors import StorageError
from tests.assets.aws_actions.conftest import Tables


def test_the_actions_are_those_of_the_original_recipe(tables: Tables) -> None:
    lines = aws_actions_lines(tables.operations)
    assert len(lines) == 19_471
    assert lines == sorted(set(lines), key=str.encode)
    assert {
        "s3:ListBuckets",
        "monitoring:DescribeAlarms",
        "api.ecr:BatchGetImage",
        "lambda:AddEventSource",
    } <= set(lines)


@pytest.mark.parametrize(
    "line",
    [
        "s3:GetObject",
        "dynamodb:GetItem",
        "sqs:SendMessage",
        "monitoring:PutMetricData",
        "logs:PutLogEvents",
        "lambda:Invoke",
    ],
)
def test_what_is_not_recorded_by_default_is_not_supported(tables: Tables, line: str) -> None:
    assert line in aws_actions_lines(tables.operations)
    assert line not in supported_events_lines(tables.operations)


@pytest.mark.parametrize(
    "line",
    [
        "s3:CreateBucket",
        "dynamodb:CreateTable",
        "sqs:CreateQueue",
        "monitoring:DescribeAlarms",
        "logs:CreateLogGroup",
    ],
)
def test_what_is_recorded_by_default_is_supported(tables: Tables, line: str) -> None:
    assert line in supported_events_lines(tables.operations)


def test_the_supported_events_are_actions(tables: Tables) -> None:
    supported = supported_events_lines(tables.operations)
    assert set(supported) < set(aws_actions_lines(tables.operations))
    assert len(supported) > 18_500


def test_the_shipped_files_are_up_to_date(tables: Tables) -> None:
    for name, lines in (
        (ACTIONS_FILE, aws_actions_lines(tables.operations)),
        (SUPPORTED_EVENTS_FILE, supported_events_lines(tables.operations)),
    ):
        assert (DATA_FOLDER / name).read_bytes() == "".join(f"{line}\n" for line in lines).encode(), name


def test_a_second_refresh_changes_nothing(tables: Tables, tmp_path: Path) -> None:
    first = refresh_text_files(tmp_path, tables.operations)
    assert first[ACTIONS_FILE] == Change(0, 19_471, 19_471, 0)
    before = {path.name: (path.read_bytes(), path.stat().st_ino) for path in tmp_path.iterdir()}
    assert set(before) == {ACTIONS_FILE, SUPPORTED_EVENTS_FILE}
    second = refresh_text_files(tmp_path, tables.operations)
    assert second[ACTIONS_FILE] == Change(19_471, 19_471, 0, 0)
    assert {path.name: (path.read_bytes(), path.stat().st_ino) for path in tmp_path.iterdir()} == before


def test_a_refresh_tells_what_changed(tables: Tables, tmp_path: Path) -> None:
    refresh_text_files(tmp_path, tables.operations)
    file = tmp_path / ACTIONS_FILE
    whole = file.read_text()
    file.write_text(
        "".join(line for line in whole.splitlines(keepends=True) if line != "s3:GetObject\n")
        + "x:Gone\ny:Gone\n"
    )
    assert refresh_text_files(tmp_path, tables.operations)[ACTIONS_FILE] == Change(19_472, 19_471, 1, 2)
    assert file.read_text() == whole


def test_the_folder_must_be_one(tables: Tables, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StorageError, match=r"file/aws_actions\.txt: cannot be written: .*; check the folder"):
        refresh_text_files(file, tables.operations)


def test_a_file_in_the_way_is_named_and_nothing_is_left_behind(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / ACTIONS_FILE).mkdir()
    with pytest.raises(StorageError, match=r"aws_actions\.txt"):
        refresh_text_files(tmp_path, tables.operations)
    assert [path.name for path in tmp_path.iterdir()] == [ACTIONS_FILE]
