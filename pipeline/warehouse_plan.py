"""What the asset `warehouse` is made from, and who publishes, where the configuration names a warehouse."""

from collections.abc import Iterable, Mapping
from datetime import date

from assets.partitions import AccountPartition, DayPartition, Partition
from pipeline.offered_tables import OFFERED
from pipeline.plan import ranges
from pipeline.publishing import Publisher, publisher_of
from pipeline.settings import AccountSettings, Settings
from pipeline.steps import Step

WAREHOUSE = "warehouse"


def published_assets(settings: Settings) -> tuple[list[str], list[str], list[str]]:
    """Return the tables of the lake that are published: all of them, those cut by account, those cut by day."""
    assert settings.warehouse is not None
    names = {source for name in settings.warehouse.tables for source in OFFERED[name].made_from}
    ordered = [name for name in OFFERED if name in names]
    cut = {
        kind: [name for name in ordered if OFFERED[name].table.cut is kind]
        for kind in (AccountPartition, DayPartition)
    }
    return ordered, cut[AccountPartition], cut[DayPartition]


def publisher(settings: Settings) -> Publisher | None:
    """Return who publishes; None where the configuration names no warehouse."""
    return publisher_of(settings) if settings.warehouse is not None else None


def publish_steps(settings: Settings, account: AccountSettings, days: Iterable[date]) -> list[Step]:
    """Return the runs that load what is new of an account into the warehouse; none where none is configured.

    Of these days and of those that were published before, none before `first_day`.
    """
    return publish_all_steps(settings, {account.id: days})


def publish_all_steps(settings: Settings, days: Mapping[str, Iterable[date]]) -> list[Step]:
    """Return the runs that load what is new of many accounts (their days by id), likewise."""
    publishes = publisher(settings)
    outdated: dict[str, list[date]] = {account: [] for account in days}
    for one in publishes.to_publish(days) if publishes else ():
        if one.day >= settings.first_day:
            outdated[one.account].append(one.day)
    return [
        Step(
            f"{settings.account(account).name}, warehouse",
            (WAREHOUSE,),
            tuple(Partition(day, account) for day in window.days),
        )
        for account, found in outdated.items()
        for window in ranges(found)
    ]
