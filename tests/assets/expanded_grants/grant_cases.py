"""The JSON cases of `tests/cases/grants`: account details and SCPs in, grants of one principal out.

A case has `document` (alice's one inline policy) or `account` (the whole output of
get-account-authorization-details), optionally `scps` (levels of [name, document]), `management_account` and
`principal`. `grants` is complete: action to full or restricted, `everything` for the whole catalogue, null takes
an action out again. `granted_by` and `restricted_by` list the patterns, `groups` the groups that grant,
`unknown` the actions flagged as unknown, `problems` the codes, `why_not` reason and decider of actions that are
not granted. `source` says which rule of AWS the case is about.
"""

import json
from pathlib import Path
from typing import Any

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.scps import Scp
from assets.iam_snapshots.authorization_details import AccountDetails, parse_details

CASES = Path(__file__).parents[2] / "cases" / "grants"
ALICE = "arn:aws:iam::111111111111:user/alice"
UNVERIFIED = frozenset({"lambda:InvokeAsync"})


def small_catalogue() -> Catalogue:
    levels = json.loads((CASES / "_catalogue.json").read_text(encoding="utf-8"))
    names = sorted(levels, key=str.lower)
    return Catalogue(tuple(names), tuple(levels[name] for name in names), UNVERIFIED)


def all_cases() -> list[dict[str, Any]]:
    cases = []
    for file in sorted(CASES.glob("[!_]*.json")):
        cases += [
            {"id": f"{file.stem}: {case['name']}", **case} for case in json.loads(file.read_text("utf-8"))
        ]
    return cases


def account_of(case: dict[str, Any]) -> AccountDetails:
    account = case.get("account") or inline_account(case["document"])
    return parse_details(json.dumps(account).encode(), case["id"])


def inline_account(document: Any) -> dict[str, Any]:
    policy = {"PolicyName": "inline", "PolicyDocument": document}
    user = {"UserName": "alice", "UserId": "AIDAALICE", "Arn": ALICE, "UserPolicyList": [policy]}
    return {"UserDetailList": [user], "RoleDetailList": [], "GroupDetailList": [], "Policies": []}


def scps_of(case: dict[str, Any]) -> list[list[Scp]] | None:
    levels = case.get("scps")
    return levels and [[Scp(name, document) for name, document in level] for level in levels]


def expected_grants(case: dict[str, Any], catalogue: Catalogue) -> dict[str, str]:
    listed = dict(case["grants"])
    everything = listed.pop("everything", None)
    grants = dict.fromkeys(catalogue.actions, everything) if everything else {}
    return {action: kind for action, kind in (grants | listed).items() if kind}
