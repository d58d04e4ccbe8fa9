"""The same account some days later: grants given and taken away, names deleted and created again."""

import copy
import random
from typing import Any

from tests.second_opinion.accounts import AccountMaker

Json = dict[str, Any]


def some_days_later(rnd: random.Random, details: Json, maker: AccountMaker) -> Json:
    """Return a changed copy of an account; `maker` makes what is new in it."""
    changed = copy.deepcopy(details)
    for key, title in (("UserDetailList", "User"), ("RoleDetailList", "Role")):
        kept = []
        for entry in changed[key]:
            chance = rnd.random()
            if chance < 0.1 and len(changed[key]) > 2:
                continue
            if chance < 0.25:
                # Deleted and created again: the name is the same, the user or role is another.
                entry[f"{title}Id"] = (
                    entry.get(f"{title}Id", "AIDAUNKNOWN")[:4] + "NEW" + entry["Arn"][-6:].upper()
                )
            _change(rnd, entry, f"{title}PolicyList", maker)
            kept.append(entry)
        changed[key] = list({entry["Arn"]: entry for entry in kept}.values())
    changed["UserDetailList"].append(maker.user(5))
    changed["Policies"] = maker.policies_with(changed["Policies"])
    return changed


def _change(rnd: random.Random, entry: Json, key: str, maker: AccountMaker) -> None:
    policies = entry.get(key) or []
    if policies and rnd.random() < 0.5:
        policies.pop(rnd.randrange(len(policies)))
    if rnd.random() < 0.5:
        policies.append(maker.inline(9))
    entry[key] = policies
    if entry["AttachedManagedPolicies"] and rnd.random() < 0.3:
        entry["AttachedManagedPolicies"].pop()
