"""Reads the trails of an account: DescribeTrails, and of each GetEventSelectors and GetTrailStatus.

Source: AWS CloudTrail API Reference. DescribeTrails tells, in one region, the trails of that region, those of all
regions and those of the organisation; a trail is asked about in its home region, by its ARN.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl

from assets.aws_access.access import AwsAccess, Connection
from assets.aws_access.failures import in_words
from assets.errors import InputError
from assets.trail_settings.schema import KEY, TRAIL_SETTINGS

_ELSE = ", or say in 'trails:' of the configuration what is recorded"


def read_trails(access: AwsAccess, read_at: datetime) -> pl.DataFrame:
    """Return the columns of `schema.TRAIL_SETTINGS`, a row a trail, sorted by ARN.

    What a member account may not ask about an organisation's trail is null, with the reason in `problem`. Raises
    `InputError` or `RunError` naming the account where the account's own trails cannot be read.
    """
    connection = access.connect()
    with in_words(access.place, "cloudtrail", _ELSE):
        trails = connection.client("cloudtrail").describe_trails(includeShadowTrails=True)["trailList"]
    rows = {trail["TrailARN"]: _row(connection, trail, read_at) for trail in trails}
    return pl.DataFrame(list(rows.values()), schema=TRAIL_SETTINGS, orient="row").sort(KEY)


def _row(connection: Connection, trail: dict[str, Any], read_at: datetime) -> tuple[object, ...]:
    arn, home = trail["TrailARN"], trail.get("HomeRegion") or connection.region
    client = connection.client("cloudtrail", home)
    theirs = bool(trail.get("IsOrganizationTrail")) and arn.split(":")[4] != connection.account
    problems: list[str] = []

    def asked(call: Callable[[], Any]) -> Any:
        try:
            with in_words(connection.place, "cloudtrail", _ELSE):
                return call()
        except InputError as error:
            # Another account's trail may be closed to this one, which is no fault of this account's settings.
            if not theirs:
                raise
            problems.append(str(error))
            return None

    selectors = asked(lambda: _selectors(client.get_event_selectors(TrailName=arn)))
    logging = asked(lambda: bool(client.get_trail_status(Name=arn)["IsLogging"]))
    return (
        arn,
        trail.get("Name") or arn.rpartition("/")[2],
        home,
        bool(trail.get("IsMultiRegionTrail")),
        bool(trail.get("IsOrganizationTrail")),
        trail.get("S3BucketName"),
        (trail.get("S3KeyPrefix") or "").strip("/"),
        logging,
        selectors,
        "; ".join(problems),
        read_at,
    )


def _selectors(answer: dict[str, Any]) -> str:
    kept = {key: answer.get(key) or [] for key in ("AdvancedEventSelectors", "EventSelectors")}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"))
