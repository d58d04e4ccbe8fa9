"""What many tests need: a place of their own for Dagster, a small account, and the command itself."""

import fcntl
import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.build import ACCOUNT, log_file

if TYPE_CHECKING:
    from tests.athena_server import FakeAws

# A shared machine stops now and then for longer than any deadline: laws are about results.
settings.register_profile("laws", deadline=None)
settings.load_profile("laws")

CHECKOUT = Path(__file__).resolve().parent.parent
SHARED = CHECKOUT.parent / "shared" / "data"
# A file is worked on by one process: those that take longest begin first, or one of them is waited for in the end.
LONGEST = (
    "pipeline/test_late_again.py",
    "pipeline/test_runs.py",
    "pipeline/test_sample.py",
    "pipeline/cli/test_classic.py",
    "pipeline/cli/test_wrong_input.py",
    "pipeline/cli/test_who.py",
    "assets/trend_report/test_browser.py",
    "pipeline/cli/test_explain.py",
    "pipeline/test_event_log.py",
    "pipeline/test_scps.py",
    "pipeline/test_killed_runs.py",
    "second_opinion/test_second_opinion.py",
    "pipeline/checks/test_rules.py",
    "pipeline/cli/test_destination.py",
    "pipeline/test_side_by_side.py",
    "pipeline/cli/test_facts_commands.py",
    "pipeline/test_first_day.py",
    "assets/aws_actions/test_service_reference.py",
    "pipeline/cli/test_fail_on.py",
    "assets/unmapped_events/test_unmapped.py",
    "pipeline/cli/test_trails.py",
    "assets/principal_diffs/test_verdicts.py",
    "pipeline/test_real_account.py",
    "assets/warehouse/test_warehouses.py",
    "pipeline/cli/test_policy.py",
    "properties/test_grants.py",
    "assets/expanded_grants/test_plain.py",
    "pipeline/test_asking.py",
    "assets/role_sessions/test_cases.py",
    "assets/warehouse/test_export.py",
    "properties/test_right_sized.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first."""
    places = {CHECKOUT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables `aws_actions` and `iam_actions`, made once for all processes of the tests."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root, whole = base / "facts", base / "facts-are-whole"
    with (base / "facts-lock").open("w") as lock:
        # Reading botocore takes seconds: the other processes wait for the one that does.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            root.mkdir()
            _make_facts(root)
            whole.touch()
    return root


def _make_facts(root: Path) -> None:
    from assets.aws_actions.refresh import refresh
    from pipeline.data_files import DATA_FILES
    from pipeline.lake import Lake

    made = refresh(DATA_FILES)
    lake = Lake(root)
    lake.write("aws_actions", made.aws_actions)
    lake.write("iam_actions", made.iam_actions)


@pytest.fixture(scope="session")
def begun_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DAGSTER_HOME whose files were made, without a run: making them takes longer than many a run in tests."""
    import dagster as dg

    from pipeline.dagster_home import dagster_home as made

    home = tmp_path_factory.mktemp("dagster")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_HOME", str(home))
        made()
        with dg.DagsterInstance.from_config(str(home)):
            pass
    for path in home.rglob("*.db"):
        with closing(sqlite3.connect(path)) as database:
            # What lies beside a file is put into it, so that it can be copied.
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


@pytest.fixture(autouse=True)
def dagster_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test's own DAGSTER_HOME: none sees the runs of another, or those of the checkout."""
    home = tmp_path / "dagster"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.delenv("CLOUDTRACKER_CONFIG", raising=False)
    return home


@pytest.fixture(autouse=True)
def no_scans() -> None:
    """Every test's own scans: what another left behind damaged is not looked at when something fails."""
    from pipeline import damaged_files

    damaged_files._scanned.clear()


@dataclass(frozen=True)
class Answer:
    """What the command said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Standard output line by line."""
        return self.out.splitlines()


Ask = Callable[..., Answer]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run `cloudtracker` with those arguments, in this process."""

    def run(*words: object) -> Answer:
        from pipeline.cli.main import main

        monkeypatch.setattr(sys, "argv", ["cloudtracker", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def athena_servers() -> Iterator["FakeAws"]:
    """Athena and S3, started once: clients of AWS are kept for the process."""
    from tests.athena_server import fake_aws

    with fake_aws() as aws:
        yield aws


@pytest.fixture
def athena_aws(athena_servers: "FakeAws", monkeypatch: pytest.MonkeyPatch) -> "FakeAws":
    """Athena without queries and tables, and credentials for it and its S3."""
    from tests.athena_server import OUTPUT
    from tests.aws import CREDENTIALS, empty

    empty(athena_servers.url)
    athena_servers.s3.create_bucket(Bucket=OUTPUT)
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL_S3": athena_servers.url}.items():
        monkeypatch.setenv(name, value)
    athena_servers.athena.forget()
    return athena_servers


@dataclass(frozen=True)
class Account:
    """A configuration in a folder of its own, with logs and IAM data beside it."""

    folder: Path

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "config.yaml"

    @property
    def logs(self) -> Path:
        """The folder that holds AWSLogs/."""
        return self.folder / "logs"

    @property
    def root(self) -> Path:
        """Where the tables lie."""
        return self.folder / "lake"

    def configure(self, **keys: Any) -> None:
        """Write the configuration, with these keys changed or added."""
        settings = {
            "as_of": "2026-06-30",
            "lookback_days": 5,
            "cloudtrail": {"path": "./logs"},
            "storage": {"root": "./lake"},
            "workers": 1,
            "accounts": [
                {"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
            ],
        }
        # JSON is YAML; as_of and taken_at must stay unquoted to be dates.
        text = json.dumps({**settings, **keys}, indent=1)
        for word in ("as_of", "taken_at", "first_day"):
            text = _unquoted(text, word)
        self.config.write_text(text, encoding="utf-8")

    def write_iam(self, details: Any) -> None:
        """Write the account's IAM file."""
        (self.folder / "iam.json").write_text(json.dumps(details), encoding="utf-8")

    def log(self, *records: dict[str, Any], **where: Any) -> Path:
        """Write a log file."""
        return log_file(self.logs, list(records), **where)


def _unquoted(text: str, key: str) -> str:
    import re

    return re.sub(rf'("{key}": )"([^"]*)"', r"\1\2", text)


@pytest.fixture
def account(tmp_path: Path, facts: Path, begun_home: Path, dagster_home: Path) -> Iterator[Account]:
    """A configured account without logs or IAM data, whose lake has the facts already, and Dagster its files."""
    shutil.copytree(begun_home, dagster_home, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    folder = tmp_path / "account"
    made = Account(folder)
    made.logs.joinpath("AWSLogs").mkdir(parents=True)
    shutil.copytree(facts, made.root)
    made.configure()
    before = Path.cwd()
    os.chdir(folder)
    yield made
    os.chdir(before)


Make = Callable[..., Account]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the accounts of `made`."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def made(account: Account, ask: Ask, kept: Path) -> Make:
    """Write an account and ask something of it, so that its tables are made: `made(write, *words)`.

    Once for all tests that do the same: each has a copy of its own.
    """

    def make(write: Callable[[Account], Account], *words: str) -> Account:
        copy = kept / f"{write.__module__}.{write.__qualname__}"
        if copy.exists():
            shutil.copytree(copy, account.folder, dirs_exist_ok=True)
            # What tables are made from was changed by being copied, for all that the system tells: they must be newer.
            now = time.time()
            for path in account.root.rglob("*.parquet"):
                os.utime(path, (now, now))
        else:
            write(account)
            assert ask(*words).code == 0
            shutil.copytree(account.folder, copy)
        return account

    return make
