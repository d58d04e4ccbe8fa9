from datetime import UTC, datetime

import polars as pl

from assets.coded_text import of_its_values, plain
from assets.expanded_grants.first_granted import with_first_granted
from assets.expanded_grants.schema import GRANTS

DAY1, DAY2, DAY3 = (datetime(2024, 1, day, 12, tzinfo=UTC) for day in (1, 2, 3))


def grants(*rows: tuple[str, str, str], first: datetime | None = None) -> pl.DataFrame:
    """Rows of (name, id, action)."""
    empty = pl.DataFrame(schema=GRANTS)
    filled = pl.DataFrame(
        {
            "principal_arn": [f"arn:aws:iam::1:user/{name}" for name, _, _ in rows],
            "principal_id": [unique for _, unique, _ in rows],
            "action": [action for _, _, action in rows],
            "first_granted": pl.Series([first] * len(rows), dtype=GRANTS["first_granted"]),
        }
    )
    return pl.concat([empty, filled], how="diagonal")


def firsts(frame: pl.DataFrame) -> dict[tuple[str, str], datetime | None]:
    return {(row["principal_id"], row["action"]): row["first_granted"] for row in frame.rows(named=True)}


def test_without_an_earlier_day_nothing_is_known() -> None:
    today = with_first_granted(grants(("a", "A1", "s3:X"), first=DAY1), DAY2, None)
    assert firsts(today) == {("A1", "s3:X"): None}
    assert dict(today.schema) == GRANTS


def test_kept_new_and_unseen() -> None:
    before = pl.concat([grants(("a", "A1", "s3:Old")), grants(("a", "A1", "s3:Since"), first=DAY1)])
    today = grants(
        ("a", "A1", "s3:New"), ("a", "A1", "s3:Old"), ("a", "A1", "s3:Since"), ("b", "B1", "s3:Old")
    )
    result = with_first_granted(today, DAY3, before)
    assert firsts(result) == {
        ("A1", "s3:New"): DAY3,
        ("A1", "s3:Old"): None,
        ("A1", "s3:Since"): DAY1,
        ("B1", "s3:Old"): None,
    }
    assert result.drop("first_granted").equals(today.drop("first_granted"))
    coded = today.with_columns(
        of_its_values(today[name]) for name in ("principal_arn", "principal_id", "action")
    )
    told = with_first_granted(coded, DAY3, before)
    assert told.schema == coded.schema and plain(told).equals(result)


def test_a_principal_that_had_nothing_before_is_known_by_the_principals() -> None:
    before, principals = grants(("a", "A1", "s3:X")), grants(("a", "A1", ""), ("b", "B1", ""))
    today = grants(("b", "B1", "s3:X"))
    assert firsts(with_first_granted(today, DAY2, before)) == {("B1", "s3:X"): None}
    assert firsts(with_first_granted(today, DAY2, before, principals)) == {("B1", "s3:X"): DAY2}


def test_a_name_created_again_is_another_principal() -> None:
    result = with_first_granted(
        grants(("a", "A2", "s3:X"), ("a", "A2", "s3:Y")), DAY2, grants(("a", "A1", "s3:X"), first=DAY1)
    )
    assert firsts(result) == {("A2", "s3:X"): None, ("A2", "s3:Y"): None}


def test_a_renamed_principal_is_the_same() -> None:
    result = with_first_granted(
        grants(("new", "A1", "s3:X")), DAY2, grants(("old", "A1", "s3:X"), first=DAY1)
    )
    assert firsts(result) == {("A1", "s3:X"): DAY1}


def test_without_ids_the_arn_counts() -> None:
    result = with_first_granted(
        grants(("a", "", "s3:X"), ("b", "", "s3:X")), DAY2, grants(("a", "", "s3:Y"), ("b", "", "s3:X"))
    )
    assert result["first_granted"].to_list() == [DAY2, None]


def test_revoked_and_granted_again_counts_anew() -> None:
    between = with_first_granted(grants(("a", "A1", "s3:Y")), DAY2, grants(("a", "A1", "s3:X"), first=DAY1))
    again = with_first_granted(grants(("a", "A1", "s3:X")), DAY3, between)
    assert firsts(again) == {("A1", "s3:X"): DAY3}
