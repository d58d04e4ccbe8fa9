import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from assets.aws_actions.facts import DATA_FOLDER, FACT_FILES, read_facts, recorded_as, source_prefix
from assets.errors import InputError
from tests.assets.aws_actions.conftest import Tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FACT_FILES:
        shutil.copy(DATA_FOLDER / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FACT_FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"{name}: not found"):
        read_facts(folder)


@pytest.mark.parametrize("name", FACT_FILES)
def test_a_missing_column_is_named(folder: Path, name: str) -> None:
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace("origin", "source", 1))
    with pytest.raises(InputError, match=f"{name}: has no column origin"):
        read_facts(folder)


@pytest.mark.parametrize("content", ["", "a,b\n1,2,3\n"])
def test_what_is_no_csv_is_named(folder: Path, content: str) -> None:
    (folder / "data_events.csv").write_text(content)
    with pytest.raises(InputError, match=r"data_events\.csv: not a readable CSV file"):
        read_facts(folder)


def test_what_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "data_events.csv").unlink()
    (folder / "data_events.csv").mkdir()
    with pytest.raises(InputError, match=r"data_events\.csv: not a readable CSV file"):
        read_facts(folder)


def test_another_kind_of_event_is_refused(folder: Path) -> None:
    with (folder / "data_events.csv").open("a") as file:
        file.write("shop,Buy,sometimes,,test\n")
    with pytest.raises(InputError, match="shop,Buy: recorded is 'sometimes'; write data or never"):
        read_facts(folder)


@pytest.mark.parametrize("name", FACT_FILES)
def test_the_shipped_rows_are_sorted_and_unique(name: str) -> None:
    rows = (DATA_FOLDER / name).read_text().splitlines()[1:]
    keys = [tuple(row.split(",")) for row in rows]
    assert keys == sorted(set(keys))


def test_what_an_action_may_need_is_said_once() -> None:
    said = read_facts().dependent_actions.select(pl.all().exclude("origin").str.to_lowercase())
    assert said.filter(said.is_duplicated()).rows() == []


def test_resource_types_stand_where_a_setting_can_record_the_event() -> None:
    rows = read_facts().data_events.select("recorded", "resource_type").rows()
    assert {recorded for recorded, types in rows if types} == {"data"}
    assert all(re.fullmatch(r"AWS::\w+::\w+", one) for _, types in rows for one in types.split())
    index = read_facts().resource_type_index()
    assert index["s3", "getobject"] == "AWS::S3::Object"
    assert index["dynamodb", "getrecords"] == "AWS::DynamoDB::Stream"
    assert index["kinesis", "subscribetoshard"].split() == [
        "AWS::Kinesis::Stream",
        "AWS::Kinesis::StreamConsumer",
    ]


def test_the_facts_speak_of_services_and_prefixes_that_exist(tables: Tables) -> None:
    facts = read_facts()
    services = set(tables.operations["service"])
    prefixes = {action.partition(":")[0] for action in tables.published["action"]}
    others = facts.operation_actions.filter(~pl.col("service").is_in(sorted(services)))
    # Only these are an event source without a service of botocore's of that name.
    assert (
        set(others["service"])
        == {"finspace", "s3-object-lambda", "s3-outposts", "s3express"}
        <= prefixes & set(facts.event_sources["event_source_prefix"])
    )
    assert {service for text in facts.event_sources["services"] for service in text.split()} <= services
    assert {prefix for text in facts.event_sources["iam_prefixes"] for prefix in text.split()} <= prefixes


def test_what_is_no_operation_says_so(tables: Tables) -> None:
    given = read_facts().operation_actions
    known = tables.operations.select("service", "operation").unique()
    others = given.join(known, on=["service", "operation"], how="anti")
    marked = given.filter(pl.col("origin").str.contains("not-in-botocore"))
    assert others.height and others.equals(marked)


def test_every_origin_is_explained() -> None:
    sources = (DATA_FOLDER / "SOURCES.md").read_text()
    assert all(f"`{name}`" in sources for name in FACT_FILES)
    for frame in read_facts().frames():
        for origin in {origin for text in frame["origin"] for origin in text.split()}:
            guide = origin.startswith("aws-") and origin.endswith("-guide")
            assert guide or f"`{origin}`" in sources, origin


@pytest.mark.parametrize(
    ("event_source", "prefix"),
    [("s3.amazonaws.com", "s3"), ("S3.amazonaws.com.cn", "s3"), ("s3", "s3"), ("", "")],
)
def test_source_prefix(event_source: str, prefix: str) -> None:
    assert source_prefix(event_source) == prefix


def test_a_row_of_its_own_beats_that_of_the_source() -> None:
    index = {("shop", "*"): "never", ("shop", "buy"): "data"}
    assert recorded_as(index, "shop", "buy") == "data"
    assert recorded_as(index, "shop", "look") == "never"
    assert recorded_as(index, "bank", "buy") is None
