"""Service control policies from the configuration, through the real command."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.build import ACCOUNT, allow, iam, record, role, user
from tests.conftest import Account, Ask

ALICE = user("alice", allow("iam:GetUser", "ec2:StopInstances", "sqs:ListQueues"))
LINKED = role("AWSServiceRoleForX", allow("ec2:StopInstances"), Path="/aws-service-role/x.amazonaws.com/")
FULL = {"Statement": [allow("*")]}
NO_EC2 = {"Statement": [allow("*"), {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]}
ONLY_IAM = {"Statement": allow("iam:*", "ec2:*")}


@pytest.fixture
def demo(account: Account) -> Account:
    """alice and a service-linked role; a day of logs."""
    account.write_iam(iam(ALICE, LINKED))
    account.log(record(ALICE, "iam:GetUser", "2026-06-28T10:00:00Z"))
    return account


def _bind(demo: Account, *levels: list[Any], **more: Any) -> None:
    names = []
    for number, level in enumerate(levels):
        names.append([f"scp-{number}-{at}.json" for at in range(len(level))])
        for at, document in enumerate(level):
            text = document if isinstance(document, str) else json.dumps(document)
            (demo.folder / f"scp-{number}-{at}.json").write_text(text, encoding="utf-8")
    one = {
        "name": "demo",
        "id": ACCOUNT,
        "iam": "iam.json",
        "taken_at": "2026-06-30T06:00:00Z",
        "scps": names,
    }
    demo.configure(accounts=[{**one, **more}])


def _granted(ask: Ask, *who: str) -> list[str]:
    rows = json.loads(
        ask("grants", "--account", "demo", *(who or ("--user", "alice")), "--format", "json").out
    )
    return [row["action"] for row in rows]


def test_scps_intersect_at_every_level(demo: Account, ask: Ask) -> None:
    assert _granted(ask) == ["ec2:StopInstances", "iam:GetUser", "sqs:ListQueues"]
    _bind(demo, [FULL], [ONLY_IAM], [NO_EC2])
    assert _granted(ask) == ["iam:GetUser"]
    told = ask("explain", "--account", "demo", "--user", "alice", "sqs:ListQueues").out
    assert "no: cut by organization level 2" in told
    told = ask("explain", "--account", "demo", "--user", "alice", "ec2:StopInstances").out
    assert "no: denied by scp-2-0 statement 1" in told


def test_they_do_not_bind_the_management_account(demo: Account, ask: Ask) -> None:
    _bind(demo, [NO_EC2], management_account=True)
    assert "ec2:StopInstances" in _granted(ask)


def test_they_do_not_bind_service_linked_roles(demo: Account, ask: Ask) -> None:
    _bind(demo, [NO_EC2])
    assert _granted(ask, "--role", "AWSServiceRoleForX") == ["ec2:StopInstances"]


def test_the_answer_of_describe_policy_is_read(demo: Account, ask: Ask) -> None:
    summary = {"Name": "NoEc2", "Arn": "arn:aws:organizations::1:policy/o-1/service_control_policy/p-1"}
    _bind(demo, [{"Policy": {"PolicySummary": summary, "Content": json.dumps(NO_EC2)}}])
    assert "ec2:StopInstances" not in _granted(ask)


def test_scps_that_are_named_afterwards_count(demo: Account, ask: Ask) -> None:
    _bind(demo, [NO_EC2])
    named = demo.config.read_text(encoding="utf-8")
    demo.configure()
    assert "ec2:StopInstances" in _granted(ask)
    demo.config.write_text(named, encoding="utf-8")
    assert "ec2:StopInstances" not in _granted(ask)


def test_a_changed_file_makes_the_grants_anew(demo: Account, ask: Ask) -> None:
    _bind(demo, [FULL])
    assert "ec2:StopInstances" in _granted(ask)
    (demo.folder / "scp-0-0.json").write_text(json.dumps(NO_EC2), encoding="utf-8")
    assert "ec2:StopInstances" not in _granted(ask)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([["{"]], "is no SCP in JSON"),
        pytest.param([["[" * 200_000]], "is no SCP in JSON", id="nested"),
        ([[{"Version": "2012-10-17"}]], "has no Statement"),
        ([["[]"]], "has no Statement"),
        ([[{"Policy": "p-1"}]], "its Policy has no Content in JSON"),
        ([[{"Policy": {"Content": "{"}}]], "its Policy has no Content in JSON"),
        (
            [[{"Policy": {"PolicySummary": {"Type": "RESOURCE_CONTROL_POLICY"}, "Content": "{}"}}]],
            "its Type is RESOURCE_CONTROL_POLICY",
        ),
    ],
)
def test_a_wrong_file_is_named(demo: Account, ask: Ask, levels: list[list[Any]], message: str) -> None:
    _bind(demo, *levels)
    answer = ask("grants", "--account", "demo", "--user", "alice")
    assert (answer.code, message in answer.err) == (3, True), answer.err
    assert "scp-0-0.json: " in answer.err


@pytest.mark.parametrize(
    ("scps", "message"),
    [
        ([["scp-0-0.json"], []], "accounts[0].scps[1]': [] is a level without files"),
        (["scp-0-0.json"], "accounts[0].scps[0]': 'scp-0-0.json': must be a list"),
        ([[3]], "accounts[0].scps[0][0]': 3: must be text"),
        (7, "accounts[0].scps': 7: must be "),
    ],
)
def test_a_wrong_configuration_is_named(demo: Account, ask: Ask, scps: object, message: str) -> None:
    _bind(demo, [FULL], scps=scps)
    answer = ask("grants", "--account", "demo", "--user", "alice")
    assert (answer.code, f"config.yaml: key '{message}" in answer.err) == (2, True), answer.err


def _export(demo: Account, **more: Any) -> None:
    export = {
        "management_account": "999999999999",
        "accounts": {ACCOUNT: {"levels": [["p-full"], ["p-full", "p-no-ec2"]]}},
        "policies": {
            "p-full": FULL,
            "p-no-ec2": {"Policy": {"PolicySummary": {"Name": "NoEc2"}, "Content": json.dumps(NO_EC2)}},
        },
    }
    (demo.folder / "organization.json").write_text(json.dumps({**export, **more}), encoding="utf-8")
    _bind(demo, scps="organization.json")


def test_the_organizations_export_says_the_same(demo: Account, ask: Ask) -> None:
    _export(demo)
    assert _granted(ask) == ["iam:GetUser", "sqs:ListQueues"]
    assert _granted(ask, "--role", "AWSServiceRoleForX") == ["ec2:StopInstances"]
    told = ask("explain", "--account", "demo", "--user", "alice", "ec2:StopInstances").out
    assert "no: denied by NoEc2 statement 1" in told
    _export(demo, accounts={ACCOUNT: {"levels": [["p-full"]]}})
    assert "ec2:StopInstances" in _granted(ask)


def test_the_export_names_the_management_account(demo: Account, ask: Ask) -> None:
    _export(demo, management_account=ACCOUNT)
    assert "ec2:StopInstances" in _granted(ask)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"accounts": {"222222222222": {}}}, f"accounts: holds no {ACCOUNT} (it holds: 222222222222)"),
        ({"accounts": []}, "key 'accounts' holds [], not an object"),
        ({"accounts": {ACCOUNT: {}}}, f"accounts.{ACCOUNT}: has no levels"),
        ({"accounts": {ACCOUNT: {"levels": []}}}, f"accounts.{ACCOUNT}: has no levels"),
        (
            {"accounts": {ACCOUNT: {"levels": [["p-full"], []]}}},
            f"accounts.{ACCOUNT}.levels[1]: [] is no list",
        ),
        (
            {"accounts": {ACCOUNT: {"levels": ["p-full"]}}},
            f"accounts.{ACCOUNT}.levels[0]: 'p-full' is no list",
        ),
        (
            {"accounts": {ACCOUNT: {"levels": [["p-0"]]}}},
            f"accounts.{ACCOUNT}.levels[0]: the policy 'p-0' is not among",
        ),
        ({"policies": {"p-full": {}, "p-no-ec2": FULL}}, "policies.p-full: has no Statement"),
        ({"policies": None}, "key 'policies' holds None, not an object"),
        ({"management_account": 1}, "management_account: 1 is not an account id in quotes"),
    ],
)
def test_a_wrong_export_is_named(demo: Account, ask: Ask, wrong: dict[str, Any], message: str) -> None:
    _export(demo, **wrong)
    answer = ask("grants", "--account", "demo", "--user", "alice")
    assert (answer.code, f"organization.json: {message}" in answer.err) == (3, True), answer.err


def test_files_that_powershell_wrote_are_read(demo: Account, ask: Ask) -> None:
    _bind(demo, [FULL])
    (demo.folder / "scp-0-0.json").write_text(json.dumps(NO_EC2), encoding="utf-16")
    assert "ec2:StopInstances" not in _granted(ask)


def test_a_file_asked_about_is_bound_too(demo: Account, ask: Ask) -> None:
    _bind(demo, [NO_EC2])
    other = demo.folder / "other.json"
    other.write_text(json.dumps(iam(ALICE)), encoding="utf-8")
    said = ask("--account", "demo", "--user", "alice", "--iam", other).out
    assert "iam:getuser" in said
    assert "ec2:stopinstances" not in said


def test_what_is_not_evaluated_is_said(demo: Account, ask: Ask) -> None:
    always = "resource control policies, session policies, resource policies, VPC endpoint policies"
    alice = ("explain", "--account", "demo", "--user", "alice", "iam:GetUser")
    linked = ("explain", "--account", "demo", "--role", "AWSServiceRoleForX", "ec2:StopInstances")
    for question, scps in ((alice, "service control policies (none are configured), "), (linked, "")):
        assert ask(*question).lines[-1].split(maxsplit=2)[2] == scps + always
    _bind(demo, [FULL])
    assert ask(*alice).lines[-1].split(maxsplit=2)[2] == always
    assert json.loads(ask(*alice, "--format", "json").out)["not_evaluated"] == always.split(", ")
    _bind(demo, management_account=True)
    assert ask(*alice).lines[-1].split(maxsplit=2)[2] == always


def test_a_missing_file_is_named(demo: Account, ask: Ask) -> None:
    _bind(demo, [FULL])
    Path(demo.folder / "scp-0-0.json").unlink()
    answer = ask("grants", "--account", "demo", "--user", "alice")
    assert (answer.code, "scp-0-0.json: the SCP cannot be read" in answer.err) == (3, True)
