"""The grants of days: what a run of them asks for."""

from datetime import date

import polars as pl
import pytest

from assets.aws_actions.schema import IAM_ACTIONS
from assets.errors import StorageError
from assets.expanded_grants.days import GrantDays
from assets.iam_snapshots.schema import COLUMNS
from assets.partitions import Partition
from pipeline.lake import Lake
from tests.build import ACCOUNT
from tests.conftest import Account


def test_a_day_without_a_snapshot_is_named(account: Account) -> None:
    days = [Partition(date(2026, 6, 30), ACCOUNT)]
    snapshots = pl.LazyFrame(schema={**COLUMNS, "day": pl.Date(), "account": pl.String()})
    made = GrantDays(days, snapshots, pl.DataFrame(schema=IAM_ACTIONS), Lake(account.root), {})
    with pytest.raises(StorageError, match=rf"iam_snapshots: {ACCOUNT}\|2026-06-30 is not materialised"):
        next(made.grants())
