"""The accounts of the configuration as Dagster's dynamic partitions."""

from collections.abc import Sequence

import dagster as dg

from assets.partitions import ACCOUNTS
from pipeline.settings import Settings


def register_accounts(instance: dg.DagsterInstance, settings: Settings) -> None:
    """Make the accounts of the configuration partitions; those that are there already stay."""
    instance.add_dynamic_partitions(ACCOUNTS, [account.id for account in settings.accounts])


def registered_accounts(instance: dg.DagsterInstance) -> Sequence[str]:
    """Return the accounts that are partitions, in the order that ranges of them follow; also such as are gone."""
    return instance.get_dynamic_partitions(ACCOUNTS)
