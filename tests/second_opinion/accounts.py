"""Invented accounts in the shape of get-account-authorization-details: users, roles, groups and policies by seed."""

import random
from datetime import date, datetime, timedelta
from typing import Any

from tests.second_opinion.documents import Documents
from tests.second_opinion.vocabulary import Vocabulary

Json = dict[str, Any]

ACCOUNT, OTHER = "111111111111", "222222222222"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class AccountMaker:
    """Makes one account. `untidy` is how often something is missing, is there twice or cannot be read."""

    def __init__(self, rnd: random.Random, words: Vocabulary, first: date, last: date, untidy: float) -> None:
        self._rnd, self._first, self._last, self._untidy = rnd, first, last, untidy
        self._documents = Documents(rnd, words, untidy / 2)
        # What is wrong with an SCP concerns everybody.
        self._scps = Documents(rnd, words, untidy / 20)
        self._groups: list[Json] = []
        self._policies: list[Json] = []

    def details(self) -> Json:
        """Return the account as AWS would."""
        rnd = self._rnd
        self._policies = [self._policy(n) for n in range(rnd.randint(2, 4))]
        self._groups = [self._group(n) for n in range(rnd.randint(1, 3))]
        if rnd.random() < self._untidy:
            # Two groups of one name: IAM has one, a file that was put together by hand may have two.
            twin = self._group(9)
            name = rnd.choice(self._groups)["GroupName"]
            self._groups.append(
                {**twin, "GroupName": name, "Arn": f"arn:aws:iam::{ACCOUNT}:group/old/{name}"}
            )
        users = [self.user(n) for n in range(rnd.randint(2, 4))]
        roles = [self._role(n) for n in range(rnd.randint(2, 4))]
        if rnd.random() < 0.3:
            roles.append(self._role(7, account=OTHER))
        if rnd.random() < 0.3:
            users.append(dict(rnd.choice(users)))
            self._policies.append(dict(rnd.choice(self._policies)))
        rnd.shuffle(users)
        return {
            "UserDetailList": users,
            "RoleDetailList": roles,
            "GroupDetailList": self._groups,
            "Policies": self._policies,
        }

    def limit(self) -> Json:
        """Return the document of an SCP."""
        return self._scps.limit()

    def policies_with(self, others: list[Json]) -> list[Json]:
        """Return the managed policies that were made so far, and others; of one ARN these."""
        return list({one["Arn"]: one for one in [*self._policies, *others]}.values())

    def user(self, n: int, account: str = ACCOUNT) -> Json:
        """Return an entry of UserDetailList."""
        rnd = self._rnd
        name, path = f"user{n}", rnd.choice(["/", "/", "/", "/team/", "/a/b/"])
        groups = [group["GroupName"] for group in self._groups if rnd.random() < 0.4]
        if rnd.random() < self._untidy / 2:
            groups.append("nogroup")
        return {
            **self._entity("User", "AIDA", name, path, account),
            "GroupList": list(dict.fromkeys(groups)),
        }

    def _role(self, n: int, account: str = ACCOUNT) -> Json:
        rnd = self._rnd
        name, path = f"role{n}", rnd.choice(["/", "/", "/service-role/", "/team/"])
        chance = rnd.random()
        if chance < 0.2:
            path = "/aws-service-role/ops.amazonaws.com/"
        elif chance < 0.28:
            name, path = f"AWSReservedSSO_Admin_{n}", "/aws-reserved/sso.amazonaws.com/"
        entry = self._entity("Role", "AROA", name, path, account)
        entry["AssumeRolePolicyDocument"] = {"Version": "2012-10-17", "Statement": []}
        used = rnd.random()
        if used < 0.5:
            entry["RoleLastUsed"] = {
                "LastUsedDate": self._time(self._first, self._last),
                "Region": "us-east-1",
            }
        elif used < 0.7:
            before = self._first - timedelta(days=60)
            entry["RoleLastUsed"] = {"LastUsedDate": self._time(before, self._first - timedelta(days=10))}
        elif used < 0.8:
            entry["RoleLastUsed"] = {}
        return entry

    def _group(self, n: int) -> Json:
        return self._entity("Group", "AGPA", f"group{n}", "/", ACCOUNT)

    def _entity(self, title: str, prefix: str, name: str, path: str, account: str) -> Json:
        rnd = self._rnd
        kind = title.lower()
        entry: Json = {
            "Path": path,
            f"{title}Name": name,
            f"{title}Id": prefix + "".join(rnd.choices(_LETTERS, k=17)),
            "Arn": f"arn:aws:iam::{account}:{kind}{path}{name}",
            "CreateDate": self._created(),
        }
        if rnd.random() < 0.8 or title == "Role":
            entry[f"{title}PolicyList"] = [self.inline(k) for k in range(rnd.choice([0, 1, 1, 2]))]
        inline = entry.get(f"{title}PolicyList") or []
        if inline and rnd.random() < self._untidy:
            inline.append({**self.inline(0), "PolicyName": inline[0]["PolicyName"]})
        elif inline and rnd.random() < 0.1:
            inline.append(dict(inline[0]))
        entry["AttachedManagedPolicies"] = self._attached()
        if title != "Group" and rnd.random() < 0.2:
            boundary = rnd.choice(self._policies)["Arn"]
            if rnd.random() < 0.6 or rnd.random() < self._untidy:
                boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary{rnd.randint(0, 9)}"
                if rnd.random() > self._untidy:
                    self._policies.append(self._managed(boundary, self._documents.limit()))
                    self._policies = list({one["Arn"]: one for one in self._policies}.values())
            entry["PermissionsBoundary"] = {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": boundary,
            }
        if rnd.random() < self._untidy / 3:
            # Tools that copy such files leave ids out.
            del entry[f"{title}Id"]
        return entry

    def _created(self) -> Any:
        rnd = self._rnd
        chance = rnd.random()
        if chance < 0.03:
            return None
        if chance < 0.3:
            return self._time(self._first, self._last)
        return self._time(date(2019, 1, 1), date(2024, 1, 1))

    def _time(self, first: date, last: date) -> Any:
        rnd = self._rnd
        day = first + timedelta(days=rnd.randint(0, max(0, (last - first).days)))
        clock = f"{rnd.randint(0, 23):02}:{rnd.randint(0, 59):02}:{rnd.randint(0, 59):02}"
        form = rnd.random()
        if form < 0.1:
            return (datetime.fromisoformat(f"{day}T{clock}+00:00")).timestamp()
        return f"{day}T{clock}" + (
            "Z" if form < 0.7 else "+00:00" if form < 0.9 else "+02:00" if form < 0.95 else ""
        )

    def _attached(self) -> list[Json]:
        rnd = self._rnd
        some = [policy for policy in self._policies if rnd.random() < 0.3]
        attached = [{"PolicyName": one["PolicyName"], "PolicyArn": one["Arn"]} for one in some]
        if attached and rnd.random() < 0.1:
            attached.append(dict(attached[0]))
        if rnd.random() < self._untidy / 2:
            attached.append({"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"})
        return attached

    def inline(self, n: int) -> Json:
        """Return an inline policy."""
        policy: Json = {"PolicyName": f"inline{n}"}
        chance = self._rnd.random()
        if chance < self._untidy / 6:
            return policy
        if chance < self._untidy / 3:
            return {**policy, "PolicyDocument": "%7Bbroken"}
        return {**policy, "PolicyDocument": self._documents.written(self._documents.policy())}

    def _policy(self, n: int) -> Json:
        owner = self._rnd.choice([ACCOUNT, "aws"])
        return self._managed(f"arn:aws:iam::{owner}:policy/policy{n}", self._documents.policy())

    def _managed(self, arn: str, document: Json) -> Json:
        """Versions, of which one is the default: not the newest, not the first, and perhaps not there."""
        rnd = self._rnd
        count = rnd.choice([1, 1, 2, 3])
        default = rnd.randint(1, count)
        versions = []
        for n in range(1, count + 1):
            of_version = document if n == default else self._documents.policy()
            version = {"VersionId": f"v{n}", "IsDefaultVersion": n == default}
            versions.append({**version, "Document": self._documents.written(of_version)})
        if rnd.random() < self._untidy / 4:
            versions = [one for one in versions if not one["IsDefaultVersion"]]
        return {
            "PolicyName": arn.rpartition("/")[2],
            "PolicyId": "ANPA" + "".join(rnd.choices(_LETTERS, k=17)),
            "Arn": arn,
            "Path": "/",
            "DefaultVersionId": f"v{default}",
            "PolicyVersionList": versions,
            "CreateDate": "2020-01-01T00:00:00Z",
        }
