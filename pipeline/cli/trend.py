"""`cloudtracker trend`: how much is granted and used, week by week."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.errors import UsageError
from assets.number_words import number_of
from pipeline.cli.dates import parsed
from pipeline.cli.terminal import say_aside
from pipeline.settings import AccountSettings, Settings, load_settings

if TYPE_CHECKING:
    import polars as pl

    from pipeline.lake import Lake
    from pipeline.trend_series import Weeks

MOST_WEEKS = 520
MOST_NAMED = 5


def trend(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id, or 'all': the organisation.")],
    user: Annotated[str | None, typer.Option(help="Only this user, by name or ARN.")] = None,
    role: Annotated[str | None, typer.Option(help="Only this role, by name or ARN.")] = None,
    weeks: Annotated[int, typer.Option(help="How many weeks.")] = 12,
    end: Annotated[str | None, typer.Option(metavar="DATE", help="Last day. [default: today]")] = None,
    format_: Annotated[str, typer.Option("--format", help="text, json or csv.")] = "text",
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours, on a terminal either.")] = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Show unused, used and unknown permissions and the risk score, week by week, each on its last stored day.

    It draws them on a terminal and prints the numbers elsewhere. Only days that were made are shown: see
    'cloudtracker run'.
    """
    if format_ not in ("text", "json", "csv"):
        raise UsageError(f"--format {format_!r} is none of text, json, csv")
    if not 1 <= weeks <= MOST_WEEKS:
        raise UsageError(f"--weeks {weeks} is not between 1 and {MOST_WEEKS}")
    if user is not None and role is not None:
        raise UsageError("say --user NAME or --role NAME, not both")
    principal = ("user", user) if user is not None else ("role", role) if role is not None else None
    if account == "all" and principal is not None:
        raise UsageError(f"--{principal[0]} needs one account, not 'all'")
    settings = load_settings(config or context.obj)
    chosen = None if account == "all" else settings.account(account)
    from pipeline.answers import window_asked
    from pipeline.lake import Lake
    from pipeline.trend_series import Weeks, series, unlike_coverage

    lake = Lake(settings.root)
    asked = Weeks(window_asked(settings, None, parsed("--end", end)).end, weeks)
    _make(settings, lake, chosen, asked)
    rows = series(lake, asked, chosen, principal)
    _say_unlike_coverage(settings, unlike_coverage(lake, rows, chosen), chosen)
    if format_ != "text":
        from pipeline.cli.output import print_data

        print_data(rows, format_)
        return
    from pipeline.cli.trend_chart import print_trend

    whose = f"{chosen.name} ({chosen.id})" if chosen else _all_of(settings)
    title = f"{principal[0]} {principal[1]} of {whose}" if principal else whose
    print_trend(title, rows, color=not no_color)
    if chosen is None:
        _say_who_is_missing(rows, len(settings.accounts))


def _all_of(settings: Settings) -> str:
    count = len(settings.accounts)
    return "the one account" if count == 1 else f"all {count} accounts"


def _say_unlike_coverage(settings: Settings, unlike: list[str], chosen: AccountSettings | None) -> None:
    if not unlike:
        return
    # Accounts that are configured no more are summed up, too.
    names = {one.id: one.name for one in settings.accounts}
    named = ", ".join(names.get(account, account) for account in unlike[:MOST_NAMED])
    more = f" and {len(unlike) - MOST_NAMED} more" if len(unlike) > MOST_NAMED else ""
    where = "" if chosen else f" for {number_of(len(unlike), 'account')} ({named}{more})"
    say_aside(
        f"the days with complete logs differ between these weeks{where}: what changed may come of the logs, not of use"
    )


def _say_who_is_missing(rows: "pl.DataFrame", accounts: int) -> None:
    for day, summed in rows.select("day", "accounts").drop_nulls().iter_rows():
        if summed < accounts:
            say_aside(
                f"{day}: only {summed} of {accounts} accounts {'is' if summed == 1 else 'are'} stored and summed up"
            )


def _make(settings: Settings, lake: "Lake", chosen: AccountSettings | None, weeks: "Weeks") -> None:
    """Make the trends that the stored diffs are ahead of; Dagster is imported only where there is something to do."""
    from pipeline.trend_plan import stale_organization
    from pipeline.trend_series import plan_trends

    accounts = settings.accounts if chosen is None else (chosen,)
    plans = {one.id: plan_trends(lake, settings, one, weeks) for one in accounts}
    organization = stale_organization(lake, weeks.days) if chosen is None else []
    if all(plan.nothing for plan in plans.values()) and not organization:
        return
    from pipeline.cli.bar import Bar
    from pipeline.runs import carry_out_all, told
    from pipeline.steps import ALL_ACCOUNTS

    with Bar() as bar:
        failed = carry_out_all(settings, accounts, lambda one: plans[one.id], bar, organization=organization)
    for name, error in failed.items():
        if chosen is not None or name == ALL_ACCOUNTS:
            # What is stored would be shown as if it were up to date.
            raise error
        say_aside(told(name, error))
