"""Runs that publish, through the real command: what is in the warehouse is what is in the lake; secrets stay out."""

from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from assets.cloudtrail_usage import rejections
from assets.permission_trends.schema import CHANGES
from assets.principal_diffs.removable import REMOVABLE
from assets.principal_diffs.schema import REASONS
from pipeline.dictionary import dictionary
from pipeline.lake import Lake
from pipeline.offered_tables import OFFERED
from pipeline.warehouse_settings import PUBLISHED
from tests.assets.warehouse.conftest import run_in
from tests.build import allow, iam, record, role, user
from tests.conftest import CHECKOUT, Account, Ask

pytestmark = pytest.mark.long


ALICE = user("alice", allow("iam:ListUsers", "iam:GetUser"))
CI = role("ci", allow("iam:ListRoles"))
SECRET = "correct-horse-battery"


@pytest.fixture
def made(account: Account) -> Account:
    account.write_iam(iam(ALICE, CI))
    account.log(record(ALICE, "iam:ListUsers", "2026-06-29T10:00:00Z"))
    account.log(record(CI, "iam:ListRoles", "2026-06-30T10:00:00Z"))
    account.configure(lookback_days=2, warehouse={"url": "./here.duckdb"})
    return account


def _is_the_lake(account: Account) -> None:
    lake = Lake(account.root)
    with duckdb.connect(str(account.folder / "here.duckdb"), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name in PUBLISHED:
            offered = OFFERED[name]
            expected = pl.concat(offered.rows(lake, part) for part in lake.cuts(offered.made_from[0]))
            there = connection.sql(f"SELECT * FROM cloudtracker.{name}").to_arrow_table()
            found = pl.DataFrame(there).select(expected.columns)
            assert found.cast(dict(expected.schema)).sort(pl.all()).equals(expected.sort(pl.all())), name  # type: ignore[arg-type]


def test_a_run_publishes_what_it_made_and_what_changed_later(made: Account, ask: Ask) -> None:
    assert ask("run", "--account", "demo").code == 0
    _is_the_lake(made)
    assert "0 of 2 days" in ask("publish").out
    made.log(record(ALICE, "iam:GetUser", "2026-06-30T11:00:00Z"))
    made.write_iam(iam(ALICE))
    answer = ask("run", "--account", "demo", "--missing-only", "--from", "2026-06-30")
    assert answer.code == 0, answer.err
    _is_the_lake(made)
    assert "0 of 2 days" in ask("publish").out
    assert "principal_diffs: " in ask("publish", "--everything").out
    _is_the_lake(made)


def test_a_wrong_password_is_in_no_error_log_or_metadata(
    made: Account, ask: Ask, dsn: str, monkeypatch: pytest.MonkeyPatch, dagster_home: Path
) -> None:
    folder = Path(dict(word.split("=") for word in dsn.split())["host"])
    access = folder / "pg_hba.conf"
    before = access.read_text()
    access.write_text("local all guest scram-sha-256\n" + before)
    run_in(
        folder,
        "DROP ROLE IF EXISTS guest",
        "CREATE ROLE guest LOGIN PASSWORD 'right'",
        "SELECT pg_reload_conf()",
    )
    try:
        monkeypatch.setenv("PGPASSWORD", SECRET)
        guest = dsn.replace("user=postgres", "user=guest")
        made.configure(lookback_days=1, warehouse={"destination": "postgres", "url": guest})
        answer = ask("run", "--account", "demo")
    finally:
        access.write_text(before)
        run_in(folder, "DROP ROLE guest", "SELECT pg_reload_conf()")
    assert answer.code == 5
    assert "password authentication failed" in answer.err
    assert SECRET not in answer.out + answer.err
    kept = [path for root in (dagster_home, made.root) for path in root.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in kept)
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("warehouse", "named"),
    [
        ({"destination": "postgres", "url": f"postgresql://me:{SECRET}@db/x"}, "warehouse.url"),
        ({"destination": "postgres", "url": f"host=db password={SECRET}"}, "warehouse.url"),
        ({"destination": "snowflake", "options": {"credentials": {"password": SECRET}}}, "warehouse.options"),
        ({"destination": "iceberg", "options": {"s3.secret-access-key": SECRET}}, "warehouse.options"),
        (
            {"destination": "iceberg", "options": {"uri": f"postgresql://me:{SECRET}@db/x"}},
            "warehouse.options.uri",
        ),
        ({"destination": "postgres"}, "warehouse.url"),
        ({"dataset": "Cloud Tracker"}, "warehouse.dataset"),
        ({"tables": ["principal_difs"]}, "warehouse.tables"),
        ({"tables": []}, "warehouse.tables"),
        ({"destination": "oracle"}, "warehouse.destination"),
        ({"path": "x"}, "warehouse.path"),
    ],
)
def test_what_the_configuration_must_not_say(
    made: Account, ask: Ask, warehouse: dict[str, Any], named: str
) -> None:
    made.configure(warehouse=warehouse)
    answer = ask("publish")
    assert answer.code == 2
    assert named in answer.err
    assert SECRET not in answer.err


def test_without_a_warehouse_there_is_nothing_to_publish_to(made: Account, ask: Ask) -> None:
    made.configure()
    answer = ask("publish")
    assert (answer.code, "key 'warehouse' is missing" in answer.err) == (2, True)


def test_the_dictionary_is_up_to_date(ask: Ask) -> None:
    said = ask("dictionary").out
    assert said == (CHECKOUT / "docs/data-dictionary.md").read_text(encoding="utf-8"), (
        "cloudtracker dictionary > docs/data-dictionary.md"
    )
    assert "| `grant_id` | text | yes |" in said


def test_the_dictionary_says_what_each_value_of_a_closed_set_means() -> None:
    words = dictionary()
    values = (*REASONS, *filter(None, REMOVABLE), *CHANGES, *rejections.REASONS)
    assert [value for value in values if f"| `{value}` | " not in words] == []
    assert "## principal_diffs\n\nGranted against used" in words
