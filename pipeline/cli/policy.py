"""`cloudtracker policy`: the policy that would have been enough, and what a policy would have refused."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.errors import StorageError, UsageError
from assets.number_words import number_of
from pipeline.cli.terminal import say, say_aside

if TYPE_CHECKING:
    import polars as pl

    from assets.right_sized_policies.policies import RightSized


def policy(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="Account, by its name or id.")],
    user: Annotated[str | None, typer.Option(help="User, by name or ARN.")] = None,
    role: Annotated[str | None, typer.Option(help="Role, by name or ARN.")] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Say what this policy would have refused.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day. [default: lookback_days before the end]")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="DATE", help="Last day. [default: today]")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write the documents there, a file each; those of an earlier, longer answer go.",
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help="text, or json: with the reasons; csv with --replay.")
    ] = "text",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: config.yaml]")
    ] = None,
) -> None:
    """Write the right-sized policy of a user or role: what was used, and what cannot be known.

    Statements whose Sid begins with Unknown hold what nobody can know to be unused: look at them first. Resources
    and conditions are those of the original statements. What is longer than a managed policy may be is split.

    With --replay, a policy document (or a JSON list of them) stands in the place of all that the user or role has;
    every action that was used is allowed, refused, or undecided: the logs do not say on which resource.
    """
    if format_ not in ("text", "json", "csv") or (format_ == "csv" and replay is None):
        raise UsageError(f"--format {format_!r} is none of text and json{', csv' if replay else ''}")
    if replay is not None and output is not None:
        raise UsageError("--output is for the policy that is written; --replay writes none")
    from pipeline.cli.classic import make, say_coverage
    from pipeline.cli.whom import asked_about, principal_of
    from pipeline.plan import plan_answer
    from pipeline.policies import replay as replayed
    from pipeline.policies import right_sized_policy, unmapped_calls

    settings, lake, question, kind, name = asked_about(config or context.obj, account, user, role, start, end)
    make(settings, plan_answer(lake, settings, question.account, question.window))
    principal = principal_of(lake, question, kind, name)
    lost = unmapped_calls(lake, question, principal).to_dicts()
    say_coverage(lake, settings, question)
    if replay is not None:
        _print_replay(replayed(lake, settings, question, principal, replay), format_)
        _say_unmapped(lost)
        return
    made, held = right_sized_policy(lake, settings, question, principal)
    _say(made, f"{kind} {name}", held.problems)
    _say_unmapped(lost)
    if output is not None:
        _write(made, output, f"{kind}-{name}")
    elif format_ == "json":
        from pipeline.cli.output import print_objects

        print_objects(
            {
                "documents": made.documents,
                "kept": made.kept,
                "left_out": made.left_out,
                "unmatched": made.unmatched,
                "unread": made.unread,
                "unmapped": lost,
                "problems": held.problems,
            }
        )
    else:
        documents = made.documents[0] if len(made.documents) == 1 else list(made.documents)
        print(json.dumps(documents, indent=2, ensure_ascii=False))


def _say(made: "RightSized", whom: str, problems: tuple[tuple[str, str], ...]) -> None:
    from assets.right_sized_policies.documents import MOST_CHARACTERS, MOST_POLICIES

    excluded = made.kept["excluded"]
    stay = f", {excluded:,} that {'was' if excluded == 1 else 'were'} decided to stay" if excluded else ""
    words = [
        f"{whom}: keeps {made.kept['used']:,} used and {number_of(made.kept['unknown'], 'unknown action')}{stay};"
        f" {made.left_out:,} unused {'is' if made.left_out == 1 else 'are'} left out"
    ]
    if len(made.documents) != 1:
        words.append(f"{len(made.documents)} documents, to be attached together")
    if len(made.documents) > MOST_POLICIES:
        words.append(
            f"that is more than the {MOST_POLICIES} managed policies that AWS lets a user or role carry by default"
        )
    words += [
        f"document {at + 1} is longer than {MOST_CHARACTERS:,} characters: it cannot be cut"
        for at in made.too_long
    ]
    if made.unmatched:
        words.append(
            f"keeps patterns that match no action known here, AWS may have some: {', '.join(made.unmatched)}"
        )
    if made.unread:
        words.append(
            f"used, or nobody can know, but the policy that allows it could not be read: {', '.join(made.unread)}"
        )
    words += [
        f"{problem}: {detail}; what it says is not known, and this may be without it"
        for problem, detail in problems
    ]
    for text in words:
        say_aside(text)


def _say_unmapped(calls: list[dict[str, Any]]) -> None:
    named = ", ".join(
        f"{one['event_name']} of {one['event_source']} ({number_of(one['events'], 'call')})" for one in calls
    )
    if named:
        say_aside(f"undecided, for the calls map to no action known here: {named}")


def _write(made: "RightSized", folder: Path, name: str) -> None:
    safe = "".join(character if character.isalnum() or character in "._+=,@-" else "_" for character in name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, document in enumerate(made.documents, start=1):
            path = folder / f"{safe}-{number}.json"
            path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            print(path)
        # Of an earlier answer that needed more: whoever attaches all would grant what this one takes away.
        number = len(made.documents) + 1
        while (path := folder / f"{safe}-{number}.json").exists():
            path.unlink()
            say_aside(f"{path}: of an earlier answer with more documents, removed")
            number += 1
    except OSError as error:
        raise StorageError(
            f"{folder}: cannot be written: {error.strerror or error}; name another --output"
        ) from None


def _print_replay(rows: "pl.DataFrame", form: str) -> None:
    if form != "text":
        from pipeline.cli.output import print_data

        print_data(rows, form)
        return
    from assets.right_sized_policies.replay import REASONS

    counts = dict(rows.group_by("answer").len().iter_rows())
    said = ", ".join(f"{counts.get(answer, 0):,} {answer}" for answer in ("refused", "undecided", "allowed"))
    say_aside(f"of {number_of(rows.height, 'action')} that the logs show: {said}")
    order = {"refused": 0, "undecided": 1}
    told: list[dict[str, Any]] = [row for row in rows.to_dicts() if row["answer"] in order]
    for row in sorted(told, key=lambda row: (order[row["answer"]], row["action"])):
        last = f", the last {row['last_used']:%Y-%m-%d %H:%M}" if row["last_used"] else ""
        calls = number_of(row["events"], "call")
        say(f"{row['answer']:<9}  {row['action']}  {calls}{last}: {REASONS[row['reason']]}")
