"""`cloudtracker explain`: the whole story of one action for one user or role."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.errors import UsageError
from pipeline.cli.terminal import say

if TYPE_CHECKING:
    from pipeline.answers import Question
    from pipeline.stories import Story


def explain(
    context: typer.Context,
    action: Annotated[str, typer.Argument(help="IAM action, as s3:CreateBucket; case does not matter.")],
    account: Annotated[str, typer.Option(help="Account, by its name or id.")],
    user: Annotated[str | None, typer.Option(help="User, by name or ARN.")] = None,
    role: Annotated[str | None, typer.Option(help="Role, by name or ARN.")] = None,
    start: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day. [default: lookback_days before the end]")
    ] = None,
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
    from pipeline.cli.output import print_objects
    from pipeline.cli.story_text import story_lines
    from pipeline.cli.whom import asked_about, principal_of
    from pipeline.plan import plan_answer
    from pipeline.stories import story

    settings, lake, question, kind, name = asked_about(config or context.obj, account, user, role, start, end)
    make(settings, plan_answer(lake, settings, question.account, question.window))
    told = story(lake, settings, question, principal_of(lake, question, kind, name), action)
    if format_ == "json":
        print_objects(_data(told, question))
        return
    window = question.window
    print(
        f"{told.explanation.action} for {kind} {name} of account {question.account.name},"
        f" {window.start} to {window.end}"
    )
    for line in story_lines(told):
        say(line)


def _data(told: "Story", question: "Question") -> dict[str, Any]:
    from dataclasses import asdict

    from assets.principal_diffs.schema import REASONS

    verdict = told.verdict
    return {
        **asdict(told.explanation),
        "account": question.account.id,
        "start": question.window.start,
        "end": question.window.end,
        "window_days": told.window_days,
        "covered_days": told.covered_days,
        "access_level": told.access_level,
        "first_granted": told.first_granted,
        "verdict": verdict and {**verdict, "reason_text": REASONS[verdict["reason"]]},
        "recorded": told.recorded,
        "recorded_by_trails": told.recorded_by_trails,
        "events": told.events.to_dicts(),
        "operations": told.operations.to_dicts(),
    }
