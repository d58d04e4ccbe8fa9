"""What many sessions have in common is written as codes, of what a day holds and nothing else."""

from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.schema import SESSION_USAGE
from assets.partitions import Partition
from pipeline.lake import Lake
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, ALICE, DAY, event, put, reading
from tests.assets.cloudtrail_usage.test_sessions import ROLE, acting


def test_the_codes_of_a_day_are_those_of_its_rows(tmp_path: Path) -> None:
    # The copy of an event that is not taken leaves no trace: neither its principal, nor what its session says.
    # Whatever delivers the same events, the files are the same.
    other = acting("gone", role=ROLE.replace("admin", "zebra"), context={"sourceIdentity": "nobody"})
    lists = {
        "alone": [event("e1", userIdentity=acting()), event("e2", userIdentity=ALICE)],
        "copied": [
            event("e1", userIdentity=acting()),
            event("e1", userIdentity=other, eventName="Zzz"),
            event("e2", userIdentity=ALICE),
        ],
    }
    stored = []
    for name, records in lists.items():
        put(tmp_path / name, records)
        lake = Lake(tmp_path / f"{name}-lake")
        for tables in reading(tmp_path / name):
            codes = tables.sessions.lazy().collect()
            lake.write("session_usage", tables.sessions.lazy(), Partition(DAY, ACCOUNT))
        assert codes["role_arn"].dtype == pl.Enum([ROLE])
        assert codes["event_name"].dtype == pl.Enum(["ListBuckets"])
        assert codes["source_identity"].dtype == pl.Enum([""])
        assert codes["session"].dtype == pl.String
        stored.append(lake.path("session_usage", Partition(DAY, ACCOUNT)).read_bytes())
    assert stored[0] == stored[1]
    read_back = pl.read_parquet(stored[0], hive_partitioning=False)
    assert dict(read_back.schema) == SESSION_USAGE
