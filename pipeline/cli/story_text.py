"""The story of one action in words: chapters, each with its lines."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

import polars as pl

from assets.number_words import number_of
from assets.principal_diffs.removable import REMOVABLE
from assets.principal_diffs.schema import REASONS
from pipeline.cli.statements import in_words
from pipeline.stories import Story

Chapter = tuple[str, list[str]]

_GRANTED = {
    "granted": "yes",
    "never_allowed": "no: no statement allows it",
    "denied": "no: denied by {decided_by}",
    "boundary": "no: cut by the permissions boundary {decided_by}, which does not allow it",
    "scp": "no: cut by {decided_by}, none of whose service control policies allows it",
}
_RECORDED = {
    "management": "every call that needs it is recorded by default (management events)",
    "data": "calls that need it are data events, recorded only where a trail selects them",
    "never": "no call that needs it is known to be recorded",
}
_BY_TRAILS = {
    "management": "every call that needs it is recorded by the configured trails",
    "excluded": "the configured trails leave out, or may leave out, management events that need it",
}
_NEEDED = {"primary": "", "one_of": ", needed it or another action", "conditional": ", may have needed it"}
_OPERATIONS = {"primary": "needed by", "one_of": "or another by", "conditional": "sometimes by"}
_SHOWN = 5
_WIDTH = 14


def story_lines(told: Story) -> Iterator[str]:
    """Yield the lines: the chapter's title stands before its first one; a chapter without lines is left out."""
    for title, lines in _chapters(told):
        for number, line in enumerate(lines):
            yield f"{title if number == 0 else '':<{_WIDTH}}{line}"


def _chapters(told: Story) -> list[Chapter]:
    why = told.explanation
    return [
        ("verdict", _verdict(told)),
        ("granted", _granted(told)),
        ("since", _since(told)),
        ("removable", _removable(told)),
        ("access level", [told.access_level] if told.access_level else []),
        ("allowed by", sorted(in_words(source) for source in why.allowing)),
        ("limited by", sorted(in_words(source) for source in why.restricting)),
        ("denied by", sorted(in_words(source) for source in why.denying)),
        ("problems", [f"{code}: {detail}" for code, detail in why.problems]),
        ("events", list(_events(told)) or ["none in the logs of the window"]),
        ("recorded", [_recorded(told)]),
        *_operations(told),
        ("not evaluated", [", ".join(why.not_evaluated)]),
    ]


def _verdict(told: Story) -> list[str]:
    row, span = told.verdict, _span(told)
    if row is None:
        return [
            f"none: {_neither(told)}{_tried(told)}",
            f"{'' if _whole(told) else 'the logs are incomplete: '}{span}",
        ]
    excluded = [f"excluded: {row['exclusion']}"] if row.get("excluded") else []
    counts = [
        f"{word} {number_of(row[column], 'time')}"
        for word, column in (("used", "events"), ("was refused", "denied_events"), ("failed", "error_events"))
        if row[column]
    ]
    return [
        f"{row['status']} ({row['reason']}): {REASONS[row['reason']]}",
        *([", ".join(counts)] if counts else []),
        *excluded,
        f"{span} that count for it"
        + ("" if _whole(told) or row["status"] != "unused" else ": 'unused' means not used on these"),
    ]


def _span(told: Story) -> str:
    verb = "has" if told.covered_days == 1 else "have"
    return f"{told.covered_days:,} of {number_of(told.window_days, 'day')} {verb} complete logs"


def _whole(told: Story) -> bool:
    return told.covered_days == told.window_days


def _neither(told: Story) -> str:
    """Say what is known without a verdict: only whole logs that would show a use prove that there was none."""
    unread = bool(told.explanation.problems)
    granted = "no grant of it is known" if unread else "it is not granted"
    if told.events.filter((pl.col("need") != "primary") & (pl.col("outcome") == "ok")).height:
        return f"{granted}, and whether it was used is not known: a call was made that may have needed it"
    if told.recorded_by_trails != "management":
        return f"{granted}, and no use of it is seen in the logs, which would not show every use"
    if not told.at_home:
        return f"{granted}, and no use of it is seen in these logs, which are of another account"
    if not _whole(told):
        return f"{granted}, and no use of it is seen in the logs"
    return f"{granted}, and it is not used" if unread else "it is neither granted nor used"


def _tried(told: Story) -> str:
    tried = {"denied": 0, "error": 0}
    for row in told.events.to_dicts():
        if row["need"] == "primary":
            tried[row["outcome"]] += row["events"]
    refused = f"; it was refused {number_of(tried['denied'], 'time')}" if tried["denied"] else ""
    return refused + (
        f"; it failed {number_of(tried['error'], 'time')} for another reason than a refusal"
        if tried["error"]
        else ""
    )


def _granted(told: Story) -> list[str]:
    why = told.explanation
    answer = _GRANTED[why.reason].format(decided_by=why.decided_by)
    if not why.granted:
        return [answer + ("; but not every policy could be read: see problems" if why.problems else "")]
    limits = ", restricted: only on some resources, only under a condition, or partly denied"
    unknown = [] if why.known else ["a policy names it, but no list of IAM actions knows it"]
    return [answer + (limits if why.restricted else ""), *unknown]


def _since(told: Story) -> list[str]:
    if not told.explanation.granted:
        return []
    if told.first_granted is None:
        return ["as far back as snapshots of it are stored"]
    return [f"the snapshot of {_time(told.first_granted)}; an earlier one did not grant it"]


def _removable(told: Story) -> list[str]:
    mark = told.verdict["removable"] if told.verdict else ""
    return [] if mark in ("", "yes") else [f"not by itself: {REMOVABLE[mark]}"]


def _events(told: Story) -> Iterator[str]:
    rows = told.events.to_dicts()
    for (source, name, need), same in groupby(rows, key=_call):
        yield f"{source} {name}{_NEEDED[need]}"
        for row in same:
            yield f"  {_counted(row)}"


def _call(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["event_source"], row["event_name"], row["need"]


def _counted(row: dict[str, Any]) -> str:
    codes = f" ({', '.join(row['error_codes'])})" if row["error_codes"] else ""
    by = f" made by {', '.join(row['services'])} on its behalf" if row["via_service"] else ""
    first, last = _time(row["first_seen"]), _time(row["last_seen"])
    when = first if first == last else f"{first} to {last}"
    which = "eventID" if row["events"] == 1 else "last eventID"
    return f"{row['events']:,} {row['outcome']}{codes}{by}, {when}, {which} {row['last_event_id']}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _recorded(told: Story) -> str:
    if told.recorded_by_trails != told.recorded:
        return _BY_TRAILS[told.recorded_by_trails]
    return _RECORDED[told.recorded]


def _operations(told: Story) -> Iterator[Chapter]:
    for need, same in groupby(told.operations.to_dicts(), key=_need):
        rows = list(same)
        shown = ", ".join(
            f"{row['service']} {row['operation']}{' (data event)' if row['recorded'] == 'data' else ''}"
            for row in rows[:_SHOWN]
        )
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        yield _OPERATIONS[need], [shown + more]


def _need(row: dict[str, Any]) -> str:
    return str(row["need"])
