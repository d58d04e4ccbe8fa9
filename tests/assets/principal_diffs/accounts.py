"""Invented accounts whose diffs hold every status and reason: what was granted, and what the logs say."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import polars as pl

from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE, LOG_COVERAGE
from assets.expanded_grants.schema import GRANTS, PROBLEMS
from assets.iam_snapshots.principals import PRINCIPAL_COLUMNS
from assets.principal_diffs.coverage import Window
from assets.principal_diffs.diff import Granted, Used
from assets.principal_diffs.earlier_grants import EarlierGrants
from assets.principal_diffs.exclusions import Exclusion
from assets.principal_diffs.rules import VerdictRules
from tests.build import ACCOUNT

WINDOW = Window(date(2026, 6, 26), date(2026, 6, 30))
CALLS = [
    ("iam", "GetUser"),
    ("iam", "CreateUser"),
    ("s3", "GetObject"),
    ("s3", "CreateBucket"),
    ("sqs", "ListQueues"),
    ("sts", "AssumeRole"),
    ("ec2", "DescribeInstances"),
    ("kms", "Decrypt"),
    ("signin", "ConsoleLogin"),
]
_ACTIONS = [f"{source}:{name}" for source, name in CALLS[:-1]]
_TIME = datetime(2026, 6, 20, 7, tzinfo=UTC)


def account(
    random: Random, iam_actions: pl.DataFrame, aws_actions: pl.DataFrame
) -> tuple[Granted, Used, pl.DataFrame, VerdictRules]:
    """Return an account of up to 9 principals and 200 grants, the facts on actions, and rules for its verdicts."""
    people = [_person(random, number) for number in range(random.randrange(1, 10))]
    known = iam_actions["action"].sort().to_list()
    guessed = iam_actions.filter("unverified")["action"].sort().to_list()
    recorded = iam_actions.filter(pl.col("recorded") == "management")["action"]
    maybe = aws_actions.filter((pl.col("recorded") == "management") & (pl.col("rule") == "exact")).explode(
        "conditional"
    )
    maybe = maybe.filter(pl.col("conditional").is_in(recorded.implode())).sort("event_source", "operation")
    call = maybe.row(random.randrange(maybe.height), named=True)
    pool = [*_ACTIONS, *random.sample(known, 8), random.choice(guessed), call["conditional"]]
    pool += ["zz:NotInAnyList", "s3:getobject", "Ä:ö"]
    excluded = random.sample(_ACTIONS, 1)
    facts = iam_actions.with_columns(
        recorded=pl.when(pl.col("action").is_in(excluded)).then(pl.lit("excluded")).otherwise("recorded")
    )
    grants = {
        (person["principal_arn"], action): _grant(random, person, action)
        for person in (*people, _person(random, 99))
        for action in random.sample(pool, random.randrange(len(pool)))
    }
    earlier = [_grant(random, person, action) for person in people for action in random.sample(_ACTIONS, 2)]
    calls = [*CALLS, (call["event_source"].removesuffix(".amazonaws.com"), call["operation"])]
    usage = [_use(random, random.choice(people), random.choice(calls)) for _ in range(random.randrange(60))]
    problems = [(one["principal_arn"], "missing_policy", "p") for one in people if random.random() < 0.2]
    granted = Granted(
        account=ACCOUNT,
        principals=pl.DataFrame(people, schema=PRINCIPAL_COLUMNS),
        grants=pl.LazyFrame([grants[one] for one in sorted(grants)], schema=GRANTS),
        problems=pl.DataFrame(problems, schema=PROBLEMS, orient="row"),
        earlier=EarlierGrants(
            pl.LazyFrame(earlier, schema=GRANTS).with_columns(
                day=pl.lit(WINDOW.start), account=pl.lit(ACCOUNT)
            )
        ),
    )
    whole = random.sample(WINDOW.days, random.randrange(1, 6))
    used = Used(
        pl.LazyFrame(usage, schema={**CLOUDTRAIL_USAGE, "day": pl.Date}),
        pl.LazyFrame([_coverage(day) for day in whole], schema={**LOG_COVERAGE, "day": pl.Date}),
    )
    patterns = [("p1*", "*"), ("*", "iam:*"), (f"arn:aws:iam::{ACCOUNT}:role/*", "S3:?et*"), ("p2", "*:*")]
    exclusions = [
        Exclusion(who, what, f"r{n % 3}", "o")
        for n, (who, what) in enumerate(random.sample(patterns, random.randrange(4)))
    ]
    return granted, used, facts, VerdictRules(random.randrange(1, 5), exclusions=tuple(exclusions))


def _person(random: Random, number: int) -> dict[str, Any]:
    kind, role = random.choice([("user", "AIDA"), ("role", "AROA")])
    name = f"p{number}"
    owner = random.choice([ACCOUNT, ACCOUNT, ACCOUNT, "222222222222"])
    return {
        "principal_arn": f"arn:aws:iam::{owner}:{kind}/{random.choice(['', 'team/'])}{name}",
        "principal_id": f"{role}{name}",
        "principal_type": kind,
        "principal_name": name,
        "path": "/",
        "created_at": random.choice([None, _TIME, _TIME + timedelta(days=8)]),
        "role_last_used": random.choice([None, _TIME + timedelta(days=9)]) if kind == "role" else None,
        "service_linked": random.random() < 0.1,
        "sso": random.random() < 0.1,
        "trust": "",
    }


def _grant(random: Random, person: dict[str, Any], action: str) -> dict[str, Any]:
    named = ("principal_arn", "principal_id", "principal_type", "principal_name")
    return {
        **{name: person[name] for name in named},
        "action": action,
        "access_level": random.choice([None, "", "Read", "Write", "A level not yet invented"]),
        "restricted": random.random() < 0.3,
        "granted_by": ["s"],
        "restricted_by": [],
        "first_granted": random.choice([None, None, _TIME + timedelta(days=random.randrange(12))]),
        "unverified": random.random() < 0.1,
        "unknown_action": action.startswith("zz:"),
        "only_aws_managed": random.random() < 0.3,
    }


def _use(random: Random, person: dict[str, Any], call: tuple[str, str]) -> dict[str, Any]:
    day = random.choice([*WINDOW.days, WINDOW.start - timedelta(days=1)])
    seen = datetime(day.year, day.month, day.day, random.randrange(24), tzinfo=UTC)
    return {
        "principal_arn": person["principal_arn"],
        "principal_id": random.choice([person["principal_id"], person["principal_id"], "AIDAGONE"]),
        "principal_account": ACCOUNT,
        "principal_type": person["principal_type"],
        "event_source": f"{call[0]}.amazonaws.com",
        "event_name": call[1],
        "event_type": "AwsConsoleSignIn" if call[0] == "signin" else "AwsApiCall",
        "outcome": random.choice(["ok", "denied", "error"]),
        "via_service": random.random() < 0.3,
        "events": random.randrange(1, 9),
        "first_seen": seen,
        "last_seen": seen + timedelta(minutes=random.randrange(50)),
        "services": [],
        "error_codes": [],
        # Two events of one moment are told apart by nothing but their ids.
        "last_event_id": f"{seen:%d%H}-{call[0]}",
        "day": day,
    }


def _coverage(day: date) -> dict[str, Any]:
    known = {
        "region": "us-east-1",
        "files": 1,
        "bytes": 1,
        "other_events": 1,
        "late_for": [],
        "late_from": [],
        "provisional": False,
    }
    return {**dict.fromkeys(LOG_COVERAGE, 0), **known, "complete": True, "day": day}
