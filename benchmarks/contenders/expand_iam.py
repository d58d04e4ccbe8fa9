"""What every principal of an account may do, by another tool: `expand_iam.py TOOL FILE [SAMPLED]`.

policy-sentry and policyuniverse expand patterns, which is all they do; the rest (whose policies, Deny, union) is done
here, each policy once. `policy-sentry-unshared` expands a policy anew for each principal that carries it: the tool
itself knows documents, not accounts, and shares nothing between them.
The original is asked as it is, for `SAMPLED` principals, and the time is that of all in proportion.
"""

import json
import logging
import sys
import time
from pathlib import Path

logging.disable(logging.CRITICAL)
tool, sampled = sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 0
details = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
documents = {
    one["Arn"]: next(v["Document"] for v in one["PolicyVersionList"] if v["IsDefaultVersion"])
    for one in details["Policies"]
}
groups = {one["GroupName"]: one for one in details["GroupDetailList"]}


def listed(value):
    """Return a value as a list."""
    return value if isinstance(value, list) else [value]


def pattern_tool():
    """Return a function from patterns to the set of actions in lower case, and all of these."""
    if tool.startswith("policy-sentry"):
        from policy_sentry.analysis.expand import expand
        from policy_sentry.querying.all import get_all_actions

        return lambda patterns: {one.lower() for one in expand(patterns)}, {
            one.lower() for one in get_all_actions()
        }
    from policyuniverse import all_permissions
    from policyuniverse.expander_minimizer import _expand_wildcard_action

    return lambda patterns: set(_expand_wildcard_action(patterns)), set(all_permissions)


def by_patterns():
    """Return how many actions are granted to all principals."""
    expanded, everything = pattern_tool()
    expanded(["s3:Get*"])
    began = time.perf_counter()

    def actions(statement):
        if "Action" in statement:
            return expanded(listed(statement["Action"]))
        return everything - expanded(listed(statement["NotAction"]))

    def effects(document):
        allowed, denied = set(), set()
        for statement in listed(document["Statement"]):
            if statement["Effect"] == "Allow":
                allowed |= actions(statement)
            elif listed(statement.get("Resource")) == ["*"] and not statement.get("Condition"):
                denied |= actions(statement)
        return allowed, denied

    unshared = tool.endswith("-unshared")
    managed = documents if unshared else {arn: effects(document) for arn, document in documents.items()}
    grants = 0
    for entity in details["UserDetailList"] + details["RoleDetailList"]:
        parts = [entity, *(groups[name] for name in entity.get("GroupList", ()))]
        mine = [
            effects(managed[p["PolicyArn"]]) if unshared else managed[p["PolicyArn"]]
            for one in parts
            for p in one.get("AttachedManagedPolicies", ())
            if p["PolicyArn"] in managed
        ]
        for one in parts:
            for kind in ("UserPolicyList", "RolePolicyList", "GroupPolicyList"):
                mine += [effects(policy["PolicyDocument"]) for policy in one.get(kind, ())]
        allowed = set().union(*(allow for allow, _ in mine))
        grants += len(allowed.difference(*(deny for _, deny in mine)))
    return grants, time.perf_counter() - began


def by_the_original():
    """Return the same for some principals, evenly taken, and the time that all would take."""
    import cloudtracker
    from jmespath.parser import Parser

    # When its cache is full, the jmespath that the original wants fails with Python 3.11: it is never full.
    Parser._MAX_SIZE = 10**9
    known = cloudtracker.read_aws_api_list()
    entities = [(cloudtracker.get_user_allowed_actions, one) for one in details["UserDetailList"]]
    entities += [(cloudtracker.get_role_allowed_actions, one) for one in details["RoleDetailList"]]
    chosen = entities[:: max(1, len(entities) // sampled)] if sampled else entities
    began = time.perf_counter()
    grants = sum(len(allowed(known, entity, details)) for allowed, entity in chosen)
    scale = len(entities) / len(chosen)
    return round(grants * scale), (time.perf_counter() - began) * scale


grants, seconds = by_the_original() if tool == "original" else by_patterns()
print(json.dumps({"grants": grants, "seconds": seconds}))
