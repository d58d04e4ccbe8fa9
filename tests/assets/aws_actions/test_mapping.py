import polars as pl
import pytest

from assets.aws_actions.facts import Facts, read_facts
from assets.aws_actions.mapping import build_aws_actions, build_iam_actions
from assets.aws_actions.schema import AWS_ACTIONS, DESCRIPTIONS, IAM_ACTIONS
from assets.errors import InputError
from tests.assets.aws_actions.conftest import Tables

LISTS = ("primary", "conditional", "one_of")


def test_the_columns_are_those_of_the_schema(tables: Tables) -> None:
    assert dict(tables.aws_actions.schema) == AWS_ACTIONS
    assert dict(tables.iam_actions.schema) == IAM_ACTIONS
    assert {name: list(columns) for name, columns in DESCRIPTIONS.items()} == {
        "aws_actions": ["", *AWS_ACTIONS],
        "iam_actions": ["", *IAM_ACTIONS],
    }


def test_a_row_per_operation_sorted(tables: Tables) -> None:
    keys = tables.aws_actions.select("service", "operation").rows()
    assert keys == sorted(set(tables.operations.select("service", "operation").rows()))


def test_actions_are_canonical_and_in_one_list_only(tables: Tables) -> None:
    known = set(tables.iam_actions["action"])
    for row in tables.aws_actions.iter_rows(named=True):
        lists = [row[name] for name in LISTS]
        together = [action for actions in lists for action in actions]
        assert set(together) <= known, row
        assert len(together) == len(set(together)), row
        assert all(actions == sorted(actions) for actions in lists), row
        assert bool(row["primary"] or row["one_of"]) == (row["rule"] != "no_permission"), row


def test_nearly_every_operation_has_a_published_action(tables: Tables) -> None:
    unverified = tables.aws_actions.filter(pl.col("rule") == "unverified").height
    assert unverified / tables.aws_actions.height < 0.036  # what plain names and prefixes leave unknown


def test_an_unverified_action_is_only_made_where_no_other_name_is_known(tables: Tables) -> None:
    unverified = tables.iam_actions.filter("unverified")
    published = {action.lower() for action in tables.published["action"]}
    assert unverified.height > 0
    assert not {action.lower() for action in unverified["action"]} & published
    assert unverified["access_level"].unique().to_list() == [""]
    assert set(tables.iam_actions.filter(~pl.col("unverified"))["action"]) == set(tables.published["action"])


@pytest.mark.parametrize(
    ("recorded", "actions"),
    [
        (
            "management",
            "cloudwatch:DescribeAlarms cloudwatch:DescribeAlarmsForMetric cloudwatch:GetDashboard",
        ),
        ("management", "s3:CreateBucket s3:ListAllMyBuckets s3:GetBucketAcl s3:GetEncryptionConfiguration"),
        (
            "management",
            "s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration s3:GetBucketPublicAccessBlock",
        ),
        (
            "management",
            "s3:GetInventoryConfiguration s3:PutMetricsConfiguration s3:GetAccountPublicAccessBlock",
        ),
        (
            "management",
            "iam:CreateUser sts:AssumeRole kms:Decrypt ec2:RunInstances sqs:CreateQueue apigateway:GET",
        ),
        ("management", "dynamodb:DescribeTable lambda:CreateFunction bedrock:GetAgent"),
        ("data", "s3:GetObject s3:PutObject s3:DeleteObject s3:ListBucket dynamodb:GetItem sqs:SendMessage"),
        ("data", "lambda:InvokeFunction sns:Publish cloudwatch:GetMetricData cloudwatch:PutMetricData"),
        ("data", "timestream:ListTables timestream:DescribeTable iottwinmaker:TagResource"),
        ("data", "bedrock:InvokeModelWithResponseStream dynamodb:SearchVectors events:PutRawEvents"),
        ("data", "sms-voice:SendRcsMessage sagemaker:SampleTrainingSession sagemaker:InvokeInferenceRouter"),
        ("management", "logs:CreateLogStream identitystore:ListGroupMembershipsForMember"),
        (
            "never",
            "iam:PassRole logs:PutLogEvents s3:GetObjectVersion sts:GetCallerIdentity sts:GetSessionToken",
        ),
        ("never", "execute-api:Invoke dynamodb:PartiQLSelect lambda:InvokeFunctionUrl"),
    ],
)
def test_what_the_absence_of_an_action_would_prove(tables: Tables, recorded: str, actions: str) -> None:
    kinds = dict(tables.iam_actions.select("action", "recorded").rows())
    assert {action: kinds[action] for action in actions.split()} == dict.fromkeys(actions.split(), recorded)


@pytest.mark.parametrize(("prefix", "not_management"), [("iam", 12), ("kms", 1), ("ec2", 24)])
def test_hardly_an_action_of_a_managing_service_is_unknown(
    tables: Tables, prefix: str, not_management: int
) -> None:
    own = tables.iam_actions.filter(pl.col("action").str.starts_with(f"{prefix}:") & ~pl.col("unverified"))
    assert own.filter(pl.col("recorded") == "data").is_empty()
    assert own.filter(pl.col("recorded") == "never").height <= not_management


def operation(service: str, name: str, version: str = "2020-01-01") -> tuple[str, ...]:
    return (service, version, service, "", f"{service}.amazonaws.com", name)


def small_tables(facts: Facts, *calls: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    names = ["service", "api_version", "endpoint_prefix", "signing_name", "event_source", "operation"]
    published = pl.DataFrame(
        {
            "action": ["shop:Buy", "shop:Look", "shop:Pay", "till:Ring"],
            "access_level": ["Write", "Read", "Write", "Write"],
        }
    )
    aws_actions = build_aws_actions(pl.DataFrame(list(calls), schema=names, orient="row"), published, facts)
    return aws_actions, build_iam_actions(aws_actions, published)


def small_facts(**rows: list[tuple[str, ...]]) -> Facts:
    full = read_facts()
    frames = zip(Facts.__annotations__, full.frames(), strict=True)
    return Facts(
        **{
            name: pl.DataFrame(rows.get(name, []), schema=frame.schema, orient="row")
            for name, frame in frames
        }
    )


def test_an_action_behind_management_and_data_events_is_data() -> None:
    facts = small_facts(
        operation_actions=[("shop", "BuyMany", "shop:Buy", "", "", "test")],
        data_events=[("shop", "BuyMany", "data", "", "test"), ("shop", "Look", "never", "", "test")],
    )
    calls = [operation("shop", name) for name in ("Buy", "BuyMany", "Look", "Pay")]
    _, iam_actions = small_tables(facts, *calls)
    assert dict(iam_actions.select("action", "recorded").rows()) == {
        "shop:Buy": "data",
        "shop:Look": "never",
        "shop:Pay": "management",
        "till:Ring": "never",
    }


@pytest.mark.parametrize(
    ("conditional", "one_of"), [("shop:Look till:Ring", ""), ("till:Ring", "shop:Look shop:Pay")]
)
@pytest.mark.parametrize("recorded", ["data", "never"])
def test_what_only_an_unrecorded_call_of_its_service_may_tell_is_not_recorded(
    conditional: str, one_of: str, recorded: str
) -> None:
    facts = small_facts(
        operation_actions=[("shop", "Buy", "shop:Buy", conditional, one_of, "test")],
        data_events=[("shop", "Buy", recorded, "", "test")],
    )
    calls = [operation("shop", "Buy"), operation("shop", "Look"), operation("till", "Ring")]
    _, iam_actions = small_tables(facts, *calls)
    kinds = dict(iam_actions.select("action", "recorded").rows())
    # What no other call needs is none that would be seen, whatever this one is: shop:Pay.
    assert kinds == {
        "shop:Buy": recorded,
        "shop:Look": recorded,
        "till:Ring": "management",
        "shop:Pay": "never",
    }


def test_dependent_actions_are_conditional() -> None:
    facts = small_facts(
        dependent_actions=[("shop:buy", "shop:pay", "test"), ("shop:Buy", "shop:Gone", "test")],
    )
    aws_actions, _ = small_tables(facts, operation("shop", "Buy"))
    assert aws_actions.select("primary", "conditional").row(0) == (["shop:Buy"], ["shop:Pay"])


def test_an_operation_of_several_api_versions_is_one_row() -> None:
    calls = [operation("shop", "Buy", version) for version in ("2020-01-01", "2012-01-01")]
    assert small_tables(small_facts(), *calls)[0].height == 1


def test_a_fact_with_an_unknown_action_is_refused() -> None:
    facts = small_facts(operation_actions=[("shop", "Buy", "shop:Bye", "", "", "test")])
    with pytest.raises(
        InputError, match=r"operation_actions\.csv: shop,Buy: shop:Bye is not a published IAM action"
    ):
        small_tables(facts, operation("shop", "Buy"))
