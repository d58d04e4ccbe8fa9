import stat
from pathlib import Path

import pytest

from assets.cloudtrail_usage.access_keys import KeyHash
from assets.errors import ConfigError, StorageError
from pipeline.lake_key import lake_key


def test_the_key_is_made_once_and_is_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOUDTRACKER_KEY", raising=False)
    key = lake_key(tmp_path / "lake")
    assert lake_key(tmp_path / "lake") == key
    assert len(key) == 32
    assert lake_key(tmp_path / "other") != key
    assert stat.S_IMODE((tmp_path / "lake" / ".key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "lake").iterdir()] == [".key"]


def test_the_variable_comes_first_and_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDTRACKER_KEY", "a secret of the tests")
    assert lake_key(tmp_path) == b"a secret of the tests"
    assert not (tmp_path / ".key").exists()
    monkeypatch.setenv("CLOUDTRACKER_KEY", "short")
    with pytest.raises(ConfigError, match=r"CLOUDTRACKER_KEY: has 5 characters where 16 are the least"):
        lake_key(tmp_path)


def test_a_key_that_was_cut_is_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOUDTRACKER_KEY", raising=False)
    (tmp_path / ".key").write_bytes(b"short")
    with pytest.raises(StorageError, match=r"\.key: has 5 bytes where 16 are the least"):
        lake_key(tmp_path)
    assert (tmp_path / ".key").read_bytes() == b"short"
    (tmp_path / ".key").write_bytes(b"x")
    with pytest.raises(StorageError, match=r"\.key: has 1 byte where"):
        lake_key(tmp_path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o777, 0o602])
def test_a_key_that_others_may_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.delenv("CLOUDTRACKER_KEY", raising=False)
    key = lake_key(tmp_path)
    path = tmp_path / ".key"
    path.chmod(mode)
    with pytest.raises(
        StorageError, match=rf"mode {mode:04o}\): chmod 600 {path}; .*set CLOUDTRACKER_KEY"
    ) as told:
        lake_key(tmp_path)
    assert str(told.value).startswith(f"{path}: ")
    path.chmod(0o400)
    assert lake_key(tmp_path) == key
    # The way out where no mode can be set.
    path.chmod(mode)
    monkeypatch.setenv("CLOUDTRACKER_KEY", "a secret of the tests")
    assert lake_key(tmp_path) == b"a secret of the tests"


def test_hashes_are_equal_where_key_and_id_are() -> None:
    one, other = KeyHash(b"a" * 100), KeyHash(b"b" * 100)
    assert one.of("ASIAX") == KeyHash(b"a" * 100).of("ASIAX")
    assert len({one.of("ASIAX"), one.of("ASIAY"), other.of("ASIAX")}) == 3
    assert (one.of(""), one.of(None), len(one.of("ASIAX"))) == ("", "", 32)
