"""Accounts, names and SCPs found through Organizations, through the real command."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.settings import load_settings
from tests.conftest import Account, Ask
from tests.live.aws_front import Fault, Front
from tests.live.conftest import MANAGEMENT, client, populate

pytestmark = pytest.mark.long


ORGANIZATION = {"role_name": "CloudTrackerAudit", "external_id": "it-is-us"}


@dataclass(frozen=True)
class Made:
    """An organisation: `prod` in a unit without EC2, two called `dev`, one of them there too, and `old`, closed."""

    config: Account
    prod: str
    devs: tuple[str, str]
    old: str
    policy: str


@pytest.fixture
def made(account: Account, aws: Front) -> Made:
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    outer = organizations.create_organizational_unit(ParentId=root, Name="outer")["OrganizationalUnit"]["Id"]
    inner = organizations.create_organizational_unit(ParentId=outer, Name="inner")["OrganizationalUnit"]["Id"]

    def account_in(parent: str, name: str) -> str:
        status = organizations.create_account(AccountName=name, Email="some@body.example")
        found = str(status["CreateAccountStatus"]["AccountId"])
        if parent != root:
            organizations.move_account(AccountId=found, SourceParentId=root, DestinationParentId=parent)
        return found

    prod, devs, old = account_in(inner, "prod"), (account_in(outer, "dev"), account_in(root, "dev")), ""
    old = account_in(root, "old")
    organizations.close_account(AccountId=old)
    statement = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
    policy = organizations.create_policy(
        Name="NoEc2",
        Description="none",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=outer)
    for found in (MANAGEMENT, prod):
        populate(None if found == MANAGEMENT else found)
    account.configure(as_of=None, accounts=[], organization=ORGANIZATION)
    aws.calls.clear()
    return Made(account, prod, devs, old, policy)


def _granted(ask: Ask, name: str) -> list[str]:
    answer = ask("grants", "--account", name, "--user", "alice", "--format", "json")
    assert answer.code == 0, answer.err
    return [row["action"] for row in json.loads(answer.out)]


def test_accounts_names_and_scps_are_found_and_kept(made: Made, aws: Front, ask: Ask) -> None:
    from pipeline.definitions import build_definitions

    answer = ask("--account", "prod", "--list", "users")
    assert answer.code == 2
    assert "no account 'prod': the organisation's accounts are not known yet" in answer.err
    assert "find them: cloudtracker snapshot --account all" in answer.err
    assert ask("tables").code == 0
    build_definitions(load_settings(made.config.config)).resolve_asset_graph()
    assert aws.calls == []

    answer = ask("snapshot", "--account", "all")
    assert answer.code == 0, answer.err
    first, second = made.devs
    names = {"master": MANAGEMENT, "prod": made.prod, f"dev-{first}": first, f"dev-{second}": second}
    assert {line.split(" ")[0]: line.split("(")[1][:12] for line in answer.lines} == names
    assert [line.split("(")[1][:12] for line in answer.lines] == sorted(names.values())
    assert "organization o-" in answer.err
    assert ": 4 active accounts" in answer.err
    assert f"  skipped: old ({made.old}), suspended" in answer.err
    assumed = [call.body for call in aws.calls if call.operation == "AssumeRole"]
    # The IAM data and the trails of each; the management account is read as it is.
    assert len(assumed) == 2 * 3
    assert not [body for body in assumed if MANAGEMENT in body]
    assert all("role/CloudTrackerAudit&" in body and "ExternalId=it-is-us" in body for body in assumed)

    aws.calls.clear()
    build_definitions(load_settings(made.config.config)).resolve_asset_graph()
    assert "ec2:StopInstances" not in _granted(ask, "prod")
    assert "ec2:StopInstances" in _granted(ask, "master")
    assert aws.calls == []


def test_what_the_configuration_says_wins(made: Made, aws: Front, ask: Ask) -> None:
    named: list[dict[str, Any]] = [
        {"name": "mine", "id": made.prod},
        {"name": "dev", "id": "333333333333", "iam": "iam.json"},
        {"name": "bare", "id": made.devs[0], "iam": "live", "profile": "own", "scps": []},
    ]
    made.config.configure(as_of=None, accounts=named, organization=ORGANIZATION)
    from pipeline.organization import find_accounts

    settings, _ = find_accounts(load_settings(made.config.config))
    assert [one.name for one in settings.accounts][:3] == ["mine", "dev", "bare"]
    mine = settings.account(made.prod)
    assert (mine.name, mine.iam) == ("mine", "live")
    assert mine.role_arn == f"arn:aws:iam::{made.prod}:role/CloudTrackerAudit"
    assert str(mine.scps).endswith(f"organization/scps/{made.prod}.json")
    bare = settings.account("bare")
    assert (bare.role_arn, bare.profile, bare.scps) == (None, "own", ())
    assert settings.account(made.devs[1]).name == f"dev-{made.devs[1]}"
    assert settings.account("master").management_account


def test_only_changed_scps_are_written(made: Made, ask: Ask) -> None:
    from pipeline.organization import find_accounts

    def written() -> dict[str, int]:
        folder = made.config.root / "organization" / "scps"
        return {path.stem: path.stat().st_ctime_ns for path in folder.iterdir()}

    find_accounts(load_settings(made.config.config))
    before = written()
    assert set(before) == {made.prod, *made.devs}
    find_accounts(load_settings(made.config.config))
    assert written() == before
    client("organizations").attach_policy(PolicyId=made.policy, TargetId=made.devs[1])
    find_accounts(load_settings(made.config.config))
    assert {account for account, time in written().items() if time != before[account]} == {made.devs[1]}


def test_without_scps_none_bind(made: Made) -> None:
    from pipeline.organization import find_accounts

    organizations = client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.disable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    settings, _ = find_accounts(load_settings(made.config.config))
    assert {one.scps for one in settings.accounts} == {()}


def test_grants_that_scps_cut_come_back_when_they_are_switched_off(made: Made, ask: Ask) -> None:
    from pipeline.organization import find_accounts

    find_accounts(load_settings(made.config.config))
    cut = _granted(ask, "prod")
    organizations = client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.disable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    find_accounts(load_settings(made.config.config))
    whole = _granted(ask, "prod")
    assert set(cut) < set(whole)
    assert {action.partition(":")[0] for action in set(whole) - set(cut)} == {"ec2"}


def test_run_finds_them_once_a_day_and_goes_on_with_what_it_knows(made: Made, aws: Front, ask: Ask) -> None:
    path = made.config.root / "organization" / "accounts.json"
    aws.faults.append(Fault("organizations:ListAccounts", "AccessDeniedException", message="not you"))
    run = ("run", "--account", "prod", "--missing-only")
    answer = ask(*run)
    assert (answer.code, "organizations:ListAccounts is denied" in answer.err) == (3, True)
    assert not path.exists()
    aws.faults.clear()
    assert ask(*run).code == 0
    aws.calls.clear()
    assert ask(*run).code == 0
    assert aws.calls == []
    yesterday = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**yesterday, "found_at": "2026-01-01T00:00:00+00:00"}), encoding="utf-8")
    aws.faults.append(Fault("organizations:ListAccounts", "AccessDeniedException", message="not you"))
    answer = ask(*run)
    assert answer.code == 0
    assert (
        "the accounts are those found at 2026-01-01T00:00:00+00:00: config.yaml: organization: " in answer.err
    )


def test_a_list_that_cannot_be_read_is_named(made: Made, ask: Ask) -> None:
    path = made.config.root / "organization" / "accounts.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"id": 3}', encoding="utf-8")
    answer = ask("tables")
    assert (answer.code, "organization/accounts.json: cannot be read" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("organization", "message"),
    [
        ({}, "missing required field `role_name`"),
        ({"role_name": "two words"}, "organization.role_name: 'two words' is no name of an IAM role"),
        (
            {"role_name": "x", "rolename": "y"},
            "unknown key 'organization.rolename'; did you mean 'role_name'?",
        ),
        ("x", "key 'organization' holds 'x'"),
    ],
)
def test_a_wrong_block_is_named(account: Account, ask: Ask, organization: object, message: str) -> None:
    account.configure(accounts=[], organization=organization)
    answer = ask("tables")
    assert (answer.code, message in answer.err) == (2, True), answer.err


def test_an_account_outside_of_an_organization_is_told(account: Account, aws: Front, ask: Ask) -> None:
    account.configure(as_of=None, accounts=[], organization=ORGANIZATION)
    answer = ask("snapshot", "--account", "all")
    assert (answer.code, "this account is in no organization" in answer.err) == (3, True), answer.err
