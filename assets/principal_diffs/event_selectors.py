"""Reads what `aws cloudtrail get-event-selectors` writes: what each selector records for sure.

Source: AWS CloudTrail API Reference, GetEventSelectors, EventSelector, DataResource and AdvancedFieldSelector.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assets.errors import InputError
from assets.principal_diffs.trails import Selector

# "To log data events for all objects in all S3 buckets in your account, specify the prefix as arn:aws:s3", and
# likewise arn:aws:lambda and arn:aws:dynamodb (DataResource).
_ALL_RESOURCES = re.compile(r"arn:aws[a-z-]*:(s3(:::)?|lambda|dynamodb)")
_READ_WRITE = {"All": (True, True), "ReadOnly": (True, False), "WriteOnly": (False, True)}
_OPERATORS = ("Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith", "NotEndsWith")


def read_event_selectors(path: Path) -> tuple[Selector, ...]:
    """Return what the answer in a file records for sure.

    Raises `InputError` that names the file where it cannot be read or is not such an answer.
    """
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(answer, dict) or not {"EventSelectors", "AdvancedEventSelectors"} & set(answer):
            raise ValueError("has neither EventSelectors nor AdvancedEventSelectors")
        return selectors_of(answer)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; 'event_selectors' names it") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{path}: is not the output of 'aws cloudtrail get-event-selectors': {error}"
        ) from None


def selectors_of(answer: Mapping[str, Any]) -> tuple[Selector, ...]:
    """Return what an answer of GetEventSelectors records for sure. Raises `ValueError` where it is none."""
    basic = [found for one in answer.get("EventSelectors") or () for found in _basic(one)]
    advanced = [found for one in answer.get("AdvancedEventSelectors") or () for found in _advanced(one)]
    return (*basic, *advanced)


def _basic(selector: Mapping[str, Any]) -> Iterable[Selector]:
    kind = selector.get("ReadWriteType", "All")
    if kind not in _READ_WRITE:
        raise ValueError(f"ReadWriteType is {kind!r}, none of {', '.join(_READ_WRITE)}")
    read, write = _READ_WRITE[kind]
    if selector.get("IncludeManagementEvents", True):
        without = frozenset(selector.get("ExcludeManagementEventSources") or ())
        yield Selector(None, read, write, without_sources=without)
    for resource in selector.get("DataResources") or ():
        if any(_ALL_RESOURCES.fullmatch(value) for value in resource.get("Values") or ()):
            yield Selector(resource["Type"], read, write)


def _advanced(selector: Mapping[str, Any]) -> Iterable[Selector]:
    """Yield a selector for each resource type, none where a field narrows it in a way that is not followed."""
    fields: dict[str, dict[str, list[str]]] = {}
    for condition in selector["FieldSelectors"]:
        operators = {name: condition[name] for name in _OPERATORS if condition.get(name)}
        if not operators:
            raise ValueError(f"the field {condition['Field']!r} is compared with nothing")
        if condition["Field"] in fields:
            raise ValueError(f"the field {condition['Field']!r} stands twice in one selector")
        fields[condition["Field"]] = operators
    category = fields.pop("eventCategory", {}).get("Equals", [])
    types: list[str | None] = [None]
    if category == ["Data"]:
        types = list(fields.pop("resources.type", {}).get("Equals", []))
    elif category != ["Management"]:
        return
    if "eventType" in fields and _leaves_in(fields["eventType"], "AwsApiCall"):
        del fields["eventType"]
    arns = fields.get("resources.ARN", {})
    if list(arns) == ["StartsWith"] and any(_ALL_RESOURCES.fullmatch(value) for value in arns["StartsWith"]):
        del fields["resources.ARN"]
    read_only = set(fields.pop("readOnly", {}).get("Equals", ["true", "false"]))
    sources, names = fields.pop("eventSource", {}), fields.pop("eventName", {})
    if fields or set(sources) - {"Equals", "NotEquals"} or set(names) - {"NotEquals"}:
        return
    for resource_type in types:
        yield Selector(
            resource_type,
            read="true" in read_only,
            write="false" in read_only,
            only_sources=frozenset(sources["Equals"]) if "Equals" in sources else None,
            without_sources=frozenset(sources.get("NotEquals", ())),
            without_names=frozenset(names.get("NotEquals", ())),
        )


def _leaves_in(operators: Mapping[str, list[str]], value: str) -> bool:
    return (
        set(operators) <= {"Equals", "NotEquals"}
        and value in operators.get("Equals", [value])
        and value not in operators.get("NotEquals", [])
    )
