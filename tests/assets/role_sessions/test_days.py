import io
from datetime import date
from pathlib import Path

import polars as pl

from assets.partitions import Partition
from assets.role_sessions.days import session_days
from tests.assets.role_sessions.frames import assumptions, usage

DAY = date(2026, 6, 2)
ACCOUNTS = [f"{number:012}" for number in range(1, 41)]
SESSIONS = 500


def _usage() -> pl.LazyFrame:
    """Return as many sessions of each account as it takes for Polars to cut rows out instead of copying them."""
    template = usage(
        {
            "role_arn": "arn:aws:iam::ACCOUNT:role/r",
            "session": f"AROAACCOUNT:s{session:04}",
            "call": f"s3:Call{call}InACCOUNT",
            "at": "2026-06-02T10:00:00Z",
        }
        for session in range(SESSIONS)
        for call in range(2)
    )
    text = pl.selectors.string().str.replace_all("ACCOUNT", pl.col("number"), literal=True)
    accounts = pl.DataFrame({"number": ACCOUNTS})
    return template.join(accounts, how="cross").with_columns(text).drop("number").lazy()


def _stored(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file, compression="zstd", statistics=True)
    return file.getvalue()


def test_a_partition_holds_nothing_of_other_accounts() -> None:
    """Not even in the lists' dictionaries: each file would be as large as the organisation."""
    used = _usage()
    wanted = [Partition(DAY, account) for account in ACCOUNTS]
    made = dict(session_days(wanted, assumptions([]).lazy(), used, Path("/nonexistent")))
    assert list(made) == wanted
    for partition, frame in made.items():
        assert frame["calls"].list.len().to_list() == [2] * SESSIONS
        assert set(frame["calls"].explode().str.slice(-12)) == {partition.account}
        assert _stored(frame) == _stored(pl.DataFrame(frame.rows(), frame.schema, orient="row"))
