"""`cloudtracker athena cleanup`: remove what the Athena engine has made in AWS."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.errors import ConfigError, UsageError
from assets.number_words import number_of
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from assets.cloudtrail_usage.athena.cleanup import Traces

app = typer.Typer(no_args_is_help=True, help="What the engine of 'athena:' keeps in AWS.")


@app.callback()
def _athena() -> None:
    """What the engine of 'athena:' keeps in AWS."""


@app.command("cleanup")
def cleanup(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Remove the table over the logs, its database and leftover query results; logs and tables here stay.

    The next run makes the table again. While a run is under way elsewhere, its results would go too.
    """
    settings = load_settings(config or context.obj)
    if settings.athena is None:
        raise ConfigError(f"{settings.file}: no 'athena: {{s3_bucket: ...}}', so there is nothing to remove")
    from assets.cloudtrail_usage.athena.cleanup import find_traces, remove
    from assets.cloudtrail_usage.athena.client import Athena
    from pipeline.log_reading import athena_place, log_table

    athena = Athena(athena_place(settings.athena), log_table(settings.athena).database)
    with athena.results():
        traces = find_traces(athena)
        print("\n".join(_described(traces)))
        if traces.nothing:
            return
        if not yes and not _confirmed():
            raise UsageError("nothing was removed")
        remove(athena, traces)
    print("Removed")


def _confirmed() -> bool:
    try:
        return typer.confirm("Remove all that?")
    except typer.Abort:
        raise UsageError("nothing was removed: nobody answered; --yes removes without asking") from None


def _described(traces: "Traces") -> list[str]:
    if traces.nothing:
        return ["Nothing of CloudTracker is there"]
    lines = [f"table {traces.database}.{name}" for name in traces.tables]
    if traces.database and not traces.others:
        lines.append(f"database {traces.database}")
    if traces.others:
        lines.append(
            f"database {traces.database} stays: it holds other tables ({', '.join(traces.others[:3])})"
        )
    if traces.results:
        lines.append(f"{number_of(traces.results, 'object')} below {traces.place}")
    return lines
