"""`cloudtracker snapshot`: take today's snapshot of what is granted, and of what the trails record."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.errors import ConfigError, RunError
from assets.number_words import number_of
from pipeline.cli.terminal import say_aside
from pipeline.settings import AccountSettings, Settings, load_settings

if TYPE_CHECKING:
    from pipeline.lake import Lake


def snapshot(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id, or 'all'.")],
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Take today's snapshot of the IAM data, though one is there, and find the organisation's accounts anew.

    Past days are filled from the nearest snapshot. Accounts follow one another, and one that fails does not stop
    the others.
    """
    from pipeline.cli.bar import Bar
    from pipeline.lake import Lake
    from pipeline.organization import find_accounts
    from pipeline.plan import plan_snapshot
    from pipeline.runner import RunOptions
    from pipeline.runs import carry_out_all, told
    from pipeline.steps import ALL_ACCOUNTS

    settings, lines = find_accounts(load_settings(config or context.obj))
    for line in lines:
        say_aside(line)
    chosen = _chosen(settings, account)
    plans = {one.id: plan_snapshot(settings, one) for one in chosen}
    for day in sorted({day for plan in plans.values() for day in plan.snapshots}):
        if day < settings.first_day:
            raise ConfigError(
                f"{settings.file}: key 'first_day': {settings.first_day} lies after the day of the snapshot, {day}"
            )
    with Bar() as bar:
        failed = carry_out_all(
            settings, chosen, lambda one: plans[one.id], bar, options=RunOptions(anew=True)
        )
    lake = Lake(settings.root)
    for one in chosen:
        if one.name not in failed:
            print(_line(lake, settings, one, plans[one.id].snapshots[0]))
    if account != "all" and failed:
        raise next(iter(failed.values()))
    for name, error in failed.items():
        # Errors of AWS name the account themselves.
        named = str(error).startswith(f"account {name} ")
        say_aside(error if named else told(name, error))
    count = len(failed.keys() - {ALL_ACCOUNTS})
    if count:
        others = "" if count == len(chosen) else "; the snapshots of the others are taken"
        raise RunError(f"{count} of {number_of(len(chosen), 'account')} failed{others}")
    if failed:
        raise RunError("the snapshots are taken; the days of all accounts could not be summed up")


def _chosen(settings: Settings, account: str) -> tuple[AccountSettings, ...]:
    if account != "all":
        one = settings.account(account)
        if one.iam is None:
            raise ConfigError(
                f"{settings.file}: account {one.name} has no 'iam:' to take a snapshot of; name the file of"
                " 'aws iam get-account-authorization-details', or say 'iam: live'"
            )
        return (one,)
    for one in settings.accounts:
        if one.iam is None:
            say_aside(f"account {one.name} has no 'iam:', no snapshot is taken")
    return tuple(one for one in settings.accounts if one.iam is not None)


def _line(lake: "Lake", settings: Settings, account: AccountSettings, day: date) -> str:
    import polars as pl

    from assets.partitions import Partition
    from pipeline.plan import SNAPSHOT, TRAILS
    from pipeline.sources import trails_are_read

    rows = lake.scan(SNAPSHOT, [Partition(day, account.id)])
    kinds = dict(rows.group_by("kind").len().collect().iter_rows())
    counts = [_count(kinds.get(kind, 0), kind) for kind in ("user", "role", "group", "policy")]
    taken_at, source = rows.select(pl.col("taken_at", "taken_at_source").first()).collect().row(0)
    if trails_are_read(settings, account):
        trails = lake.scan(TRAILS, [Partition(day, account.id)]).select(pl.len()).collect().item()
        counts.append(_count(trails, "trail"))
    when = f"{taken_at:%Y-%m-%d %H:%M:%S} UTC ({source.replace('_', ' ')})"
    return f"{account.name} ({account.id}), {day}: {', '.join(counts)}; taken at {when}"


def _count(number: int, kind: str) -> str:
    return number_of(number, kind, "policies" if kind == "policy" else None)
