import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from assets.aws_actions.botocore_models import OPERATIONS, operations
from assets.aws_actions.facts import DATA_FOLDER
from assets.errors import InputError
from tests.assets.aws_actions.conftest import Tables


def write_model(folder: Path, name: str, metadata: dict[str, str], *names: str, packed: bool = True) -> Path:
    text = json.dumps({"metadata": metadata, "operations": {operation: {} for operation in names}}).encode()
    path = folder / name / ("service-2.json.gz" if packed else "service-2.json")
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(text) if packed else text)
    return path


def test_packed_and_plain_models_of_every_version_are_read(tmp_path: Path) -> None:
    write_model(
        tmp_path, "shop/2020-01-01", {"endpointPrefix": "api.shop", "signingName": "shop"}, "Buy", "Look"
    )
    write_model(tmp_path, "shop/2012-01-01", {"endpointPrefix": "shop"}, "Look", packed=False)
    (tmp_path / "shop" / "2020-01-01" / "paginators-1.json").write_text("{}")
    found = operations(DATA_FOLDER, tmp_path)
    assert dict(found.schema) == OPERATIONS
    assert found.rows() == [
        ("shop", "2012-01-01", "shop", "", "shop.amazonaws.com", "Look", False),
        ("shop", "2020-01-01", "api.shop", "shop", "shop.amazonaws.com", "Buy", False),
        ("shop", "2020-01-01", "api.shop", "shop", "shop.amazonaws.com", "Look", False),
    ]


def test_an_operation_whose_input_has_tags_says_so(tmp_path: Path) -> None:
    shapes = {
        "One": {"members": {"Name": {}, "Tags": {}}},
        "Two": {"members": {"TagSpecifications": {}}},
        "Keys": {"members": {"TagKeys": {}}},
        "Text": {"type": "string"},
    }
    inputs = {"A": "One", "B": "Two", "C": "Keys", "D": "Text", "E": "Missing"}
    wanted = {name: {"input": {"shape": shape}} for name, shape in inputs.items()}
    model = {"metadata": {"endpointPrefix": "shop"}, "operations": {**wanted, "F": {}}, "shapes": shapes}
    path = write_model(tmp_path, "shop/2020-01-01", {})
    path.write_bytes(gzip.compress(json.dumps(model).encode()))
    found = operations(DATA_FOLDER, tmp_path)
    assert dict(found.select("operation", "tags").rows()) == {
        "A": True, "B": True, "C": False, "D": False, "E": False, "F": False
    }  # fmt: skip


def test_tags_of_another_name_and_of_what_is_made_are_tags_too(tmp_path: Path) -> None:
    shapes = {
        "Pairs": {"type": "list", "member": {"shape": "Pair"}},
        "Pair": {"type": "structure", "members": {"Key": {"shape": "Text"}, "Value": {"shape": "Text"}}},
        "Map": {"type": "map"},
        "Names": {"type": "list", "member": {"shape": "Text"}},
        "Text": {"type": "string"},
        "Desk": {"type": "structure", "members": {"Tags": {"shape": "Pairs"}}},
        "Desks": {"type": "list", "member": {"shape": "Desk"}},
        "InVault": {"members": {"VaultTags": {"shape": "Pairs"}}},
        "InMap": {"members": {"poolTags": {"shape": "Map"}}},
        "InDesk": {"members": {"Desk": {"shape": "Desk"}}},
        "InDesks": {"members": {"Name": {"shape": "Text"}, "Desks": {"shape": "Desks"}}},
        "Words": {"members": {"wordTags": {"shape": "Names"}, "ETags": {"shape": "Text"}}},
        "Filter": {"members": {"DeskFilter": {"shape": "Desk"}}},
    }
    making = {"MakeVault": "InVault", "MakePool": "InMap", "MakeDesk": "InDesk", "MakeDesks": "InDesks"}
    inputs = making | {"ListVaults": "InVault", "SayWords": "Words", "StartReport": "Filter"}
    wanted = {name: {"input": {"shape": shape}} for name, shape in inputs.items()}
    model = {"metadata": {"endpointPrefix": "shop"}, "operations": wanted, "shapes": shapes}
    path = write_model(tmp_path, "shop/2020-01-01", {})
    path.write_bytes(gzip.compress(json.dumps(model).encode()))
    found = operations(DATA_FOLDER, tmp_path)
    assert {name for name, tags in found.select("operation", "tags").rows() if tags} == set(making)


def test_the_facts_name_the_event_source_of_a_service(tmp_path: Path) -> None:
    write_model(tmp_path, "mq/2017-11-27", {"endpointPrefix": "mq", "signingName": "mq"}, "CreateBroker")
    assert operations(DATA_FOLDER, tmp_path)["event_source"].to_list() == ["amazonmq.amazonaws.com"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1f\x8b\x08", *(gzip.compress(text, mtime=0) for text in (b"{", b"[]", b"{}"))],
    ids=["empty", "cut short", "no JSON", "a list", "no metadata"],
)
def test_a_broken_model_is_named(tmp_path: Path, content: bytes) -> None:
    path = write_model(tmp_path, "shop/2020-01-01", {"endpointPrefix": "shop"})
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"shop/2020-01-01/service-2\.json\.gz: not an API model"):
        operations(DATA_FOLDER, tmp_path)


def test_no_models_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no API models"):
        operations(DATA_FOLDER, tmp_path)


@pytest.mark.parametrize(
    ("service", "source"),
    [
        ("s3", "s3"),
        ("s3control", "s3"),
        ("cloudwatch", "monitoring"),
        ("sesv2", "ses"),
        ("ecr", "ecr"),
        ("stepfunctions", "states"),
        ("rds-data", "rdsdata"),
        ("servicecatalog-appregistry", "servicecatalog-appregistry"),
        ("iot-data", "iotdata"),
    ],
)
def test_event_sources_of_the_installed_botocore(tables: Tables, service: str, source: str) -> None:
    found = tables.operations.filter(pl.col("service") == service)["event_source"].unique().to_list()
    assert found == [f"{source}.amazonaws.com"]


def test_the_installed_botocore_is_read_whole(tables: Tables) -> None:
    assert tables.operations.height == tables.operations.unique().height == 21_851
    assert tables.operations.rows() == sorted(tables.operations.rows())
