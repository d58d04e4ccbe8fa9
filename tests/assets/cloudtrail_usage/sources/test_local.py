import pickle
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.errors import InputError
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, DAY, put


def test_only_the_folder_of_account_region_and_day_is_listed(tmp_path: Path) -> None:
    wanted = [put(tmp_path, b"x" * 5, "b.json.gz"), put(tmp_path, b"x", "a.json.gz")]
    put(tmp_path, b"x", day=date(2024, 3, 6))
    put(tmp_path, b"x", region="eu-west-1")
    put(tmp_path, b"x", account="222222222222")
    files = LocalLogs(tmp_path).list(ACCOUNT, "us-east-1", DAY)
    assert [(file.path, file.size) for file in files] == [(wanted[1], 1), (wanted[0], 5)]
    assert list(LocalLogs(tmp_path).read_many(files)) == [b"x", b"xxxxx"]
    assert LocalLogs(tmp_path).list(ACCOUNT, "us-east-1", date(2024, 3, 7)) == []
    assert LocalLogs(tmp_path).list(ACCOUNT, "us-west-1", DAY) == []


def test_files_come_in_order_and_those_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    paths = [put(tmp_path, f"content {n}".encode(), f"{n:02}.json.gz") for n in range(40)]
    files = LocalLogs(tmp_path).list(ACCOUNT, "us-east-1", DAY)
    (tmp_path / paths[30]).unlink()
    (tmp_path / paths[31]).unlink()
    (tmp_path / paths[31]).mkdir()
    read = list(LocalLogs(tmp_path).read_many(files))
    assert [type(one) for one in (read[30], read[31])] == [FileNotFoundError, IsADirectoryError]
    assert [*read[:30], *read[32:]] == [f"content {n}".encode() for n in range(40) if n not in (30, 31)]


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="this system does not list open files in /proc"
)
def test_files_that_are_not_taken_are_closed(tmp_path: Path) -> None:
    for n in range(40):
        put(tmp_path, b"x", f"{n:02}.json.gz")
    logs = LocalLogs(tmp_path)
    files = logs.list(ACCOUNT, "us-east-1", DAY)
    before = _open_files()
    reading = logs.read_many(files)
    assert next(reading) == b"x"
    assert _open_files() > before
    reading.close()
    assert _open_files() == before


def test_folders_below_a_day_are_listed_too(tmp_path: Path) -> None:
    path = put(tmp_path, b"x", "a.json.gz")
    folder = (tmp_path / path).parent / "10"
    folder.mkdir()
    (folder / "b.json.gz").write_bytes(b"yy")
    files = LocalLogs(tmp_path).list(ACCOUNT, "us-east-1", DAY)
    assert [(Path(file.path).name, file.size) for file in files] == [("b.json.gz", 2), ("a.json.gz", 1)]


def test_regions_are_folders(tmp_path: Path) -> None:
    for region in ("us-gov-west-1", "cn-north-1", "us-east-1"):
        put(tmp_path, b"x", region=region)
    (tmp_path / "AWSLogs" / ACCOUNT / "CloudTrail" / "notes.txt").write_text("")
    (tmp_path / "AWSLogs" / ACCOUNT / "CloudTrail-Digest" / "eu-west-1").mkdir(parents=True)
    assert LocalLogs(tmp_path).regions(ACCOUNT) == ["cn-north-1", "us-east-1", "us-gov-west-1"]
    assert LocalLogs(tmp_path).regions("222222222222") == []


def test_logs_of_an_organisation(tmp_path: Path) -> None:
    put(tmp_path, b"x", account=f"o-myid123/{ACCOUNT}")
    logs = LocalLogs(tmp_path, "o-myid123")
    assert logs.regions(ACCOUNT) == ["us-east-1"]
    (file,) = logs.list(ACCOUNT, "us-east-1", DAY)
    assert file.path == f"AWSLogs/o-myid123/{ACCOUNT}/CloudTrail/us-east-1/2024/03/05/log.json.gz"
    assert LocalLogs(tmp_path).regions(ACCOUNT) == []


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match=f"{root}.*looked for the directory {root / 'AWSLogs'}"):
            LocalLogs(root).regions(ACCOUNT)
    put(tmp_path, b"x")
    with pytest.raises(InputError, match="o-other"):
        LocalLogs(tmp_path, "o-other").regions(ACCOUNT)


def test_a_folder_that_is_a_file_is_an_error_and_not_an_empty_day(tmp_path: Path) -> None:
    day = (tmp_path / put(tmp_path, b"x")).parent
    (day / "log.json.gz").unlink()
    day.rmdir()
    day.write_text("")
    with pytest.raises(InputError, match="cannot be listed"):
        LocalLogs(tmp_path).list(ACCOUNT, "us-east-1", DAY)


def test_changed_sees_files_that_come(tmp_path: Path) -> None:
    logs, later = LocalLogs(tmp_path), date(2024, 3, 7)
    before = datetime.now(UTC).timestamp() - 1
    put(tmp_path, b"x")
    first = logs.changed(ACCOUNT, [DAY, later])
    assert set(first) == {DAY}
    assert before < first[DAY].timestamp() < before + 60
    put(tmp_path, b"x", "b.json.gz")
    put(tmp_path, b"x", day=later)
    second = logs.changed(ACCOUNT, [DAY, later])
    assert first[DAY] <= second[DAY] <= second[later]


def test_it_can_be_sent_to_another_process(tmp_path: Path) -> None:
    logs = LocalLogs(tmp_path, "o-x")
    assert pickle.loads(pickle.dumps(logs)) == logs
    assert logs.label == str(tmp_path)
