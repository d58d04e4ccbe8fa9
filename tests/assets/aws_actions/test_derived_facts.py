from dataclasses import replace

import polars as pl
import pytest

from assets.aws_actions.derived_facts import (
    DERIVED,
    derived_event_sources,
    derived_operation_actions,
    rebuilt,
)
from assets.aws_actions.facts import FACT_FILES, Facts, read_facts
from assets.aws_actions.stale_facts import stale_rows
from tests.assets.aws_actions.conftest import Tables

CALLS = ("service", "api_version", "endpoint_prefix", "signing_name", "event_source", "operation")


def calls(*rows: str) -> pl.DataFrame:
    """`folder endpoint signing source operation,operation` to a frame of operations."""
    split = [row.split() for row in rows]
    made = [
        (folder, "2020-01-01", endpoint, signing.strip("-"), f"{source}.amazonaws.com", operation)
        for folder, endpoint, signing, source, names in split
        for operation in names.split(",")
    ]
    return pl.DataFrame(made, schema=dict.fromkeys(CALLS, pl.String), orient="row")


def published(*actions: str) -> pl.DataFrame:
    return pl.DataFrame({"action": actions, "access_level": ["Read"] * len(actions)})


def rows_of(file: str, *rows: str) -> pl.DataFrame:
    """Lines of CSV to a frame; cells that are left out before the origin are empty."""
    columns = FACT_FILES[file]
    split = [row.split(",") for row in rows]
    padded = [(*cells[:-1], *[""] * (len(columns) - len(cells)), cells[-1]) for cells in split]
    return pl.DataFrame(padded, schema=dict.fromkeys(columns, pl.String), orient="row")


def test_the_shipped_files_are_what_is_derived(tables: Tables) -> None:
    facts = read_facts()
    made = rebuilt(facts, tables.operations, tables.published)
    for name, before, after in zip(FACT_FILES, facts.frames(), made.frames(), strict=True):
        assert after.equals(before), name
        origins = DERIVED.get(name, frozenset())
        assert origins <= set(after["origin"]), name


@pytest.mark.parametrize("column", ["event_sources", "operation_actions"])
def test_derived_rows_that_were_removed_come_back(tables: Tables, column: str) -> None:
    facts = read_facts()
    kept = getattr(facts, column).filter(~pl.col("origin").is_in(DERIVED[f"{column}.csv"]))
    assert kept.height < getattr(facts, column).height
    made = rebuilt(replace(facts, **{column: kept}), tables.operations, tables.published)
    assert getattr(made, column).equals(getattr(facts, column))


def test_a_derived_row_that_is_wrong_goes(tables: Tables) -> None:
    facts = read_facts()
    wrong = rows_of("operation_actions.csv", "s3,BatchNothing,s3:GetObject,,,batch-name")
    more = replace(facts, operation_actions=pl.concat([facts.operation_actions, wrong]))
    made = rebuilt(more, tables.operations, tables.published)
    assert made.operation_actions.equals(facts.operation_actions)


@pytest.mark.parametrize(
    ("call", "actions", "derived"),
    [
        # The signing name is a prefix: whatever else fits is not asked for.
        ("bedrock-agent bedrock-agent bedrock bedrock A,B", ("bedrock:X", "other:A", "other:B"), "bedrock"),
        # No name is a prefix: the one that publishes three of four operations is it.
        (
            "mturk mturk-requester - mturk-requester A,B,C,D",
            ("mechanicalturk:A", "mechanicalturk:B", "mechanicalturk:C"),
            "mechanicalturk",
        ),
        # Two of four are a coincidence.
        ("osm osm - osm A,B,C,D", ("other:A", "other:B"), None),
        # Two prefixes that publish the same tell nothing.
        ("osm osm - osm A", ("one:A", "two:A"), None),
        # The folder and the end of the endpoint are names too.
        ("sso portal.sso awsssoportal awsssoportal A", ("sso:X",), "sso"),
        ("iot-jobs-data data.jobs.iot iot-jobs-data iot-jobs-data A", ("iotjobsdata:A", "iot:X"), "iotjobsdata iot"),
        # A prefix needs no row.
        ("s3 s3 - s3 A", ("s3:A",), None),
    ],
)  # fmt: skip
def test_the_prefixes_of_a_service_whose_name_is_none(
    call: str, actions: tuple[str, ...], derived: str | None
) -> None:
    found = derived_event_sources(calls(call), published(*actions), [])
    assert set(found["iam_prefixes"]) == ({derived} if derived else set())
    assert set(found["event_source_prefix"]) <= set(call.split()[1:4])


def test_a_source_that_is_given_is_left_alone() -> None:
    found = derived_event_sources(calls("mq amq mq amazonmq A"), published("mq:A"), ["amazonmq"])
    assert found.rows() == [("amq", "mq", "", "botocore")]


GATEWAY = calls(
    "apigateway apigateway - apigateway CreatePortal,TagResource", "shop shop - shop BatchBuy,Look"
)
ACTIONS = published("apigateway:GET", "apigateway:PUT", "apigateway:CreatePortal", "shop:Buy", "shop:Look")


def test_batches_and_methods() -> None:
    none = rows_of("operation_actions.csv")
    found = derived_operation_actions(GATEWAY, ACTIONS, rows_of("event_sources.csv"), none)
    assert found.rows() == [
        ("apigateway", "TagResource", "apigateway:PUT", "", "", "botocore-http-method"),
        ("shop", "BatchBuy", "shop:Buy", "", "", "batch-name"),
    ]


def test_what_somebody_wrote_wins_over_what_is_derived() -> None:
    given = rows_of("operation_actions.csv", "shop,BatchBuy,shop:Look,,,aws-docs")
    found = derived_operation_actions(GATEWAY, ACTIONS, rows_of("event_sources.csv"), given)
    assert found["operation"].to_list() == ["TagResource"]


def _stale(facts: Facts, tables: Tables, file: str, row: str) -> list[tuple[str, str, str]]:
    field = file.removesuffix(".csv")
    more = replace(facts, **{field: pl.concat([getattr(facts, field), rows_of(file, row)])})
    return [(one.file, one.row, one.reason) for one in stale_rows(more, tables.operations, tables.published)]


def test_no_shipped_row_is_stale(tables: Tables) -> None:
    assert stale_rows(read_facts(), tables.operations, tables.published) == []


@pytest.mark.parametrize(
    ("file", "row", "reason"),
    [
        ("operation_actions.csv", "shop,Buy,s3:GetObject,,,iamlive", "botocore has no service shop"),
        ("operation_actions.csv", "s3,Buy,s3:GetObject,,,iamlive", "botocore's s3 has no operation Buy"),
        ("operation_actions.csv", "s3,Buy,s3:GetObject,,,iamlive not-in-botocore", None),
        ("operation_actions.csv", "s3express,Buy,s3:GetObject,,,iamlive not-in-botocore", None),
        (
            "operation_actions.csv",
            "shop,Buy,s3:GetObject,,,x not-in-botocore",
            "botocore has no service shop",
        ),
        ("operation_actions.csv", "s3,GetObject,s3:Buy,,,iamlive", "not published: s3:Buy"),
        ("operation_actions.csv", "s3,GetObject,,s3:Buy,s3:Sell,iamlive", "not published: s3:Buy s3:Sell"),
        ("event_sources.csv", "shop,shopping s3,,iamlive", "there is no IAM prefix shopping"),
        ("event_sources.csv", "shop,s3,shop,iamlive", "there is no botocore service shop"),
        ("data_events.csv", "s3,Buy,data,x", "neither an operation of botocore nor a published action"),
        ("data_events.csv", "shop,*,data,x", "neither an operation of botocore nor a published action"),
        ("data_events.csv", "s3,Buy,data,x not-in-botocore", None),
        ("dependent_actions.csv", "s3:Buy,iam:PassRole,x", "not published: s3:Buy"),
        ("dependent_actions.csv", "iam:PassRole,s3:Buy,x", "not published: s3:Buy"),
    ],
)
def test_a_stale_row_is_reported(tables: Tables, file: str, row: str, reason: str | None) -> None:
    assert _stale(read_facts(), tables, file, row) == (
        [(file, ",".join(rows_of(file, row).row(0)), reason)] if reason else []
    )
