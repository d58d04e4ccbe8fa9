"""`docs/examples.sql` on DuckDB and PostgreSQL, over tables that the command made from logs and IAM data."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.build import ACCOUNT, allow, iam, identity, record, role, user
from tests.conftest import CHECKOUT, Account, Ask

TEXT = (CHECKOUT / "docs/examples.sql").read_text(encoding="utf-8")
QUESTIONS: dict[str, str] = dict(re.findall(r"^\n\n-- ([^\n]+)\n((?:[^;]|;(?!\n))+);\n", TEXT, re.MULTILINE))
DROPPABLE = "Which statements could be dropped today without any principal losing a used action?"
CREEP = "Permission creep by team over a quarter"
BY_NOBODY = "Roles assumed by nobody in 90 days"
Query = Callable[[str], list[tuple[Any, ...]]]

CI = role(
    "ci",
    allow("iam:ListUsers", "iam:GetUser", Sid="Old"),
    Arn=f"arn:aws:iam::{ACCOUNT}:role/payments/ci",
    Path="/payments/",
)
CI_NOW = role(
    "ci",
    allow("iam:ListUsers", "iam:GetUser", Sid="Old"),
    allow("ec2:DescribeInstances", "ec2:DescribeInstance?", Sid="Unused"),
    allow("iam:ListUser?", Sid="Double"),
    Arn=f"arn:aws:iam::{ACCOUNT}:role/payments/ci",
    Path="/payments/",
)
ALICE = user("web-alice", allow("iam:ListRoles", "iam:GetRole", Sid="Needed"))
AWS_MANAGED = "arn:aws:iam::aws:policy/Subnets"
IDLE = role(
    "idle",
    allow("ec2:DescribeVpcs"),
    AttachedManagedPolicies=[{"PolicyName": "Subnets", "PolicyArn": AWS_MANAGED}],
)
# Deleted and created again under its name: the new one has other permissions, of which nobody has used any.
BATCH = role("batch", allow("iam:ListGroups"), CreateDate="2026-04-01T00:00:00Z")
BATCH_AGAIN = {**BATCH, "RoleId": "AROABATCHAGAIN", "CreateDate": "2026-05-20T00:00:00Z"}
POLICY = {
    "PolicyName": "Subnets",
    "PolicyId": "ANPASUBNETS",
    "Arn": AWS_MANAGED,
    "Path": "/",
    "DefaultVersionId": "v1",
    "PolicyVersionList": [
        {
            "VersionId": "v1",
            "IsDefaultVersion": True,
            "Document": {"Version": "2012-10-17", "Statement": [allow("ec2:DescribeSubnets")]},
        }
    ],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, facts: Path) -> Account:
    """A lake with two days, 60 days apart: the second day's IAM data grants more."""
    folder = tmp_path_factory.mktemp("examples")
    account = Account(folder)
    account.logs.joinpath("AWSLogs").mkdir(parents=True)
    shutil.copytree(facts, account.root)
    return account


@pytest.fixture(params=["duckdb", "postgres"])
def query(request: pytest.FixtureRequest, made: Account, ask: Ask, dsn: str) -> Iterator[Query]:
    """Run a statement in a warehouse that holds what the lake holds."""
    url = "./examples.duckdb" if request.param == "duckdb" else dsn
    _run_once(made, ask)
    made.configure(warehouse={"destination": request.param, "url": url})
    answer = ask("publish", "--config", made.config, "--from", "2026-05-01")
    assert answer.code == 0, answer.err
    if request.param == "duckdb":
        import duckdb

        with duckdb.connect(str(made.folder / "examples.duckdb")) as connection:
            yield lambda statement: connection.execute(statement).fetchall()
    else:
        import psycopg2

        connection = psycopg2.connect(dsn)
        with connection.cursor() as cursor:

            def run(statement: str) -> list[tuple[Any, ...]]:
                cursor.execute(statement)
                found: list[tuple[Any, ...]] = cursor.fetchall()
                return found

            yield run
        connection.close()


def _run_once(made: Account, ask: Ask) -> None:
    if made.config.exists():
        return
    before, now = iam(CI, ALICE, IDLE, BATCH), iam(CI_NOW, ALICE, IDLE, BATCH_AGAIN)
    for day, details in (("2026-05-01", before), ("2026-06-30", now)):
        made.write_iam({**details, "Policies": [POLICY]})
        # Her session in the console: one of a user, not of a role.
        in_console = {
            **identity(ALICE),
            "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
            "sessionContext": {
                "attributes": {"creationDate": f"{day}T11:00:00Z", "mfaAuthenticated": "false"}
            },
        }
        made.log(
            record(ALICE, "iam:ListRoles", f"{day}T11:30:00Z", userIdentity=in_console),
            record(CI, "iam:ListUsers", f"{day}T10:00:00Z"),
            record(ALICE, "iam:ListRoles", f"{day}T11:00:00Z"),
            record(ALICE, "iam:GetRole", f"{day}T11:00:00Z", errorCode="AccessDenied"),
            record(ALICE, "ec2:RunInstances", f"{day}T11:10:00Z", errorCode="Client.UnauthorizedOperation"),
            *([record(BATCH, "iam:ListGroups", f"{day}T12:00:00Z")] if details is before else []),
        )
        accounts = [{"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": f"{day}T06:00:00Z"}]
        made.configure(as_of=day, accounts=accounts)
        answer = ask("run", "--config", made.config, "--account", "demo", "--from", day)
        assert answer.code == 0, answer.err


def test_the_questions(query: Query) -> None:
    answers = {title: query(statement) for title, statement in QUESTIONS.items()}
    ci, policy = CI["Arn"], f"{CI['Arn']} inline"
    assert answers[DROPPABLE] == [
        # account, policy, statement, sid, principals, unused, unknown, all at once, editable
        (ACCOUNT, f"{BATCH['Arn']} inline", 0, "", 1, 1, 0, True, True),
        (ACCOUNT, f"{IDLE['Arn']} inline", 0, "", 1, 1, 0, True, True),
        (ACCOUNT, policy, 0, "Old", 1, 1, 0, False, True),
        (ACCOUNT, policy, 1, "Unused", 1, 1, 0, True, True),
        (ACCOUNT, AWS_MANAGED, 0, "", 1, 1, 0, True, False),
        (ACCOUNT, policy, 2, "Double", 1, 0, 0, False, True),
    ]
    assert answers[CREEP] == [
        # team, principals, granted before and now, unused before and now
        ("payments", 1, 2, 3, 1, 2),
        ("batch", 1, 1, 1, 0, 1),
        ("idle", 1, 2, 2, 2, 2),
        ("web", 1, 2, 2, 1, 1),
    ]
    # granted, unused, covered days of the window, and on how many of the 90 days sessions would be known
    assert answers[BY_NOBODY] == [
        (ACCOUNT, IDLE["Arn"], 2, 2, 1, 5, 2),
        (ACCOUNT, BATCH["Arn"], 1, 1, 1, 5, 2),
    ]
    assert [row[:4] for row in answers["Unused permissions by access level and account"]] == [
        (ACCOUNT, "List", 4, 3),
        (ACCOUNT, "Read", 2, 2),
    ]
    assert [row[0] for row in answers["Who used a role last?"]] == [ci, BATCH["Arn"]]
    assert [row[1:3] for row in answers["Actions that are refused often"]] == [(ALICE["Arn"], "iam:GetRole")]
    assert [row[1:5] for row in answers["Calls that are refused often"]] == [
        (ALICE["Arn"], "ec2.amazonaws.com", "RunInstances", 2),
        (ALICE["Arn"], "iam.amazonaws.com", "GetRole", 2),
    ]
    grown = answers["Principals whose unused risk grew within 30 days"]
    assert [row[1] for row in grown] == [BATCH["Arn"], ci]
    always = answers["Permissions that have been unused on every stored day"]
    assert {row[3] for row in always} >= {date(2026, 5, 1)}
    assert (ACCOUNT, BATCH["Arn"], "iam:ListGroups", date(2026, 6, 30), date(2026, 6, 30)) in always


def test_each_question_is_found_and_run() -> None:
    statements = [text for text in TEXT.split(";\n") if re.search(r"^(WITH|SELECT)", text, re.MULTILINE)]
    assert len(QUESTIONS) == len(statements) >= 8
