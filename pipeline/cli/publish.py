"""`cloudtracker publish`: load partitions of the tables into the configured warehouse."""

from pathlib import Path
from typing import Annotated

import typer

from assets.number_words import number_of
from pipeline.cli.dates import parsed
from pipeline.settings import load_settings


def publish(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id, or 'all'.")] = "all",
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="First day. [default: lookback_days before the last]"),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day. [default: today]")] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Also what has not changed since it was published.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Load the days of the tables into the warehouse that the configuration names.

    A day of an account is replaced whole, in one transaction where the warehouse has them: loading it again leaves
    each row once. Only days that changed since they were last published are loaded.
    """
    settings = load_settings(config or context.obj)
    chosen = settings.accounts if account == "all" else (settings.account(account),)
    from assets.partitions import Partition
    from pipeline.answers import window_asked
    from pipeline.publishing import publisher_of

    window = window_asked(settings, parsed("--from", from_), parsed("--to", to), ("--from", "--to"))
    publisher = publisher_of(settings)
    partitions = [Partition(day, one.id) for day in window.days for one in chosen]
    wanted = partitions if everything else publisher.outdated(partitions)
    counts = publisher.publish(wanted) if wanted else {}
    noun = "day and account" if len(partitions) == 1 else "days and accounts"
    print(f"{publisher.warehouse.label}: {len(wanted):,} of {len(partitions):,} {noun} loaded")
    if not wanted:
        print(
            "  the others were loaded before and have not changed since, or are not made; --everything loads all"
        )
    for table, count in counts.items():
        print(f"  {table}: {number_of(count, 'row')}")
