"""Who had a grant before: users and roles are the same by their ids, and without one by their ARNs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.aws_actions.mapping import EventMapping
from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE, LOG_COVERAGE
from assets.expanded_grants.schema import GRANTS, PROBLEMS
from assets.iam_snapshots.principals import PRINCIPAL_COLUMNS
from assets.principal_diffs.diff import Granted, Used, diff, diff_in_ranges
from assets.principal_diffs.earlier_grants import EarlierGrants
from assets.principal_diffs.rules import VerdictRules
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from tests.assets.principal_diffs.accounts import WINDOW
from tests.build import ACCOUNT

ACTION = "s3:PutBucketTagging"


@pytest.mark.parametrize("compare", [diff, diff_in_ranges])
def test_a_grant_of_another_without_an_id_is_not_ones_own(compare: Any, facts: Path) -> None:
    aws_actions, iam_actions = Lake(facts).read("aws_actions"), Lake(facts).read("iam_actions")
    had, other = _person("had", ""), _person("other", "")
    again, named = _person("again", "AIDANEW"), _person("named", "AIDANAMED")
    people = [had, other, again, named]
    before = [
        had,
        {**again, "principal_id": "AIDAOLD"},
        {**named, "principal_arn": f"{named['principal_arn']}-old"},
    ]
    granted = Granted(
        ACCOUNT,
        pl.DataFrame(people, schema=PRINCIPAL_COLUMNS),
        pl.LazyFrame(schema=GRANTS),
        pl.DataFrame(schema=PROBLEMS),
        EarlierGrants(
            pl.LazyFrame([{**one, "action": ACTION} for one in before], schema=GRANTS).with_columns(
                day=pl.lit(WINDOW.start), account=pl.lit(ACCOUNT)
            )
        ),
    )
    used = Used(
        pl.LazyFrame([_use(one) for one in people], schema={**CLOUDTRAIL_USAGE, "day": pl.Date}),
        pl.LazyFrame(schema={**LOG_COVERAGE, "day": pl.Date}),
    )
    mapping = EventMapping.from_frames(aws_actions, iam_actions, DATA_FILES)
    rows = compare(granted, used, WINDOW, mapping, iam_actions, VerdictRules()).lazy().collect()
    found = dict(rows.filter(pl.col("action") == ACTION).select("principal_name", "reason").iter_rows())
    assert found == {
        "had": "revoked",
        "other": "possibly_resource_policy",
        "again": "possibly_resource_policy",
        "named": "revoked",
    }


def _person(name: str, id_: str) -> dict[str, Any]:
    return {
        "principal_arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "principal_id": id_,
        "principal_type": "user",
        "principal_name": name,
        "path": "/",
        "service_linked": False,
        "sso": False,
        "trust": "",
    }


def _use(person: dict[str, Any]) -> dict[str, Any]:
    seen = datetime(WINDOW.end.year, WINDOW.end.month, WINDOW.end.day, tzinfo=UTC)
    return {
        **{name: person[name] for name in ("principal_arn", "principal_id", "principal_type")},
        "event_source": "s3.amazonaws.com",
        "event_name": "PutBucketTagging",
        "event_type": "AwsApiCall",
        "outcome": "ok",
        "via_service": False,
        "events": 1,
        "first_seen": seen,
        "last_seen": seen,
        "last_event_id": "e",
        "day": WINDOW.end,
    }
