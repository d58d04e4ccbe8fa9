"""`cloudtracker who`: who used a role, and who may use it and did not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.errors import UsageError
from assets.number_words import number_of
from pipeline.cli.terminal import say

if TYPE_CHECKING:
    import polars as pl

    from pipeline.answers import Question


def who(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id.")],
    role: Annotated[str, typer.Option(help="Role, by name or ARN.")],
    start: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day. [default: lookback_days before the end]")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="DATE", help="Last day. [default: today]")] = None,
    format_: Annotated[str, typer.Option("--format", help="text, json or csv.")] = "text",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Print everybody who used a role: through which chain of roles, how often, when last, what only they used.

    Below that, who may assume it: '-' marks a trust that nobody needed in the window, '?' what cannot be known.
    """
    if format_ not in ("text", "json", "csv"):
        raise UsageError(f"--format {format_!r} is none of text, json, csv")
    from pipeline.answers import covered
    from pipeline.cli import classic
    from pipeline.cli.destination import make_sessions
    from pipeline.cli.whom import asked_about, principal_of
    from pipeline.plan import plan_grants
    from pipeline.who import may_of, trusted_accounts, users_of

    settings, lake, question, kind, name = asked_about(config or context.obj, account, None, role, start, end)
    make_sessions(settings, lake, question, {question.account.id})
    row = principal_of(lake, question, kind, name)
    for other in trusted_accounts(settings, row):
        classic.make(settings, plan_grants(lake, settings, other, question.window.end))
    users, use = users_of(lake, settings, question, row)
    may = may_of(lake, settings, question, row, use.sessions)
    classic.say_coverage(lake, settings, question)
    if format_ == "text":
        whole = len(covered(lake, question)) == question.window.length
        _print_text(question, {one.id: one.name for one in settings.accounts}, name, users, may, whole=whole)
    elif format_ == "json":
        _print_json(users, may)
    else:
        _print_csv(users, may)


def _print_text(
    question: "Question",
    names: dict[str, str],
    name: str,
    users: "pl.DataFrame",
    may: "pl.DataFrame",
    *,
    whole: bool,
) -> None:
    from pipeline.cli.output import PREFIX

    window = question.window
    # What others did on a day without logs is not known.
    alone = "only they used" if whole else "of all that the logs show, only they used"
    say(f"role {name} of account {question.account.name}, {window.start} to {window.end}")
    say(f"used by {users.height:,}:" if users.height else "used by nobody that the logs show")
    for row in users.to_dicts():
        say(f"  {_origin(row)}")
        often = f"{number_of(row['sessions'], 'session')}, {number_of(row['events'], 'event')}"
        last = f", last {row['last_used']:%Y-%m-%d %H:%M:%S}" if row["last_used"] else ""
        say(f"      {often}{last} ({row['certainty']})")
        for way in row["through"]:
            say(f"      through {way}")
        if row["only"]:
            say(f"      {alone} {', '.join(row['only'])}")
    say("may assume it:" if may.height else "nobody may assume it")
    for row in may.to_dicts():
        told = "" if row["may"] == "yes" else f" [{row['may']}]"
        say(f"{PREFIX[row['status']]}{row['kind']} {_place(row, names)}{told}: {row['because']}")


def _origin(row: dict[str, Any]) -> str:
    kind = row["origin_type"].replace("_", " ")
    name = row["origin_name"] or (row["origin_account"] if kind == "account" else "")
    if kind == "unknown":
        return f"source identity {name}" if name else "somebody unknown"
    return f"{kind} {name}".strip()


def _place(row: dict[str, Any], names: dict[str, str]) -> str:
    if row["kind"] in ("user", "role"):
        return f"{row['name']} of {names.get(row['account'], row['account'])}"
    return names.get(row["principal"], str(row["principal"]))


def _print_json(users: "pl.DataFrame", may: "pl.DataFrame") -> None:
    from pipeline.cli.output import print_objects

    print_objects({"used": users.to_dicts(), "may": may.to_dicts()})


def _print_csv(users: "pl.DataFrame", may: "pl.DataFrame") -> None:
    import polars as pl

    from pipeline.cli.output import print_data

    sections = [
        users.select(pl.lit("used").alias("section"), pl.all()),
        may.select(pl.lit("may").alias("section"), pl.all()),
    ]
    ways = sections[0].with_columns(pl.col("through").list.join("; "))
    print_data(pl.concat([ways, sections[1]], how="diagonal"), "csv")
