"""The IAM data of an account of any size, as `aws iam get-account-authorization-details` returns it.

Policies look as people write them: whole services, `Get*` and `*List*`, single actions, a few `*`, NotAction, Deny
with and without conditions, resources and conditions of all kinds; groups, inline policies, boundaries.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from assets.aws_actions.catalogue import published_actions

from benchmarks.population import Principal, Zipf, roles, unique_id, users

Json = dict[str, Any]
_CREATED = "2024-03-01T09:00:00+00:00"
_CONDITIONS: tuple[Json, ...] = (
    {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
)


@dataclass(frozen=True)
class IamShape:
    """How large an account is. The default is an organisation's: some 9.5 million grants."""

    roles: int = 2_000
    users: int = 500
    policies: int = 800
    seed: int = 1


def account_details(account: str, shape: IamShape) -> Json:
    """Return the account's details; its principals are those of the generated logs."""
    return _Account(account, shape).details()


class _Account:
    def __init__(self, account: str, shape: IamShape) -> None:
        self.account, self.shape = account, shape
        self.random = Random(f"{shape.seed} iam {account}")
        self.services: dict[str, list[str]] = {}
        for action in published_actions()["action"]:
            self.services.setdefault(action.partition(":")[0], []).append(action)
        # The services with the most actions are those that policies name most.
        self.names = sorted(self.services, key=lambda name: (-len(self.services[name]), name))
        self.zipf = Zipf(len(self.names), 0.8)
        self.policies = [self._policy(n) for n in range(shape.policies)]
        self.popular = Zipf(len(self.policies), 0.4)

    def details(self) -> Json:
        """Return everything."""
        groups = [self._group(n) for n in range(max(1, self.shape.users // 20))]
        return {
            "UserDetailList": [self._user(one, groups) for one in users(self.account, self.shape.users)],
            "GroupDetailList": groups,
            "RoleDetailList": [self._role(one) for one in roles(self.account, self.shape.roles)],
            "Policies": self.policies,
        }

    def _service(self) -> str:
        return self.names[self.zipf.pick(self.random)]

    def _pattern(self) -> str:
        service = self._service()
        kind = self.random.random()
        if kind < 0.2:
            return f"{service}:*"
        if kind < 0.4:
            return f"{service}:{self.random.choice(('Get*', 'List*', 'Describe*', 'Create*', 'Put*', '*Tag*', 'Batch*'))}"
        action = self.random.choice(self.services[service])
        # Some write `ec2:?escribeInstances` or in lower case: IAM ignores both.
        return action.lower() if kind > 0.97 else f"{action[:-3]}*" if kind > 0.93 else action

    def _resource(self) -> Any:
        kind = self.random.random()
        if kind < 0.55:
            return "*"
        arn = f"arn:aws:{self._service()}:*:{self.account}:team-{self.random.randrange(10)}/*"
        return arn if kind < 0.8 else [arn, f"arn:aws:s3:::artifacts-{self.random.randrange(1_000)}/*"]

    def _statement(self) -> Json:
        random = self.random
        deny = random.random() < 0.06
        one: Json = {"Effect": "Deny" if deny else "Allow"}
        if random.random() < 0.5:
            one["Sid"] = f"Statement{random.randrange(10_000)}"
        patterns = [self._pattern() for _ in range(min(40, int(random.lognormvariate(1.4, 0.9)) + 1))]
        one["Action"] = patterns[0] if len(patterns) == 1 else patterns
        one["Resource"] = self._resource()
        if random.random() < 0.12:
            one["Condition"] = random.choice(_CONDITIONS)
        return one

    def _document(self) -> Json:
        count = min(10, int(self.random.lognormvariate(0.7, 0.7)) + 1)
        return {"Version": "2012-10-17", "Statement": [self._statement() for _ in range(count)]}

    def _policy(self, n: int) -> Json:
        document = self._document()
        if n % 200 == 107:
            document["Statement"] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        elif n % 80 == 43:
            excluded = [f"{name}:*" for name in ("iam", "organizations", "account", self._service())]
            document["Statement"] = [{"Effect": "Allow", "NotAction": excluded, "Resource": "*"}]
        arn = f"arn:aws:iam::{'aws' if n % 5 == 0 else self.account}:policy/policy-{n:04}"
        return {
            "PolicyName": f"policy-{n:04}",
            "PolicyId": unique_id("ANPA", self.account, n),
            "Arn": arn,
            "Path": "/",
            "DefaultVersionId": "v2",
            "AttachmentCount": 1,
            "IsAttachable": True,
            "CreateDate": _CREATED,
            "PolicyVersionList": [
                {"Document": document, "VersionId": "v2", "IsDefaultVersion": True, "CreateDate": _CREATED}
            ],
        }

    def _attached(self, most: int) -> list[Json]:
        chosen = {self.popular.pick(self.random) for _ in range(self.random.randint(1, most))}
        return [
            {"PolicyName": self.policies[n]["PolicyName"], "PolicyArn": self.policies[n]["Arn"]}
            for n in sorted(chosen)
        ]

    def _inline(self, share: float) -> list[Json]:
        if self.random.random() > share:
            return []
        return [{"PolicyName": f"inline-{self.random.randrange(100)}", "PolicyDocument": self._document()}]

    def _boundary(self) -> Json:
        if self.random.random() > 0.1:
            return {}
        arn = self.policies[43 % len(self.policies)]["Arn"]
        return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}}

    def _group(self, n: int) -> Json:
        return {
            "Path": "/",
            "GroupName": f"group-{n:03}",
            "GroupId": unique_id("AGPA", self.account, n),
            "Arn": f"arn:aws:iam::{self.account}:group/group-{n:03}",
            "CreateDate": _CREATED,
            "GroupPolicyList": self._inline(0.2),
            "AttachedManagedPolicies": self._attached(6),
        }

    def _user(self, one: Principal, groups: list[Json]) -> Json:
        member = sorted({self.random.choice(groups)["GroupName"] for _ in range(self.random.randint(1, 3))})
        return {
            "Path": "/",
            "UserName": one.name,
            "UserId": one.id,
            "Arn": one.arn,
            "CreateDate": _CREATED,
            "UserPolicyList": self._inline(0.1),
            "GroupList": member,
            "AttachedManagedPolicies": self._attached(3),
            **self._boundary(),
        }

    def _role(self, one: Principal) -> Json:
        service = self.random.choice(("ec2", "lambda", "ecs-tasks"))
        who: Json = {"Service": f"{service}.amazonaws.com"}
        if self.random.random() < 0.4:
            who = {"AWS": f"arn:aws:iam::{self.account}:root"}
        trust = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
        return {
            "Path": "/",
            "RoleName": one.name,
            "RoleId": one.id,
            "Arn": one.arn,
            "CreateDate": _CREATED,
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "InstanceProfileList": [],
            "RolePolicyList": self._inline(0.4),
            "AttachedManagedPolicies": self._attached(6),
            "Tags": [],
            "RoleLastUsed": {},
            **self._boundary(),
        }
