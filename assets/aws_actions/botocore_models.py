"""Every operation of every API version that the installed botocore describes, read from its data files."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import botocore
import polars as pl

from assets.aws_actions.facts import DATA_FOLDER, SUFFIX, read_facts
from assets.errors import InputError

OPERATIONS: dict[str, pl.DataType] = {
    "service": pl.String(),
    "api_version": pl.String(),
    "endpoint_prefix": pl.String(),
    "signing_name": pl.String(),
    "event_source": pl.String(),
    "operation": pl.String(),
    "tags": pl.Boolean(),
}
# What the input of an operation calls the tags that it gives to what it makes.
_TAGS = frozenset({"tags", "taglist", "tagset", "tagspecification", "tagspecifications"})
# Others say what they are the tags of (BackupVaultTags), or have them in what is made (Workspaces: [{Tags}]).
_TAGS_OF = ("tags", "tagspecifications")
_READING = ("Describe", "Get", "List")


def operations(
    data_folder: Path = DATA_FOLDER, botocore_data: Path = Path(botocore.__file__).parent / "data"
) -> pl.DataFrame:
    """Return the columns of `OPERATIONS`, a row per operation and API version, sorted by all of them.

    `service` is botocore's folder name. `signing_name` is "" where the model has none: requests are then
    signed with the endpoint prefix. `event_source` is the eventSource that CloudTrail writes: the one that
    `event_sources.csv` names for the service, else `<signing name or endpoint prefix>.amazonaws.com`. `tags`
    says whether the input has a list of tags, or a list of what is made that has.
    Raises InputError when a model is unreadable or botocore has none at all.
    """
    sources = _sources_of_services(read_facts(data_folder).event_sources)
    rows: list[tuple[str | bool, ...]] = []
    for path in model_files(botocore_data):
        service, version = path.parts[-3], path.parts[-2]
        model = _model(path)
        metadata = model["metadata"]
        endpoint, signing = metadata["endpointPrefix"], metadata.get("signingName", "")
        source = sources.get(service, (signing or endpoint).lower()) + SUFFIX
        shapes = model.get("shapes", {})
        tagging = {name for name, shape in shapes.items() if _has_tags(shape)}
        making = {name for name, shape in shapes.items() if _has_tags_of(shape, shapes)}
        rows += [
            (
                service,
                version,
                endpoint,
                signing,
                source,
                name,
                operation.get("input", {}).get("shape")
                in (tagging if name.startswith(_READING) else tagging | making),
            )
            for name, operation in model["operations"].items()
        ]
    return pl.DataFrame(sorted(rows), schema=OPERATIONS, orient="row")


def http_methods(
    services: Iterable[str], botocore_data: Path = Path(botocore.__file__).parent / "data"
) -> dict[tuple[str, str], str]:
    """Return (service, operation) to its HTTP method (`GET`), as the newest API version has it.

    Only the models of `services` are read. Raises InputError when one is unreadable.
    """
    wanted, methods = set(services), {}
    for path in model_files(botocore_data):
        if path.parts[-3] in wanted:
            for operation, details in _model(path)["operations"].items():
                methods[path.parts[-3], operation] = str(details.get("http", {}).get("method", ""))
    return methods


def model_files(botocore_data: Path) -> list[Path]:
    """Return the API models below botocore's `data`, sorted; Raises InputError when there are none."""
    files = sorted(
        path for name in ("service-2.json", "service-2.json.gz") for path in botocore_data.glob(f"*/*/{name}")
    )
    if not files:
        raise InputError(f"{botocore_data}: holds no API models (*/*/service-2.json.gz); reinstall botocore.")
    return files


def _model(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes()
        model: dict[str, Any] = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
        _ = model["metadata"]["endpointPrefix"], model["operations"].items(), model.get("shapes", {}).items()
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not an API model ({error!r}); reinstall botocore.") from error
    return model


def _has_tags(shape: dict[str, Any]) -> bool:
    return not _TAGS.isdisjoint(map(str.lower, shape.get("members", ())))


def _has_tags_of(shape: dict[str, Any], shapes: dict[str, Any]) -> bool:
    for name, member in shape.get("members", {}).items():
        inner = shapes.get(member.get("shape"), {})
        if _is_tags_of(name, inner, shapes):
            return True
        made = shapes.get(inner["member"]["shape"], {}) if inner.get("type") == "list" else inner
        below = made.get("members", {}).items() if "filter" not in name.lower() else ()
        if any(_is_tags_of(one, shapes.get(its.get("shape"), {}), shapes) for one, its in below):
            return True
    return False


def _is_tags_of(name: str, shape: dict[str, Any], shapes: dict[str, Any]) -> bool:
    """Whether a member of that name and shape is a map of tags or a list of keys and values."""
    if not name.lower().endswith(_TAGS_OF) or shape.get("type") not in ("map", "list"):
        return False
    one = shapes.get(shape["member"]["shape"], {}) if shape["type"] == "list" else {}
    return shape["type"] == "map" or not {"key", "tagkey", *_TAGS}.isdisjoint(
        map(str.lower, one.get("members", ()))
    )


def _sources_of_services(event_sources: pl.DataFrame) -> dict[str, str]:
    rows = event_sources.select("event_source_prefix", "services").rows()
    return {service: source for source, services in rows for service in services.split()}
