"""The accounts of the configuration as Dagster's dynamic partitions."""

import dagster as dg

from assets.partitions import ACCOUNTS
from pipeline.settings import Settings


def register_accounts(instance: dg.DagsterInstance, settings: Settings) -> None:
    """Make the accounts of the configuration partitions; those that are there already stay."""
    instance.add_dynamic_partitions(ACCOUNTS, [account.id for account in settings.accounts])
