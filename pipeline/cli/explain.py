"""`cloudtracker explain`: the whole story of one action for one user or role."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.errors import UsageError

if TYPE_CHECKING:
    from pipeline.stories import Story

_REASONS = {
    "granted": "yes",
    "never_allowed": "no: no statement allows it",
    "denied": "no: denied by {decided_by}",
    "boundary": "no: the permissions boundary {decided_by} does not allow it",
    "scp": "no: {decided_by} does not allow it",
}
_RECORDED = {
    "management": "every call that needs it is recorded by default (management events)",
    "data": "calls that need it are data events, recorded only where the trail selects them",
    "never": "no call that needs it is known to be recorded",
}


def explain(
    context: typer.Context,
    action: Annotated[str, typer.Argument(help="IAM action, as s3:CreateBucket; case does not matter.")],
    account: Annotated[str, typer.Option(help="Account, by its name or id.")],
    user: Annotated[str | None, typer.Option(help="User.")] = None,
    role: Annotated[str | None, typer.Option(help="Role.")] = None,
    start: Annotated[str | None, typer.Option(metavar="DATE", help="First day.")] = None,
    end: Annotated[str | None, typer.Option(metavar="DATE", help="Last day. [default: today]")] = None,
    format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Tell which statements allow, restrict or deny an action, which events used it, and what the verdict is."""
    if format_ not in ("text", "json"):
        raise UsageError(f"--format {format_!r} is none of text, json")
    from pipeline.cli.classic import make
    from pipeline.cli.whom import asked_about, principal_of
    from pipeline.plan import plan_answer
    from pipeline.stories import story

    settings, lake, question, kind, name = asked_about(config or context.obj, account, user, role, start, end)
    make(settings, plan_answer(lake, settings, question.account, question.window))
    told = story(lake, settings, question, principal_of(lake, question, kind, name), action)
    if format_ == "json":
        _print_json(told)
        return
    window = question.window
    print(f"{told.explanation.action} for {kind} {name}, {window.start} to {window.end}")
    for title, lines in _chapters(told):
        for number, line in enumerate(lines):
            print(f"{title if number == 0 else '':<14}{line}")


def _chapters(told: "Story") -> list[tuple[str, list[str]]]:
    from pipeline.cli.statements import in_words
    from pipeline.stories import NOT_EVALUATED

    why = told.explanation
    granted = _REASONS[why.reason].format(decided_by=why.decided_by)
    return [
        ("verdict", _verdict(told)),
        ("granted", [granted + (", restricted" if why.granted and why.restricted else ""), *_since(told)]),
        ("allowed by", [in_words(source) for source in why.allowing]),
        ("limited by", [in_words(source) for source in why.restricting]),
        ("denied by", [in_words(source) for source in why.denying]),
        ("problems", [f"{code}: {detail}" for code, detail in why.problems]),
        ("events", [_event(row) for row in told.events.to_dicts()] or ["none in the window"]),
        ("recorded", [_RECORDED[told.recorded], *_operations(told)]),
        ("not evaluated", [", ".join(NOT_EVALUATED)]),
    ]


def _verdict(told: "Story") -> list[str]:
    from assets.principal_diffs.schema import REASONS

    row = told.verdict
    if row is None:
        refused = told.events.filter(told.events["outcome"] == "denied")["events"].sum()
        tried = f"; it was tried and refused {refused} times" if refused else ""
        return [f"none: it is neither granted nor used{tried}"]
    days = f"{row['covered_days']} of {row['window_days']} days have complete logs that count for it"
    return [f"{row['status']} ({row['reason']}): {REASONS[row['reason']]}", days]


def _since(told: "Story") -> list[str]:
    return [] if told.verdict is None or not told.explanation.granted else _level(told.verdict)


def _level(verdict: dict[str, Any]) -> list[str]:
    return [f"access level {verdict['access_level']}"] if verdict["access_level"] else []


def _event(row: dict[str, Any]) -> str:
    times = f"{row['first_seen']:%Y-%m-%dT%H:%M:%SZ} to {row['last_seen']:%Y-%m-%dT%H:%M:%SZ}"
    by = f", made by {', '.join(row['services'])}" if row["services"] else ""
    codes = f" ({', '.join(row['error_codes'])})" if row["error_codes"] else ""
    need = {"primary": "", "conditional": ", may have needed it", "one_of": ", needed it or another"}[
        row["need"]
    ]
    what = f"{row['event_source']} {row['event_name']}: {row['events']} {row['outcome']}{codes}"
    return f"{what}, {times}{by}{need}, last eventID {row['last_event_id']}"


def _operations(told: "Story") -> list[str]:
    rows = told.operations.to_dicts()
    shown = [f"{row['service']} {row['operation']} ({row['need']}, {row['recorded']})" for row in rows[:5]]
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return [f"API operations that need it: {', '.join(shown)}{more}"] if rows else []


def _print_json(told: "Story") -> None:
    import dataclasses

    import msgspec

    from pipeline.stories import NOT_EVALUATED

    data = {
        **dataclasses.asdict(told.explanation),
        "verdict": told.verdict,
        "recorded": told.recorded,
        "events": told.events.to_dicts(),
        "operations": told.operations.to_dicts(),
        "not_evaluated": NOT_EVALUATED,
    }
    print(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())
