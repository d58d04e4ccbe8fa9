from datetime import date

import polars as pl
import pytest

from assets.errors import UsageError
from pipeline.principal_names import named, rows_named

ALICE, OTHER = (f"arn:aws:iam::{account}:user/alice" for account in ("1" * 12, "2" * 12))
MOVED = "arn:aws:iam::111111111111:user/staff/alice"
ROLE = "arn:aws:iam::111111111111:role/admin"


def people(*arns: str, days: tuple[int, ...] = ()) -> pl.DataFrame:
    rows = [(arn.split(":")[5].partition("/")[0], arn.rpartition("/")[2], arn) for arn in arns]
    frame = pl.DataFrame(rows, schema=["principal_type", "principal_name", "principal_arn"], orient="row")
    return frame.with_columns(day=pl.Series([date(2026, 6, day) for day in days])) if days else frame


@pytest.mark.parametrize("name", ["alice", ALICE])
def test_a_name_or_an_arn_means_one(name: str) -> None:
    assert named(people(ALICE, ROLE), "user", name, "here")["principal_arn"] == ALICE


def test_of_days_there_is_a_row_each_though_the_path_changed() -> None:
    found = rows_named(people(ALICE, MOVED, ROLE, days=(29, 30, 30)), "user", "alice", "here")
    assert found["principal_arn"].to_list() == [ALICE, MOVED]


@pytest.mark.parametrize(
    ("everyone", "kind", "name", "said"),
    [
        (
            people(OTHER, ALICE),
            "user",
            "alice",
            f"2 users are called 'alice'; give the ARN of one: {ALICE}, {OTHER}",
        ),
        (
            people(OTHER, ALICE, days=(30, 30)),
            "user",
            "alice",
            "2 users are called 'alice'; give the ARN of one",
        ),
        # Once, though two bear the name, or one does on two days.
        (
            people(ALICE, OTHER),
            "user",
            "alcie",
            "no user 'alcie'; did you mean 'alice'? (--list users shows all)",
        ),
        (people(ALICE, ALICE, days=(29, 30)), "user", "alcie", "no user 'alcie'; did you mean 'alice'? ("),
        (people(ALICE, ROLE), "user", "admin", "no user 'admin'; there is a role of that name (--list users"),
        (
            people(ALICE, ROLE, days=(30, 30)),
            "role",
            "alice",
            "no role 'alice'; there is a user of that name",
        ),
        (people(ALICE), "role", "x", "no role 'x' (--list roles shows all)"),
    ],
)
def test_what_means_none_or_several_is_said(everyone: pl.DataFrame, kind: str, name: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        rows_named(everyone, kind, name, "here")
    assert str(refused.value).startswith(f"here: {said}")
