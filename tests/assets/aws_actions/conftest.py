from typing import NamedTuple

import polars as pl
import pytest

from assets.aws_actions.botocore_models import operations
from assets.aws_actions.catalogue import published_actions
from assets.aws_actions.event_mapping import EventMapping
from assets.aws_actions.facts import DATA_FOLDER, read_facts
from assets.aws_actions.mapping import build_aws_actions, build_iam_actions


class Tables(NamedTuple):
    operations: pl.DataFrame
    published: pl.DataFrame
    aws_actions: pl.DataFrame
    iam_actions: pl.DataFrame


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The tables as the installed packages and the shipped facts yield them."""
    calls, published = operations(), published_actions()
    aws_actions = build_aws_actions(calls, published, read_facts())
    return Tables(calls, published, aws_actions, build_iam_actions(aws_actions, published))


@pytest.fixture(scope="session")
def mapping(tables: Tables) -> EventMapping:
    return EventMapping.from_frames(tables.aws_actions, tables.iam_actions, DATA_FOLDER)
