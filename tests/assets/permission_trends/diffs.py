"""Hand-made diffs: a day of an account written as `{(principal, action): status}`."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count

import polars as pl

from assets.expanded_grants.schema import GRANTS, SOURCES
from assets.expanded_grants.standing import STANDING
from assets.iam_snapshots.schema import COLUMNS
from assets.partitions import Partition
from assets.principal_diffs.schema import PRINCIPAL_DIFFS
from pipeline.lake import Lake
from tests.build import iam

ACCOUNT = "111111111111"
Key = tuple[str, str]
_UNKNOWN_TIMES = {name: None for name, dtype in COLUMNS.items() if dtype.is_temporal()}
_times = count(1)

_NOTHING: dict[str, object] = {
    "reason": "",
    "restricted": False,
    "events": 0,
    "denied_events": 0,
    "error_events": 0,
    "window_days": 90,
    "covered_days": 90,
    "mapping_version": "m",
    "access_level": "Read",
    "last_event_id": "",
    "excluded": False,
    "exclusion": "",
}


def arn(name: str) -> str:
    """Return the ARN of a user."""
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def diff_rows(statuses: Mapping[Key, str], **more: object) -> pl.DataFrame:
    """Return `principal_diffs`; a principal `name@2` is the user `name` with another id."""
    rows = [
        {
            **dict.fromkeys(PRINCIPAL_DIFFS),
            **_NOTHING,
            **person(who),
            "action": action,
            "status": status,
            "removable": "" if status == "not_granted" else "yes",
            "last_event_id": "event" if status in ("used", "not_granted") else "",
            **more,
        }
        for (who, action), status in statuses.items()
    ]
    return pl.DataFrame(rows, schema=PRINCIPAL_DIFFS, orient="row").sort("principal_arn", "action")


def person(who: str) -> dict[str, str]:
    """Return the columns that say who it is."""
    name, _, number = who.partition("@")
    return {
        "principal_arn": arn(name),
        "principal_id": f"AIDA{name}{number}",
        "principal_type": "user",
        "principal_name": name,
    }


def people(*names: str) -> pl.DataFrame:
    """Return users as `stored.people_on` does."""
    columns = ("principal_arn", "principal_id", "principal_type", "principal_name")
    return pl.DataFrame([person(name) for name in names], schema=dict.fromkeys(columns, pl.String()))


def grants(statements: Mapping[Key, list[str]]) -> pl.DataFrame:
    """Return `expanded_grants` from the ids of the statements behind each permission."""
    rows = [
        {
            **dict.fromkeys(GRANTS),
            **person(who),
            "action": action,
            "access_level": "Read",
            "restricted": False,
            "granted_by": ids,
            "restricted_by": [],
            "unverified": False,
            "unknown_action": False,
            "only_aws_managed": False,
        }
        for (who, action), ids in statements.items()
    ]
    return pl.DataFrame(rows, schema=GRANTS, orient="row")


def source(identifier: str, pattern: str, **more: object) -> pl.DataFrame:
    """Return one row of `grant_sources`: statement 0 of alice's inline policy, unless said otherwise."""
    row = {
        "id": identifier,
        "policy_arn": None,
        "policy_name": "own",
        "policy_kind": "inline",
        "used_as": "identity",
        "attached_to": arn("alice"),
        "group": "",
        "statement": 0,
        "sid": "",
        "pattern": pattern,
        "pattern_kind": "Action",
        "effect": "Allow",
        "condition": "",
        "resources": '["*"]',
        "not_resources": False,
    }
    return pl.DataFrame([{**row, **more}], schema=SOURCES, orient="row")


def standing_of(*ids: str) -> Callable[[Collection[str], Collection[str]], pl.DataFrame]:
    """Return what `StoredDay.standing` is where these statements stand in everybody's policies."""

    def standing(principal_arns: Collection[str], patterns: Collection[str]) -> pl.DataFrame:
        assert patterns
        rows = [(one, id_) for one in principal_arns for id_ in ids]
        return pl.DataFrame(rows, schema=STANDING, orient="row")

    return standing


def write_day(
    lake: Lake, day: date, statuses: Mapping[Key, str], everyone: tuple[str, ...] = (), **more: object
) -> None:
    """Store a day: the diff, a snapshot of its principals (and `everyone`), grants and one statement for all.

    Each day is written later than whatever was written before it.
    """
    at = written_next()
    names = sorted({*everyone, *(who for who, _ in statuses)})
    snapshot = [
        {
            **dict.fromkeys(COLUMNS),
            "kind": "user",
            "arn": person(who)["principal_arn"],
            "id": person(who)["principal_id"],
            "name": person(who)["principal_name"],
        }
        for who in names
    ]
    # Nobody carries a policy in it: the statement is gone with the last of its grants.
    snapshot.append(
        {**dict.fromkeys(COLUMNS, ""), **_UNKNOWN_TIMES, "kind": "document", "document": json.dumps(iam())}
    )
    granted = {key: ["s"] for key, status in statuses.items() if status != "not_granted"}
    partition = Partition(day, ACCOUNT)
    lake.write("principal_diffs", diff_rows(statuses, **more), partition, at)
    lake.write("iam_snapshots", pl.DataFrame(snapshot, schema=COLUMNS, orient="row"), partition, at)
    lake.write("expanded_grants", grants(granted), partition, at)
    lake.write("grant_sources", source("s", "x:*"), partition, at)


def written_next() -> datetime:
    """Return a time that is later than all that were returned before."""
    return datetime(2026, 7, 1, tzinfo=UTC) + timedelta(seconds=next(_times))
