"""Right-sized policies and replays, read from the tables."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.aws_actions.mapping import EventMapping
from assets.errors import InputError
from assets.expanded_grants.attachments import Holdings
from assets.partitions import Partition
from assets.principal_diffs.activity import usage_of
from assets.right_sized_policies.policies import RightSized, policy_of
from assets.right_sized_policies.replay import replayed, with_policies
from assets.unmapped_events.unmapped import unmapped
from pipeline.answers import Question, diff_of, held_by
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from pipeline.settings import Settings


def right_sized_policy(
    lake: Lake, settings: Settings, question: Question, principal: Mapping[str, Any]
) -> tuple[RightSized, Holdings]:
    """Return the policy that would have been enough in the window, and what the principal holds now."""
    held = held_by(lake, question, principal["principal_arn"])
    return policy_of(_verdicts(lake, settings, question, principal), held, _catalogue(lake)), held


def replay(
    lake: Lake, settings: Settings, question: Question, principal: Mapping[str, Any], file: Path
) -> pl.DataFrame:
    """Return what the policies of a file would have said to the window's calls: see `replay.replayed`.

    Raises `InputError` where the file holds no policy, or a statement that cannot be read.
    """
    held, problems = with_policies(held_by(lake, question, principal["principal_arn"]), read_policies(file))
    if problems:
        raise InputError(f"{file}: {problems[0]}; correct it, a statement that is left out would be refused")
    return replayed(_verdicts(lake, settings, question, principal), held, _catalogue(lake))


def unmapped_calls(lake: Lake, question: Question, principal: Mapping[str, Any]) -> pl.DataFrame:
    """Return the principal's calls of the window that map to no action, as `UNMAPPED_EVENTS`.

    Nobody can say which action they need, hence neither which policy allows them. What was refused used nothing.
    """
    who = pl.DataFrame([dict(principal)]).select("principal_arn", "principal_id")
    days = [Partition(day, question.account.id) for day in question.window.days]
    calls = usage_of(who, lake.scan("cloudtrail_usage", days)).filter(
        (pl.col("event_type") == "AwsApiCall") & (pl.col("outcome") != "denied")
    )
    facts = lake.read("aws_actions"), lake.read("iam_actions")
    return unmapped(calls, EventMapping.from_frames(*facts, DATA_FILES))


def read_policies(file: Path) -> list[dict[str, Any]]:
    """Read a policy document, or a list of them, from a JSON file. Raises `InputError`."""
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: is not JSON ({error}); give a policy document or a list of them") from None
    listed = found if isinstance(found, list) else [found]
    for number, one in enumerate(listed, start=1):
        if not isinstance(one, dict) or "Statement" not in one:
            raise InputError(f"{file}: document {number} is no policy: it has no Statement")
    return listed


def _verdicts(
    lake: Lake, settings: Settings, question: Question, principal: Mapping[str, Any]
) -> pl.DataFrame:
    return diff_of(lake, settings, question, principal["principal_arn"])


def _catalogue(lake: Lake) -> Catalogue:
    return Catalogue.from_frame(lake.read("iam_actions"))
