"""`cloudtracker checks` and `cloudtracker run --checks`, as a user types them."""

import json
import subprocess
import sys

import polars as pl
import pytest

from pipeline.checks import SUITES
from tests.build import ACCOUNT, allow, iam, record, user
from tests.conftest import Account, Ask
from tests.pipeline.checks.conftest import LAST, Made, last_place
from tests.pipeline.checks.poisons import changed, deleted, first

pytestmark = pytest.mark.long


CHECK = ("checks", "--account", "demo", "--table", "principal_diffs")


def test_nothing_was_checked_yet(made: Made, ask: Ask) -> None:
    answer = ask("checks")
    assert answer.code == 0
    assert "nothing of this was checked yet" in answer.err
    answer = ask("checks", "--run", "--day", "2020-01-01")
    assert "nothing of this is stored, so nothing was checked; 'cloudtracker run' makes it" in answer.err


def test_a_use_that_a_missing_policy_may_have_granted_breaks_no_promise(account: Account, ask: Ask) -> None:
    """It is unknown without a grant, when it begins and until it leaves the window."""
    gone = {"PolicyName": "gone", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/gone"}
    alice = user("alice", allow("iam:GetUser"), AttachedManagedPolicies=[gone])
    account.write_iam(iam(alice))
    account.configure(lookback_days=2)
    for day in range(25, 31):
        account.log(record(alice, "sts:GetCallerIdentity", f"2026-06-{day}T01:00:00Z"))
    account.log(record(alice, "iam:ListUsers", "2026-06-27T10:00:00Z"))
    assert ask("run", "--account", "demo", "--from", "2026-06-26", "--to", "2026-06-30").code == 0
    answer = ask("checks", "--run")
    assert [line for line in answer.lines if line.startswith("error")] == []


def test_an_error_stands_until_it_is_mended_and_checked_again(made: Made, ask: Ask) -> None:
    before = pl.read_parquet(made.lake.path("principal_diffs", LAST), hive_partitioning=False)
    changed(made.lake, "principal_diffs", LAST, first(principal_arn="arn:aws:iam::111111111111:user/nobody"))
    answer = ask(*CHECK, "--run")
    assert answer.code == 1
    line = next(line for line in answer.lines if "principal_is_in_snapshot" in line)
    assert line.startswith("error     principal_diffs  111111111111")
    assert "user/nobody" in line
    assert "2026-06-30" in line
    assert ask(*CHECK, "--day", "2026-06-29").code == 0
    made.lake.write("principal_diffs", before, LAST)
    stale = ask(*CHECK)
    assert stale.code == 1
    assert "1 of these partitions was written again since" in stale.out
    assert ask(*CHECK, "--run", "--day", "2026-06-30").code == 0
    rows = json.loads(ask(*CHECK, "--format", "json").out)
    assert len(rows) == 6 * len(SUITES["principal_diffs"].rules)
    assert not [row for row in rows if row["severity"] == "error" and not row["passed"]]
    assert not [row for row in rows if row["outdated"]]


def test_a_day_that_was_lost_is_found_from_what_was_made_of_it(made: Made, ask: Ask) -> None:
    deleted(made.lake, SUITES["cloudtrail_usage"], LAST)
    answer = ask("checks", "--run", "--account", "demo", "--day", "2026-06-30", "--format", "csv")
    assert answer.code == 1
    broken = [line for line in answer.lines if ",error,false," in line]
    assert any(line.startswith("cloudtrail_usage,2026-06-30,111111111111,is_stored") for line in broken)
    assert any(
        line.startswith("principal_diffs,2026-06-30,111111111111,inputs_are_stored") for line in broken
    )


def test_tables_cut_by_day_or_by_account_only_are_checked_and_told_likewise(made: Made, ask: Ask) -> None:
    organization, history = SUITES["organization_trends"], SUITES["permission_history"]
    changed(made.lake, organization.table, last_place(organization), first(principals=99))
    changed(made.lake, history.table, last_place(history), first(valid_from=None))
    for suite, place in ((organization, "2026-06-30,"), (history, ",111111111111")):
        answer = ask("checks", "--run", "--table", suite.table, "--format", "csv")
        assert answer.code == 1
        broken = {line.split(",error,false,")[0] for line in answer.lines if ",error,false," in line}
        assert broken
        assert all(line.startswith(f"{suite.table},{place}") for line in broken)
        assert "true" not in {line.rpartition(",")[2] for line in answer.lines}
    assert ask("checks", "--run", "--table", "organization_trends", "--day", "2026-06-29").code == 0
    assert "permission_history" not in ask("checks", "--day", "2026-06-30").out


def test_a_file_that_is_no_parquet_breaks_every_rule_of_its_table_without_a_traceback(
    made: Made, ask: Ask
) -> None:
    made.lake.path("grant_sources", LAST).write_bytes(b"PAR1 and no more")
    answer = ask("checks", "--run", "--table", "grant_sources", "--day", "2026-06-30")
    assert answer.code == 1
    assert "Traceback" not in answer.err
    assert answer.out.count("part-0.parquet") == len(SUITES["grant_sources"].rules)


def test_a_run_with_checks_stops_before_what_a_broken_table_would_spoil(made: Made, ask: Ask) -> None:
    # AWS never gives a unique id twice, so that this file is wrong: a role that bears the id of a user.
    file = made.settings.folder / "iam.json"
    details = json.loads(file.read_text())
    details["RoleDetailList"][0]["RoleId"] = details["UserDetailList"][0]["UserId"]
    file.write_text(json.dumps(details))
    before = {table: made.lake.written_at(table, LAST) for table in ("iam_snapshots", "expanded_grants")}
    answer = ask("run", "--checks", "--account", "demo", "--from", "2026-06-30", "--to", "2026-06-30")
    assert answer.code == 5
    assert "what is downstream of them was not made" in answer.err
    assert "ids_are_unique" in answer.err
    assert "Traceback" not in answer.err
    assert made.lake.written_at("iam_snapshots", LAST) != before["iam_snapshots"]
    assert made.lake.written_at("expanded_grants", LAST) == before["expanded_grants"]
    assert ask("checks").code == 1


def test_the_last_results_are_printed_without_great_expectations_and_without_dagster(made: Made) -> None:
    code = (
        "import sys; sys.argv = ['cloudtracker', 'checks']\n"
        "from pipeline.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([name for name in ('great_expectations', 'dagster', 'duckdb') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"


def test_data_docs_are_written_where_the_configuration_says(made: Made, ask: Ask) -> None:
    config = made.settings.folder / "config.yaml"
    config.write_text(
        config.read_text().replace('"as_of"', '"checks": {"data_docs": "./docs"},\n "as_of"', 1)
    )
    assert ask("checks", "--run", "--table", "iam_actions").code == 0
    docs = made.settings.folder / "docs"
    assert "iam_actions" in (docs / "index.html").read_text(encoding="utf-8")
    pages = list(docs.glob("validations/iam_actions/**/*.html"))
    assert len(pages) == 1
    assert "An action is a prefix and a name" in pages[0].read_text(encoding="utf-8")
