"""What the logs and the IAM data do not say, in plain words."""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from assets.number_words import number_of
from assets.principal_diffs.coverage import DELIVERED, Window
from assets.principal_diffs.schema import REASONS
from assets.trend_report.inputs import AccountDay

_QUIET_DAYS = 7
_MOST_PROBLEMS = 50


def coverage_words(account: AccountDay) -> list[str]:
    """Return sentences about the days, regions, permissions and policies that the verdicts know too little of."""
    window, covered = account.window, len(account.covered)
    words = [
        f"The logs are complete on {covered} of the {window.length} days: 'unused' means unused on these."
    ]
    if covered == window.length:
        all_days = "the only day" if covered == 1 else f"all {covered} days"
        words = [f"The logs are complete on {all_days} of the window."]
    elif not covered:
        words = ["The logs are complete on no day of the window."]
    return [
        *words,
        *_unlike_before(account),
        *_days_without_logs(account),
        *_days_cut_short(account.coverage),
        *_quiet_regions(account),
        *_unknowable(account.diffs),
        *_problems(account.problems),
    ]


def _unlike_before(account: AccountDay) -> list[str]:
    """Say that the day before that is stored knew more or fewer days: the numbers are told as changes since then."""
    days = account.series.filter(pl.col("day") <= account.window.end).tail(2)
    if days.height < 2 or not days.select("covered_days", "window_days").is_unique().all():
        return []
    before, covered, window = days.select("day", "covered_days", "window_days").row(0)
    return [
        f"On {_day(before)} the logs were complete on {covered} of {number_of(window, 'day')}: what changed"
        " since may come of the logs, not of use."
    ]


def _days_without_logs(account: AccountDay) -> list[str]:
    with_logs = set(account.coverage.filter(DELIVERED)["day"].to_list())
    gaps = _ranges([day for day in account.window.days if day not in with_logs])
    return [f"No logs {_span(gap)}: nothing that was used then is known." for gap in gaps]


def _days_cut_short(coverage: pl.DataFrame) -> list[str]:
    rejected = coverage.filter(pl.col("rejected") > 0)
    waiting = coverage.filter("provisional")
    words = []
    if rejected.height:
        days = rejected["day"].unique().sort().to_list()
        many = number_of(int(rejected["rejected"].sum()), "file or record", "files or records")
        words.append(
            f"{many} could not be read, on {_listed(days)}: these days count as not covered"
            " (the table rejected_records names each one)."
        )
    if waiting.height:
        days = waiting["day"].unique().sort().to_list()
        words.append(f"Deliveries may still arrive for {_listed(days)}: this is provisional.")
    return words


def _quiet_regions(account: AccountDay) -> list[str]:
    # CloudTrail delivers no file where nothing happened: a region that fell silent is worth a look, no more.
    last = (
        account.coverage.filter(DELIVERED)
        .group_by("region")
        .agg(pl.col("day").max(), days=pl.len())
        .filter((account.window.end - pl.col("day")).dt.total_days() >= _QUIET_DAYS)
        .filter(pl.col("days") >= _QUIET_DAYS)
        .sort("region")
    )
    return [
        f"Region {region} delivered logs on {days} days, the last on {_day(day)}, and none since:"
        " either nothing happened there, or its logs are missing."
        for region, day, days in last.iter_rows()
    ]


def _unknowable(diffs: pl.DataFrame) -> list[str]:
    unknown = diffs.filter(pl.col("status") == "unknown")
    counts = unknown.group_by("reason").agg(n=pl.len()).sort(["n", "reason"], descending=[True, False])
    return [
        f"{number_of(n, 'permission is', 'permissions are')} unknown: {REASONS.get(reason, reason)}."
        for reason, n in counts.iter_rows()
    ]


def _problems(problems: pl.DataFrame) -> list[str]:
    rows = problems.select("principal_arn", "problem", "detail").unique().sort(pl.all())
    words = [
        f"{arn}: {problem.replace('_', ' ')}: {detail}."
        for arn, problem, detail in rows.head(_MOST_PROBLEMS).iter_rows()
    ]
    more = rows.height - _MOST_PROBLEMS
    return (
        [*words, f"And {more:,} more like these: the table grant_problems has them all."]
        if more > 0
        else words
    )


def _ranges(days: list[date]) -> list[Window]:
    cuts = [n for n, (one, two) in enumerate(pairwise(days), 1) if two - one > timedelta(days=1)]
    edges = [0, *cuts, len(days)]
    return [Window(days[a], days[b - 1]) for a, b in pairwise(edges)] if days else []


def _span(window: Window) -> str:
    if window.length == 1:
        return f"on {_day(window.start)}"
    return f"from {_day(window.start)} to {_day(window.end)} ({window.length} days)"


def _listed(days: list[date]) -> str:
    spans = [
        _day(one.start) if one.length == 1 else f"{_day(one.start)} to {_day(one.end)}"
        for one in _ranges(days)
    ]
    return ", ".join(spans)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
