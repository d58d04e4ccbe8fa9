"""Who calls in invented logs: every type of `userIdentity`, of the account's users and roles and of all others."""

import random
from typing import Any

from tests.second_opinion.accounts import ACCOUNT, OTHER

Json = dict[str, Any]

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


class Callers:
    """Makes identities; `quiet` users and roles never call, so that others than they are seen."""

    def __init__(self, rnd: random.Random, details: Json) -> None:
        self._rnd = rnd
        users, roles = details["UserDetailList"], details["RoleDetailList"]
        self._users = [one for one in users if rnd.random() < 0.7] or users[:1]
        self._roles = [one for one in roles if rnd.random() < 0.6] or roles[:1]

    def identity(self) -> Any:
        """Return a userIdentity."""
        rnd = self._rnd
        chance = rnd.random()
        if chance < 0.42:
            found = self._user(rnd.choice(self._users))
        elif chance < 0.84:
            found = self._session(rnd.choice(self._roles))
        else:
            found = rnd.choice(self._others())
        if rnd.random() < 0.12:
            found["invokedBy"] = rnd.choice(["cloudformation.amazonaws.com", "AWS Internal"])
        return found

    def _user(self, entry: Json) -> Json:
        rnd = self._rnd
        name, arn = entry["UserName"], entry["Arn"]
        id_ = entry.get("UserId") or "AIDAUNKNOWNTOTHEFILE0"
        found = {
            "type": "IAMUser",
            "principalId": id_,
            "arn": arn,
            "accountId": arn.split(":")[4],
            "userName": name,
        }
        chance = rnd.random()
        if chance < 0.06:
            # The name was deleted and created again: this was the former.
            found["principalId"] = f"AIDAFORMER{name.upper():0<11}"
        elif chance < 0.1:
            del found["principalId"]
        elif chance < 0.14:
            del found["arn"]
        elif chance < 0.17:
            # Neither id nor path.
            del found["principalId"], found["arn"]
        elif chance < 0.2:
            del found["arn"], found["userName"]
        elif chance < 0.23:
            found["userName"] = HIDDEN
        elif chance < 0.25:
            found |= {"userName": HIDDEN, "arn": f"arn:aws:iam::{ACCOUNT}:user/{HIDDEN}"}
        elif chance < 0.27:
            found["arn"] = f"arn:aws:iam::{ACCOUNT}:user/elsewhere/{name}"
            del found["principalId"]
        elif chance < 0.3:
            del found["accountId"]
        elif chance < 0.35:
            found["sessionContext"] = {
                "sessionIssuer": {},
                "attributes": {"creationDate": "2026-06-01T00:00:00Z"},
            }
        elif chance < 0.42:
            issuer = {**found, "type": "IAMUser"}
            for key in rnd.choice([(), (), ("arn", "userName"), ("principalId",)]):
                issuer.pop(key, None)
            found = {
                "type": "FederatedUser",
                "principalId": f"{ACCOUNT}:fed",
                "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/fed",
                "accountId": ACCOUNT,
                "sessionContext": {"sessionIssuer": issuer},
            }
        return found

    def _session(self, entry: Json) -> Json:
        rnd = self._rnd
        name, arn, session = entry["RoleName"], entry["Arn"], f"s{rnd.randint(0, 2)}"
        id_ = entry.get("RoleId") or "AROAUNKNOWNTOTHEFILE0"
        account = arn.split(":")[4]
        issuer = {"type": "Role", "principalId": id_, "arn": arn, "accountId": account, "userName": name}
        found: Json = {
            "type": "AssumedRole",
            "principalId": f"{id_}:{session}",
            "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
            "accountId": account,
            "accessKeyId": f"ASIA{rnd.randint(0, 9)}",
            "sessionContext": {
                "sessionIssuer": issuer,
                "attributes": {"creationDate": "2026-06-01T00:00:00Z"},
            },
        }
        chance = rnd.random()
        if chance < 0.06:
            former = f"AROAFORMER{name.upper()[:8]:0<11}"
            found["principalId"], issuer["principalId"] = f"{former}:{session}", former
        elif chance < 0.11:
            del issuer["arn"]
        elif chance < 0.15:
            del issuer["principalId"], found["principalId"]
        elif chance < 0.2:
            del found["sessionContext"]
        elif chance < 0.23:
            del found["sessionContext"], found["arn"]
        elif chance < 0.26:
            # Nothing but the session's ARN, which has no path.
            del found["sessionContext"], found["principalId"]
        elif chance < 0.28:
            del issuer["arn"], issuer["principalId"], found["arn"], found["principalId"]
        elif chance < 0.3:
            found["sessionContext"]["sessionIssuer"] = {}
        elif chance < 0.33:
            found = {"type": "Role", "principalId": id_, "arn": arn, "accountId": account}
        elif chance < 0.36:
            found["onBehalfOf"] = {"userId": "544894e8-80c1", "identityStoreArn": "arn:aws:identitystore::x"}
        elif chance < 0.39:
            found["type"], found["arn"] = "FederatedUser", f"arn:aws:sts::{account}:federated-user/x"
        return found

    def _others(self) -> list[Json]:
        user = self._rnd.choice(self._users)
        role = self._rnd.choice(self._roles)
        return [
            {
                "type": "Root",
                "principalId": ACCOUNT,
                "arn": f"arn:aws:iam::{ACCOUNT}:root",
                "accountId": ACCOUNT,
            },
            {"type": "Root", "accountId": ACCOUNT, "userName": "alias"},
            {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
            {"type": "AWSAccount", "principalId": "AIDASOMEBODYELSE00000", "accountId": OTHER},
            # The role owner's copy of a cross-account call, and a caller whose id is that of a local user.
            {"type": "AWSAccount", "principalId": user.get("UserId", ""), "accountId": ACCOUNT},
            {"type": "AWSAccount", "principalId": f"{role.get('RoleId', 'AROAX')}:s", "accountId": ACCOUNT},
            {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"},
            {"type": "SAMLUser", "principalId": "q=:user0", "userName": "user0", "identityProvider": "q="},
            {"type": "WebIdentityUser", "principalId": "accounts.google.com:a:user0", "userName": "user0"},
            {"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf": {"userId": "544894e8-80c1"}},
            {"type": "IdentityCenterUser", "accountId": ACCOUNT, "userName": HIDDEN},
            {"type": "Unknown", "principalId": ACCOUNT, "arn": "", "accountId": ACCOUNT, "userName": "jane"},
            {"type": "IAMUser", "accountId": ACCOUNT, "accessKeyId": "", "userName": HIDDEN},
            {"type": "Directory", "accountId": ACCOUNT, "userName": user["UserName"]},
            # Types that are not invented yet, even if all else is a user's or role's.
            {
                "type": "QuantumUser",
                "principalId": user.get("UserId"),
                "arn": user["Arn"],
                "accountId": ACCOUNT,
            },
            {
                "type": "QuantumSession",
                "principalId": f"{role.get('RoleId', 'AROAX')}:s",
                "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role['RoleName']}/s",
            },
            {"principalId": user.get("UserId"), "arn": user["Arn"], "accountId": ACCOUNT},
            {"accountId": ACCOUNT, "invokedBy": "ec2.amazonaws.com"},
            {
                "type": "FederatedUser",
                "principalId": f"{ACCOUNT}:{user['UserName']}",
                "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/{user['UserName']}",
                "accountId": ACCOUNT,
            },
            {},
        ]
