"""`cloudtracker`: the original's flags at the top level, the sub-commands below it."""

import pipeline.cli.environment  # noqa: F401

# Before anything that imports Polars.
# isort: split
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assets.errors import INTERRUPTED, CloudTrackerError, UnforeseenError, UsageError
from pipeline.cli import (
    actions,
    athena,
    checks,
    dev,
    dictionary,
    expand,
    explain,
    export,
    grants,
    map_event,
    policy,
    publish,
    report,
    run,
    snapshot,
    tables,
    trend,
    who,
)
from pipeline.cli.terminal import say_aside
from pipeline.interrupts import listen, received, say_interrupted

EPILOG = (
    "Exit codes: 0 answered, 1 the answer holds what --fail-on names, or a check's error stands,"
    " 2 wrong flags or configuration, 3 an input file cannot be read,"
    " 4 the tables cannot be read or written, 5 a run failed, 70 something that was not thought of, 130 interrupted."
)
# What Click puts into the place of stdout then.
_READER_GONE = "PacifyFlushWrapper"
app = typer.Typer(
    name="cloudtracker",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=EPILOG,
)
app.command(
    "run",
    short_help="Materialise every table for a range of days.",
    epilog="Example: cloudtracker run --account all --from 2026-06-01 --to 2026-06-30",
)(run.run)
app.command(
    "snapshot",
    short_help="Take today's snapshot of what is granted.",
    epilog="Example: cloudtracker snapshot --account all",
)(snapshot.snapshot)
app.command("tables", short_help="Say which partitions exist, how many rows, from when.")(tables.tables)
app.command(
    "report",
    short_help="Write the report of a day as one HTML file.",
    epilog="Example: cloudtracker report --account all --output report.html",
)(report.report)
app.command(
    "policy",
    short_help="Write the policy that would have been enough, or replay one.",
    epilog="Example: cloudtracker policy --account demo --user alice",
)(policy.policy)
app.command("checks", short_help="Print what the tables promise and do not keep.")(checks.checks)
app.command("grants", short_help="Say what a user or role is granted, and through what.")(grants.grants)
app.command("explain", short_help="Tell the whole story of one action for one user or role.")(explain.explain)
app.command("expand", short_help="Print the actions that a pattern means.")(expand.expand)
app.command("map-event", short_help="Say which actions a CloudTrail event needs.")(map_event.map_event)
app.command("publish", short_help="Load days of the tables into the warehouse.")(publish.publish)
app.command(
    "export",
    short_help="Write a day's findings as OCSF, CSV or JSON.",
    epilog="Example: cloudtracker export --account all --format ocsf --output findings.ndjson",
)(export.export)
app.command("dictionary", short_help="Print the data dictionary of the tables.")(dictionary.dictionary)
app.command("who", short_help="Say who used a role, and who may and did not.")(who.who)
app.command(
    "trend",
    short_help="Show how unused permissions and risk develop, week by week.",
    epilog="Example: cloudtracker trend --account demo --user alice --weeks 8",
)(trend.trend)
app.command("dev", short_help="Open the tables in the Dagster UI.")(dev.dev)
app.add_typer(actions.app, name="actions")
app.add_typer(athena.app, name="athena")


class Kind(StrEnum):
    """What `--list` lists."""

    USERS = "users"
    ROLES = "roles"


class Format(StrEnum):
    """How an answer is given."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


@app.callback(invoke_without_command=True)
def cloudtracker(
    context: typer.Context,
    account: Annotated[
        str | None, typer.Option(help="Account, by its name or id in the configuration.")
    ] = None,
    list_: Annotated[
        Kind | None, typer.Option("--list", help="List the users or roles; '-' were never active.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="User (name or ARN) to compare: granted against used.")
    ] = None,
    role: Annotated[
        str | None, typer.Option(help="Role (name or ARN) to compare: granted against used.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day. [default: lookback_days before the end]")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="DATE", help="Last day. [default: today]")] = None,
    show_used: Annotated[bool, typer.Option("--show-used", help="Only what was used.")] = False,
    ignore_benign: Annotated[
        bool, typer.Option("--ignore-benign", help="Leave out List* and Describe*.")
    ] = False,
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Leave out what cannot be known ('?').")
    ] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours, on a terminal either.")] = False,
    format_: Annotated[
        Format, typer.Option("--format", help="text as the original's, or every column as data.")
    ] = Format.TEXT,
    config: Annotated[Path, typer.Option(metavar="FILE", help="Configuration.")] = Path("config.yaml"),
    iam: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="IAM data to compare with instead of the stored snapshot."),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATUS",
            help="Exit code 1 where a line is unused, not_granted or unknown; several with commas, or again.",
        ),
    ] = None,
    destrole: Annotated[
        str | None, typer.Option(help="With --user or --role: what they did in this role.")
    ] = None,
    destaccount: Annotated[
        str | None, typer.Option(help="Account of --destrole. [default: that of --account]")
    ] = None,
    skip_setup: Annotated[
        bool, typer.Option("--skip-setup", help="Athena's database and table are there: do not make them.")
    ] = False,
) -> None:
    """Compares what AWS IAM grants with what CloudTrail shows was used.

    \b
    cloudtracker --account demo --user alice      a line for each permission:
          s3:getobject    granted and used
        - s3:getobject    granted and never used
        ? s3:getobject    granted, and whether it was used cannot be known
        + s3:getobject    used without a grant
    cloudtracker --account demo --list users      who was active, and who never was (-)
    cloudtracker run --account all                make the tables of the last 90 days

    What the answer needs and is not there yet is made first; everything else is read from the tables.
    """
    context.obj = config
    if context.invoked_subcommand is not None:
        _refuse_flags_before_a_command(context)
        return
    from pipeline.cli import classic
    from pipeline.cli.fail_on import statuses

    asked = classic.Asked(
        config=config,
        account=account,
        listed=list_.value if list_ else None,
        user=user,
        role=role,
        start=start,
        end=end,
        show_used=show_used,
        ignore_benign=ignore_benign,
        ignore_unknown=ignore_unknown,
        color=not no_color and "NO_COLOR" not in os.environ and sys.stdout.isatty(),
        format=format_.value,
        iam=iam,
        fail_on=statuses(fail_on or ()),
        skip_setup=skip_setup,
    )
    if destrole is not None or destaccount is not None:
        from pipeline.cli import destination

        code = destination.answer(asked, destination.Destination(destrole, destaccount))
    else:
        code = classic.answer(asked)
    if code:
        raise typer.Exit(code)


def _refuse_flags_before_a_command(context: typer.Context) -> None:
    # `cloudtracker --account demo run` would silently forget the account.
    for name, value in context.params.items():
        if name not in ("config",) and value not in (None, False, (), [], Format.TEXT):
            flag = "--" + name.rstrip("_").replace("_", "-")
            raise UsageError(
                f"{flag} stands before '{context.invoked_subcommand}'; put the flags behind the command"
            )


def main() -> None:
    """Run the command; errors become a line on stderr and an exit code."""
    listen()
    try:
        try:
            app()
        except SystemExit:
            # What cannot be written is found now: at its end Python would make a traceback of it.
            _write_all()
            raise
    except SystemExit as end:
        # Typer turns ctrl-C into this exit code, without a word, and a reader that has gone into the one of --fail-on.
        if end.code == INTERRUPTED:
            say_interrupted()
        if type(sys.stdout).__name__ == _READER_GONE:
            _end_without_reader()
        raise
    except BrokenPipeError:
        _end_without_reader()
    except BaseException as error:
        # A panic of Polars is no Exception.
        if received():
            # In the middle of something else it may come back as any error.
            say_interrupted()
            sys.exit(INTERRUPTED)
        if isinstance(error, CloudTrackerError):
            say_aside(error)
            sys.exit(error.exit_code)
        ends = not isinstance(error, Exception) and type(error).__name__ != "PanicException"
        if ends or os.environ.get("CLOUDTRACKER_DEBUG"):
            raise
        told = _told(error)
        say_aside(told)
        if isinstance(error, OSError):
            _leave_output()
        sys.exit(told.exit_code)


def _end_without_reader() -> None:
    """End where the reader (head, less) has gone: that is its right, and no error."""
    _leave_output()
    # But what a script goes by was not answered to its end.
    sys.exit(any(word.partition("=")[0] in ("--fail-on", "checks") for word in sys.argv[1:]))


def _write_all() -> None:
    try:
        # Where it is closed it is None.
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # What --fail-on says stays.
        _leave_output()


def _leave_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _told(error: BaseException) -> CloudTrackerError:
    # 1 would read as what --fail-on names.
    if "polars" in sys.modules or isinstance(error, OSError):
        from pipeline.damaged_files import damaged
        from pipeline.full_disk import full_disk

        if (file := full_disk(error) or damaged(error)) is not None:
            return file
    reason = str(error).partition("\n")[0]
    return UnforeseenError(
        f"{type(error).__name__}: {reason}; finished tables are kept. CLOUDTRACKER_DEBUG=1 shows where it was,"
        " please report it"
    )
