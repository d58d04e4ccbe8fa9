"""For each principal, the policies and statements that grant it something, and what taking each away would do."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import polars as pl

from assets.trend_report.effects import STATUSES, effects, members, source_sets
from assets.trend_report.texts import Texts

MOST_PATTERNS = 8
"""Patterns that the page names of a statement; the CSV has them all."""
_MOST_RESOURCES = 3
_LONGEST = 300


@dataclass
class Provenance:
    """What the page says about one account's sources.

    `granted`: the granted rows of `principal_diffs` with `set` and `status` as `effects.source_sets` gives them.
    `policies`: by principal a list of policies, `[arn, name, kind, carriers, effect, shared, statements]` with
    `statements` a list of `[statement, sid, resources, condition, effect, patterns, more]` and `patterns` of
    `[pattern, effect]`; an effect is a number for each of `STATUSES`, then all actions that it grants.
    `places`: by principal and set, the positions of the statements (counted through all policies) behind it.
    `effects` and `described`: as frames, for `removals`.
    """

    granted: pl.DataFrame
    effects: pl.DataFrame
    described: pl.DataFrame
    policies: dict[str, list[Any]] = field(default_factory=dict)
    places: dict[tuple[str, str], list[int]] = field(default_factory=dict)


def provenance(diffs: pl.DataFrame, grants: pl.DataFrame, sources: pl.DataFrame, texts: Texts) -> Provenance:
    """Work out the provenance of one account's day: `principal_diffs`, `expanded_grants`, `grant_sources`."""
    granted = source_sets(diffs, grants)
    sets = members(granted, sources)
    found = Provenance(granted, effects(granted, sets), sets)
    effect = {
        (arn, level, key): [*counts]
        for arn, level, key, *counts in found.effects.select(
            "principal_arn", "level", "key", *STATUSES, "matched"
        ).iter_rows()
    }
    shared = _shared(found.effects)
    held = granted.select("principal_arn", "set").unique().drop_nulls()
    rows = (
        held.join(sets.drop("id"), on="set")
        .unique(["principal_arn", "pattern_key", "attached_to"])
        .sort("principal_arn", "policy", "statement", "pattern", "attached_to")
    )
    statements: dict[tuple[str, str], int] = {}
    for arn, mine in groupby(rows.iter_rows(named=True), key=lambda row: str(row["principal_arn"])):
        policies: list[Any] = []
        for policy, parts in groupby(mine, key=lambda row: str(row["policy"])):
            sentences = list(parts)
            first = sentences[0]
            listed: list[Any] = []
            for key, patterns in groupby(sentences, key=lambda row: str(row["statement_key"])):
                statements[arn, key] = sum(len(one[6]) for one in policies) + len(listed)
                listed.append(_statement(arn, key, list(patterns), effect, texts))
            carriers = sorted({row["group"] for row in sentences})
            policies.append(
                [
                    texts.at(first["policy_arn"]),
                    texts.at(first["policy_name"]),
                    texts.at(first["policy_kind"]),
                    [texts.at(group) for group in carriers],
                    effect[arn, "policy", policy],
                    shared[policy] - 1,
                    listed,
                ]
            )
        found.policies[arn] = policies
    for arn, names, keys in _sets(held, sets):
        found.places[arn, names] = sorted(statements[arn, key] for key in keys)
    return found


def _statement(
    arn: str,
    key: str,
    rows: list[dict[str, Any]],
    effect: dict[tuple[str, str, str], list[int]],
    texts: Texts,
) -> list[Any]:
    first = rows[0]
    patterns = {row["pattern_key"]: row for row in rows}
    effects_of = {one: effect[arn, "pattern", one] for one in patterns}
    order = sorted(patterns, key=lambda one: (-effects_of[one][0], -effects_of[one][4], one))
    return [
        first["statement"],
        texts.at(first["sid"]),
        texts.at(where(first)),
        texts.at(_short(first["condition"])),
        effect[arn, "statement", key],
        [[texts.at(_pattern(patterns[one])), effects_of[one]] for one in order[:MOST_PATTERNS]],
        max(0, len(order) - MOST_PATTERNS),
    ]


def _pattern(row: dict[str, Any]) -> str:
    negated = row["pattern_kind"] == "NotAction"
    return f"all but {_short(row['pattern'])}" if negated else str(row["pattern"])


def where(row: dict[str, Any]) -> str:
    """Say on what a statement holds; empty for all resources."""
    if row["resources"] == '["*"]' and not row["not_resources"]:
        return ""
    resources = json.loads(row["resources"])
    more = len(resources) - _MOST_RESOURCES
    text = ", ".join(resources[:_MOST_RESOURCES]) + (f" and {more} more" if more > 0 else "")
    return _short(f"all but {text}" if row["not_resources"] else text)


def _short(text: str | None) -> str:
    return text if text and len(text) <= _LONGEST else f"{text[:_LONGEST]}…" if text else ""


def _shared(effects: pl.DataFrame) -> dict[str, int]:
    counts = effects.filter(pl.col("level") == "policy").group_by("key").agg(n=pl.len())
    return dict(counts.iter_rows())


def _sets(held: pl.DataFrame, sets: pl.DataFrame) -> Iterator[tuple[str, str, list[str]]]:
    keys = sets.group_by("set").agg(keys=pl.col("statement_key").unique())
    yield from held.join(keys, on="set").select("principal_arn", "set", "keys").iter_rows()
