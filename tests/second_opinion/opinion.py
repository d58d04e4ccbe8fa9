"""The second opinion on a run: from the folder that was written to the rows that each table must have."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.second_opinion.accounts import ACCOUNT
from tests.second_opinion.facts import Facts
from tests.second_opinion.oracle.grants import Holder, holders_of, scp_documents
from tests.second_opinion.oracle.history import Snapshot, first_granted, granted_before, standing_for
from tests.second_opinion.oracle.mapping import Mapping
from tests.second_opinion.oracle.trails import recorded_actions
from tests.second_opinion.oracle.usage import Day, days_of, joined, unmapped
from tests.second_opinion.oracle.verdicts import Verdicts, Window, uses_of
from tests.second_opinion.scenarios import Scenario

Rows = dict[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Tables:
    """Rows of tables by day and key, by the name of the table."""

    by_name: dict[str, dict[date, Rows]]


def second_opinion(scenario: Scenario, facts: Facts) -> Tables:
    """Return what the tables of a run over the days of a scenario must hold."""
    settings = scenario.settings
    account = settings["accounts"][0]
    days = days_of(
        scenario.days, scenario.folder / "logs", scenario.logs, ACCOUNT, int(settings.get("late_days", 1))
    )
    mapping = Mapping(
        facts.operations, facts.actions, facts.operation_actions, facts.event_sources, facts.no_permission
    )
    snapshots = [Snapshot(run.last, _holders(scenario, run.iam, account, facts)) for run in scenario.runs]
    standing = {day: standing_for(day, snapshots) for day in scenario.days}
    trails = [*account.get("trails", []), *settings.get("trails", [])]
    trails = [{**one, "since": date.fromisoformat(one["since"])} if "since" in one else one for one in trails]
    tables: dict[str, dict[date, Rows]] = {
        "cloudtrail_usage": {day: usage_rows(of_day) for day, of_day in days.items()},
        "log_coverage": {
            day: {(one,): row for one, row in of_day.coverage.items()} for day, of_day in days.items()
        },
        "rejected_records": {
            day: {(one.region, one.file, one.position): {"reason": one.reason} for one in of_day.rejected}
            for day, of_day in days.items()
        },
        "unmapped_events": {
            day: {
                key: {"events": events}
                for key, events in unmapped(of_day.usage, lambda *call: mapping.needs(*call).mapped).items()
            }
            for day, of_day in days.items()
        },
        "principal_diffs": {},
    }
    for end in scenario.days:
        length = int(settings["lookback_days"])
        window = [end - timedelta(days=n) for n in reversed(range(length))]
        there = [day for day in window if day in days]
        judge = Verdicts(
            Window(
                account=ACCOUNT,
                days=window,
                covered=[day for day in there if days[day].covered],
                recorded=recorded_actions(facts.operations, trails, window),
                min_covered_days=int(settings.get("min_covered_days", 1)),
            ),
            facts.actions,
        )
        usage = joined(days[day] for day in there)
        rows: Rows = {}
        before = [standing[day] for day in scenario.days if day < end]
        for holder in standing[end].holders:
            earlier = [standing[day] for day in there if day < end]
            rows |= judge.rows(
                holder,
                *uses_of(holder, usage, mapping),
                since=first_granted(holder, standing[end], before),
                earlier=granted_before(holder, earlier),
            )
        tables["principal_diffs"][end] = rows
    return Tables(tables)


def _holders(scenario: Scenario, iam: str, account: dict[str, Any], facts: Facts) -> list[Holder]:
    details = json.loads((scenario.folder / iam).read_text(encoding="utf-8"))
    levels = [
        [json.loads((scenario.folder / name).read_text(encoding="utf-8")) for name in level]
        for level in account.get("scps", [])
    ]
    return holders_of(
        details,
        [row["action"] for row in facts.actions],
        scp_documents(levels),
        management_account=bool(account.get("management_account")),
    )


def usage_rows(day: Day) -> Rows:
    """Return the rows of cloudtrail_usage by their key."""
    return {
        (*kind.who, *kind[1:]): {
            "events": seen.events,
            "first_seen": seen.first,
            "last_seen": seen.last,
            "services": sorted(seen.services),
            "error_codes": sorted(seen.codes),
        }
        for kind, seen in day.usage.items()
    }
