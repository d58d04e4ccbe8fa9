"""`cloudtracker map-event`: which actions a CloudTrail event needs, and whether it is recorded."""

import json
import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assets.errors import UsageError
from assets.number_words import number_of

if TYPE_CHECKING:
    from assets.aws_actions.mapping import EventMapping

_RECORDED = {
    "management": "recorded by default, as a management event",
    "data": "a data event: recorded only where the trail selects it",
    "never": "not recorded by CloudTrail",
    "unknown": "whether CloudTrail records it is not known",
}


def map_event(
    context: typer.Context,
    event_source: Annotated[
        str, typer.Argument(help="eventSource, as s3.amazonaws.com; or - for pairs on stdin.")
    ],
    event_name: Annotated[str | None, typer.Argument(help="eventName, as ListBuckets.")] = None,
    format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Say which IAM actions a call needs, whether CloudTrail records it, and by which rule that was found.

    With `-` pairs of eventSource and eventName are read from standard input, one a line, and each is answered
    with one JSON object a line. No configuration is needed.
    """
    if format_ not in ("text", "json"):
        raise UsageError(f"--format {format_!r} is none of text, json")
    if event_source != "-" and event_name is None:
        raise UsageError(
            "map-event needs an eventSource and an eventName, or - to read pairs from standard input"
        )
    from assets.aws_actions.mapping import EventMapping
    from pipeline.data_files import DATA_FILES
    from pipeline.knowledge import fact_tables

    mapping = EventMapping.from_frames(*fact_tables(context.obj), DATA_FILES)
    if event_source == "-":
        _answer_lines(mapping)
    elif format_ == "json":
        print(json.dumps(_answer(mapping, event_source, str(event_name)), indent=2))
    else:
        _print(_answer(mapping, event_source, str(event_name)))


def _answer(mapping: "EventMapping", source: str, name: str) -> dict[str, object]:
    event = mapping.map_event(source, name)
    return {"event_source": source, "event_name": name, **event._asdict()}


def _answer_lines(mapping: "EventMapping") -> None:
    wrong = 0
    for number, line in enumerate(sys.stdin, 1):
        words = [word for word in re.split(r"[\s,]+", line) if word]
        if len(words) == 2:
            print(json.dumps(_answer(mapping, *words)))
        elif words:
            wrong += 1
            print(
                json.dumps(
                    {"line": number, "error": f"{line.strip()!r} is not an eventSource and an eventName"}
                )
            )
    if wrong:
        raise UsageError(f"{number_of(wrong, 'line')} of the input: no eventSource and eventName")


def _print(answer: dict[str, object]) -> None:
    from assets.aws_actions.event_mapping import RULES

    print(f"{answer['event_source']} {answer['event_name']}")
    for key, words in (
        ("primary", "needs"),
        ("conditional", "may need, depending on its parameters"),
        ("one_of", "needs one of"),
    ):
        actions = answer[key]
        assert isinstance(actions, tuple)
        if actions:
            print(f"  {words}: {', '.join(actions)}")
    print(f"  {_RECORDED[str(answer['recorded'])]}")
    print(f"  rule {answer['rule']}: {RULES[str(answer['rule'])]}")
