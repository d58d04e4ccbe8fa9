"""`cloudtracker who` where the logs do not say everything, or policies forbid what a trust policy allows."""

import json
from typing import Any

import pytest

from tests.assume import assume, by, with_key
from tests.build import ACCOUNT, allow, iam, identity, role, user
from tests.conftest import Account, Ask
from tests.pipeline.cli.test_destination import trusting

PARTNER = "999999999999"
ALICE, BOB = user("alice"), user("bob")
CI = role("ci", account=PARTNER)
ROOT = {"type": "Root", "accountId": ACCOUNT}
# Something on each day, for the days to count as covered.
DAYS = [by(ROOT, "ec2:DescribeRegions", f"2026-06-{day}T01:00:00Z") for day in range(26, 31)]
NOT_SAID = "the trust policy names it, and who began some of its sessions is not in the logs"


def partner(principal_id: str, account: str = PARTNER) -> dict[str, Any]:
    """Return the userIdentity of another account's caller as the role owner's log has it."""
    return {"type": "AWSAccount", "principalId": principal_id, "accountId": account}


def may(ask: Ask, name: str) -> dict[str, tuple[str, str]]:
    """Return status and `may` of everybody who may assume a role of demo, by their names."""
    found = json.loads(ask("who", "--account", "demo", "--role", name, "--format", "json").out)["may"]
    return {row["name"]: (row["status"], row["may"]) for row in found}


def logged(account: Account, *records: dict[str, Any]) -> None:
    """Write one file a day."""
    for day in range(26, 31):
        date = f"2026-06-{day}"
        account.log(*(one for one in (*DAYS, *records) if one["eventTime"].startswith(date)))


def begun(who: dict[str, Any], target: dict[str, Any], session: str = "job") -> list[dict[str, Any]]:
    """Return the role owner's records of a session that a caller began and worked in."""
    asked, working = assume(who, target, "2026-06-28T10:00:00Z", session, f"ASIA{session}".upper())
    return [asked[-1], by(working, "ec2:DescribeInstances", "2026-06-28T10:05:00Z")]


def test_a_trust_in_anothers_role_is_unknown_where_only_its_account_is_logged(
    account: Account, ask: Ask
) -> None:
    target = role("target", **trusting(CI["Arn"], ALICE["Arn"], f"arn:aws:iam::{PARTNER}:user/otto"))
    account.write_iam(iam(ALICE, target))
    logged(account, *begun(partner("AROAPARTNERPARTNER000:job"), target))
    lines = ask("who", "--account", "demo", "--role", "target").lines
    assert "  account 999999999999" in lines
    assert lines[-3:] == [
        f"? role ci of {PARTNER}: the trust policy names it; the policies of its account are not known, and who"
        " began some of its sessions is not in the logs",
        # A role called, so no user did; and nobody of this account.
        "- user alice of demo: the trust policy names it",
        f"- user otto of {PARTNER}: the trust policy names it; the policies of its account are not known",
    ]


@pytest.mark.parametrize(("caller", "status"), [(CI, "used"), (role("other", account=PARTNER), "unused")])
def test_the_id_tells_whom_of_an_account_with_iam_data_and_no_logs(
    account: Account, ask: Ask, caller: dict[str, Any], status: str
) -> None:
    target = role("target", **trusting(CI["Arn"]))
    account.write_iam(iam(target))
    granted = {**CI, "RolePolicyList": role("ci", allow("sts:AssumeRole"))["RolePolicyList"]}
    (account.folder / "partner.json").write_text(json.dumps(iam(granted)), encoding="utf-8")
    account.configure(
        accounts=[
            {"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"},
            {"name": "partner", "id": PARTNER, "iam": "partner.json", "taken_at": "2026-06-30T06:00:00Z"},
        ]
    )
    logged(account, *begun(partner(f"{caller['RoleId']}:job"), target))
    assert may(ask, "target") == {"ci": (status, "yes")}


def test_a_trust_is_unknown_where_somebody_unknown_used_the_role(account: Account, ask: Ask) -> None:
    lost = role("lost", **trusting(ALICE["Arn"], BOB["Arn"]))
    account.write_iam(iam(ALICE, BOB, lost))
    _, working = assume(partner("x", ACCOUNT), lost, "2026-06-28T12:00:00Z", "x", "ASIALOST")
    logged(
        account,
        by(working, "ec2:DescribeInstances", "2026-06-28T12:01:00Z"),
        *begun(with_key(BOB), lost, "bob"),
    )
    assert ask("who", "--account", "demo", "--role", "lost").lines[-2:] == [
        f"? user alice of demo: {NOT_SAID}",
        "  user bob of demo: the trust policy names it",
    ]


def test_a_source_identity_does_not_say_through_which_role(account: Account, ask: Ask) -> None:
    step = role("step", allow("sts:AssumeRole"))
    lost = role("lost", **trusting(ALICE["Arn"], step["Arn"]))
    account.write_iam(iam(ALICE, step, lost))
    _, working = assume(partner("x", ACCOUNT), lost, "2026-06-28T12:00:00Z", "x", "ASIALOST")
    working["sessionContext"]["sourceIdentity"] = "alice"
    logged(account, by(working, "ec2:DescribeInstances", "2026-06-28T12:01:00Z"))
    assert {name: status for name, (status, _) in may(ask, "lost").items()} == {
        "alice": "unknown",
        "step": "unknown",
    }


def test_a_known_role_before_it_in_the_chain_is_who_called(account: Account, ask: Ask) -> None:
    step = role("step", allow("sts:AssumeRole"))
    target = role("target", **trusting(ALICE["Arn"], step["Arn"]))
    account.write_iam(iam(ALICE, step, target))
    _, working = assume(partner("x", ACCOUNT), step, "2026-06-28T09:00:00Z", "x", "ASIASTEP")
    logged(account, *begun(working, target))
    assert {name: status for name, (status, _) in may(ask, "target").items()} == {
        "alice": "unused",
        "step": "used",
    }


def test_an_explicit_deny_wins_over_the_trust_policy(account: Account, ask: Ask) -> None:
    deny = {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}
    mfa = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    named = [
        user("everywhere", deny),
        user("here", {**deny, "Resource": f"arn:aws:iam::{ACCOUNT}:role/target"}),
        user("elsewhere", {**deny, "Resource": f"arn:aws:iam::{ACCOUNT}:role/other"}),
        user("sometimes", {**deny, **mfa}),
        ALICE,
    ]
    target = role("target", **trusting(*(one["Arn"] for one in named)))
    account.write_iam(iam(*named, target))
    logged(account)
    left = {"elsewhere": "yes", "sometimes": "conditional", "alice": "yes"}
    assert {name: how for name, (_, how) in may(ask, "target").items()} == left
    lines = ask("who", "--account", "demo", "--role", "target").lines
    assert lines[-1] == (
        "- user sometimes of demo [conditional]: the trust policy names it, a Deny, a boundary or a service control"
        " policy limits it"
    )


def test_a_service_control_policy_wins_over_the_trust_policy(account: Account, ask: Ask) -> None:
    target = role("target", **trusting(ALICE["Arn"]))
    account.write_iam(iam(ALICE, target))
    logged(account)
    demo = {"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    assert list(may(ask, "target")) == ["alice"]
    deny = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}
    scp = {"Version": "2012-10-17", "Statement": [allow("*"), deny]}
    (account.folder / "scp.json").write_text(json.dumps(scp), encoding="utf-8")
    account.configure(accounts=[{**demo, "scps": [["scp.json"]]}])
    assert list(may(ask, "target")) == []


def test_a_trust_in_the_account_is_no_grant_and_no_answer_says_so(account: Account, ask: Ask) -> None:
    target = role("target", **trusting(f"arn:aws:iam::{ACCOUNT}:root"))
    account.write_iam(iam(ALICE, target))
    logged(account, *begun(identity(ALICE), target))
    assert "  user alice" in ask("who", "--account", "demo", "--role", "target").lines
    assert list(may(ask, "target")) == [ACCOUNT]
    told = ask("explain", "--account", "demo", "--user", "alice", "sts:AssumeRole").lines[1]
    assert told.endswith(
        "not_granted (trust_policy): the trust policy of the role that was assumed may have allowed it without a grant"
    )


def test_whoever_has_a_policy_that_could_not_be_read_may_have_the_grant_in_it(
    account: Account, ask: Ask
) -> None:
    gone = [{"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}]
    unread, bound = (
        user("unread", AttachedManagedPolicies=gone),
        user(
            "bound",
            PermissionsBoundary={
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": gone[0]["PolicyArn"],
            },
        ),
    )
    target = role("target", **trusting(f"arn:aws:iam::{ACCOUNT}:root"))
    account.write_iam(
        iam(
            ALICE,
            BOB | {"UserPolicyList": user("bob", allow("sts:AssumeRole"))["UserPolicyList"]},
            unread,
            bound,
            target,
        )
    )
    logged(account)
    assert {name: how for name, (_, how) in may(ask, "target").items()} == {"bob": "yes", "unread": "unknown"}
    assert ask("who", "--account", "demo", "--role", "target").lines[-1] == (
        "- user unread of demo [unknown]: the trust policy names its account, a policy of its own that may grant"
        " sts:AssumeRole could not be read"
    )


def test_nobody_else_is_said_to_have_used_it_only_as_far_as_the_logs_are_whole(
    account: Account, ask: Ask
) -> None:
    target = role("target", **trusting(ALICE["Arn"]))
    account.write_iam(iam(ALICE, target))
    logged(account, *begun(with_key(ALICE, "AKIAALICE"), target))
    asked = ("who", "--account", "demo", "--role", "target")
    assert "      only they used ec2:DescribeInstances" in ask(*asked).lines
    longer = ask(*asked, "--start", "2026-06-25")
    assert "      of all that the logs show, only they used ec2:DescribeInstances" in longer.lines
    assert "complete logs for 5 of 6 days" in longer.err
