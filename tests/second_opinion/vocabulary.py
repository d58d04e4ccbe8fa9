"""Which calls and actions an invented account is about: a few services, their unusual operations before others."""

import random
from typing import Any

from tests.second_opinion.facts import Facts

Row = dict[str, Any]

# Services (folders of botocore) with something of their own: renamed sources, versions in names, data events, calls
# that are never recorded, several actions a call, other names of actions, prefixes that several services share.
SERVICES = (
    *(
        "iam",
        "s3",
        "ec2",
        "sqs",
        "dynamodb",
        "lambda",
        "kms",
        "cloudwatch",
        "timestream-query",
        "timestream-write",
    ),
    *(
        "logs",
        "sts",
        "secretsmanager",
        "cloudfront",
        "autoscaling",
        "application-autoscaling",
        "glue",
        "sns",
        "ecr",
    ),
    *(
        "ses",
        "resourcegroupstaggingapi",
        "identitystore",
        "ecs",
        "elasticache",
        "eks",
        "route53",
        "cognito-idp",
    ),
    *("stepfunctions", "events", "apigateway", "rds", "iot", "backup", "meteringmarketplace"),
)
ALWAYS = ("iam", "s3", "sqs")
VERSIONS = {"lambda": ("20150331", "20150331v2", "20181031"), "cloudfront": ("2020_05_31", "2019_03_26")}
NO_PERMISSION = (("sts", "GetCallerIdentity"), ("sts", "GetSessionToken"), ("signin", "ConsoleLogin"))
NOT_MAPPED = (
    ("iam", "NoSuchCall"),
    ("lambda", "NoSuchThing20150331"),
    ("nosuch", "DoIt"),
    ("s3", "ListTags12345678"),
)


class Vocabulary:
    """The words of one account: `operations` (rows of `aws_actions`), `actions`, `prefixes` of IAM."""

    def __init__(self, rnd: random.Random, facts: Facts) -> None:
        self._rnd = rnd
        # Of what means thousands of actions once is enough.
        self._wide = 1
        self.services = [*ALWAYS, *rnd.sample([one for one in SERVICES if one not in ALWAYS], 5)]
        if rnd.random() < 0.3:
            self.services.append(rnd.choice(sorted({*VERSIONS} - {*self.services}) or ["lambda"]))
        self.operations: list[Row] = []
        for service in self.services:
            rows = [row for row in facts.operations if row["service"] == service]
            odd = [row for row in rows if _is_odd(row)]
            self.operations += rnd.sample(odd, min(len(odd), 4)) + rnd.sample(rows, min(len(rows), 4))
        named = {
            a for row in self.operations for key in ("primary", "conditional", "one_of") for a in row[key]
        }
        self.prefixes = sorted({a.partition(":")[0] for row in self.operations for a in row["primary"]})
        # What is needed besides lies in many services: those of these are enough.
        own = {a for a in named if a.partition(":")[0] in self.prefixes}
        self.actions = sorted(own | {"iam:PassRole", "s3:ListAllMyBuckets"})
        # What most policies and most calls are about: where they never met, nothing would be used.
        self._usual = rnd.sample(self.operations, 9)
        needed = {a for row in self._usual for key in ("primary", "conditional", "one_of") for a in row[key]}
        self._usual_actions = sorted(needed & set(self.actions))

    def call(self) -> tuple[str, str]:
        """Return eventSource and eventName of some call."""
        rnd = self._rnd
        chance = rnd.random()
        if chance < 0.05:
            source, name = rnd.choice(NO_PERMISSION)
            return f"{source}.amazonaws.com", name
        if chance < 0.09:
            source, name = rnd.choice(NOT_MAPPED)
            return f"{source}.amazonaws.com", name
        if chance < 0.11:
            return "sts.amazonaws.com", rnd.choice(["AssumeRole", "AssumeRole", "AssumeRoleWithSAML"])
        if chance < 0.16:
            # Named as the action is, whether or not an operation is called so.
            source, _, name = rnd.choice(self.actions).partition(":")
            return f"{source}.amazonaws.com", name
        row = rnd.choice(self._usual if rnd.random() < 0.7 else self.operations)
        source, name = row["event_source"], row["operation"]
        if chance < 0.2:
            source = f"{row['endpoint_prefix']}.amazonaws.com"
        elif chance < 0.22:
            source += ".cn"
        if row["service"] in VERSIONS and rnd.random() < 0.6:
            name += rnd.choice(VERSIONS[row["service"]])
        return source, name.swapcase() if rnd.random() < 0.03 else name

    def pattern(self) -> str:
        """Return an action as a policy may name it."""
        rnd = self._rnd
        action = rnd.choice(self._usual_actions if rnd.random() < 0.6 else self.actions)
        prefix, _, name = action.partition(":")
        chance = rnd.random()
        if chance < 0.55:
            return action
        if chance < 0.65:
            return f"{prefix}:{name[: rnd.randint(3, 8)]}*"
        if chance < 0.72:
            return f"{prefix}:*{name[-rnd.randint(4, 9) :]}"
        if chance < 0.79:
            at = rnd.randrange(len(name))
            return f"{prefix}:{name[:at]}?{name[at + 1 :]}"
        if chance < 0.85:
            return action.swapcase()
        if chance < 0.88:
            # Not in any catalogue, neither as it stands nor by a wildcard.
            return f"{prefix}:{rnd.choice(['FromTheFuture', 'GetNextYear'])}"
        if chance < 0.885 and self._wide:
            self._wide -= 1
            return f"*:{name[:6]}*"
        return f"{rnd.choice([one for one in self.prefixes if one not in ('ec2', 'glue')] or ['iam'])}:*"


def _is_odd(row: Row) -> bool:
    return bool(
        row["one_of"] or row["conditional"] or row["recorded"] != "management" or row["rule"] != "exact"
    )
