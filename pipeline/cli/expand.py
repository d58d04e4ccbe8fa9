"""`cloudtracker expand`: the actions that a pattern means."""

import sys
from typing import Annotated

import typer

from assets.errors import UsageError


def expand(
    context: typer.Context,
    patterns: Annotated[list[str], typer.Argument(help="Patterns as in a policy: s3:Get*, ec2:?escribe*.")],
    not_: Annotated[bool, typer.Option("--not", help="What none of them means, as NotAction does.")] = False,
    format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Print the actions that IAM patterns mean, a line each; several patterns are their union.

    `*` and `?` are wildcards and case does not matter, as in IAM. No configuration is needed.
    """
    if format_ not in ("text", "json"):
        raise UsageError(f"--format {format_!r} is none of text, json")
    from assets.aws_actions.catalogue import Catalogue
    from assets.expanded_grants.patterns import PatternIndex
    from pipeline.knowledge import fact_tables

    index = PatternIndex(Catalogue.from_frame(fact_tables(context.obj)[1]))
    for pattern in patterns:
        if not index.bits([pattern]):
            print(f"cloudtracker: {pattern}: no known action matches", file=sys.stderr)
    actions = index.expand_not(patterns) if not_ else index.expand(patterns)
    if format_ == "json":
        import json

        print(json.dumps(actions, indent=2))
    else:
        sys.stdout.writelines(f"{action}\n" for action in actions)
