"""What was granted before is the same in whatever order windows are asked about, and no file is read twice for it."""

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.expanded_grants.schema import GRANTS
from assets.principal_diffs.coverage import Window
from assets.principal_diffs.earlier_grants import PAIR, EarlierGrants

ACCOUNTS = ("111111111111", "222222222222")
FIRST = date(2026, 6, 1)

days = st.integers(0, 7).map(lambda n: FIRST + timedelta(days=n))
pairs = st.builds(
    lambda who, action: {"principal": who, "action": action},
    # Without an id it is the ARN.
    st.sampled_from(["AIDA1", "AIDA2", "arn:b"]),
    st.sampled_from(["s3:GetObject", "iam:GetUser"]),
)
rows = st.builds(
    lambda pair, day, account: {**pair, "day": day, "account": account},
    pairs,
    days,
    st.sampled_from(ACCOUNTS),
)
asked = st.tuples(
    st.sampled_from(ACCOUNTS),
    days.flatmap(lambda end: st.integers(1, 5).map(lambda length: Window.ending(end, length))),
    st.lists(pairs, unique_by=lambda one: tuple(one.values())),
)


def _grants(granted: list[dict[str, object]]) -> pl.LazyFrame:
    schema = {"principal": pl.String, **GRANTS, "day": pl.Date, "account": pl.String}
    by_arn = pl.col("principal").str.starts_with("arn:")
    return pl.LazyFrame(granted, schema=schema).with_columns(
        principal_id=pl.when(by_arn).then(pl.lit("")).otherwise("principal"), principal_arn="principal"
    )


@given(st.lists(rows, max_size=12), st.lists(asked, min_size=1, max_size=6))
def test_it_is_what_a_look_at_each_grant_finds(
    granted: list[dict[str, object]], questions: list[tuple[str, Window, list[dict[str, str]]]]
) -> None:
    earlier = EarlierGrants(_grants(granted))
    for account, window, wanted in questions:
        found = earlier.among(account, window, pl.DataFrame(wanted, schema=PAIR)).rows(named=True)
        before = [
            {name: row[name] for name in PAIR}
            for row in granted
            if row["account"] == account and row["day"] in window.days[:-1]
        ]
        assert sorted(found, key=str) == sorted((one for one in wanted if one in before), key=str)
        assert earlier.has_days(account, window) == bool(before)


def test_days_that_windows_share_are_looked_through_once() -> None:
    pair = {"principal": "AIDA1", "action": "s3:GetObject"}
    read: list[date] = []

    def seen(frame: pl.DataFrame) -> pl.DataFrame:
        read.extend(frame["day"])
        return frame

    granted = [{**pair, "day": FIRST + timedelta(days=n), "account": ACCOUNTS[0]} for n in range(20)]
    # Filters go below it: it sees what is read.
    earlier = EarlierGrants(_grants(granted).map_batches(seen, predicate_pushdown=True))
    for n in range(5, 20):
        window = Window.ending(FIRST + timedelta(days=n), 5)
        assert earlier.among(ACCOUNTS[0], window, pl.DataFrame([pair], schema=PAIR)).rows(named=True) == [
            pair
        ]
    assert read == [FIRST + timedelta(days=n) for n in range(1, 19)]
