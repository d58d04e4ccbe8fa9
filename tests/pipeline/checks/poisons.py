"""What makes each rule of each suite red: a change of one stored partition, or of the files around it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from assets.partitions import Partition
from assets.table_checks.rule import Suite
from pipeline.lake import Lake

Change = Callable[[pl.DataFrame], pl.DataFrame]
Poison = Callable[[Lake, Suite, Partition | None], None]


def first(where: pl.Expr | None = None, **values: Any) -> Change:
    """Return the change that gives columns of the first row (of those `where`) these values."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        numbered = frame.with_row_index("n")
        rows = numbered if where is None else numbered.filter(where)
        assert rows.height, "there is no such row to poison"
        hit = pl.col("n") == rows["n"][0]
        new = [
            pl.when(hit)
            .then(value if isinstance(value, pl.Expr) else pl.lit(value, dtype=frame.schema[name]))
            .otherwise(pl.col(name))
            .alias(name)
            for name, value in values.items()
        ]
        return numbered.with_columns(new).drop("n")

    return change


def rows(change: Change) -> Poison:
    """Return the poison that changes the rows of the checked partition."""

    def poison(lake: Lake, suite: Suite, partition: Partition | None) -> None:
        changed(lake, suite.table, partition, change)

    return poison


def of(table: str, change: Change) -> Poison:
    """Return the poison that changes another table's rows of the same day."""

    def poison(lake: Lake, suite: Suite, partition: Partition | None) -> None:
        changed(lake, table, partition, change)

    return poison


def changed(lake: Lake, table: str, partition: Partition | None, change: Change) -> None:
    """Change stored rows; the file keeps its time."""
    path = lake.path(table, partition)
    frame = change(pl.read_parquet(path, hive_partitioning=False))
    lake.write(table, frame, partition, written_at=lake.written_at(table, partition))


def deleted(lake: Lake, suite: Suite, partition: Partition | None) -> None:
    lake.path(suite.table, partition).unlink()


def _input_deleted(lake: Lake, suite: Suite, partition: Partition | None) -> None:
    lake.path(suite.made_from[0], partition).unlink()


def _input_newer(lake: Lake, suite: Suite, partition: Partition | None) -> None:
    name = suite.made_from[0]
    frame = pl.read_parquet(lake.path(name, partition), hive_partitioning=False)
    lake.write(name, frame, partition, written_at=datetime.now(UTC) + timedelta(hours=1))


def _day_before_deleted(lake: Lake, suite: Suite, partition: Partition | None) -> None:
    assert partition is not None
    lake.path(suite.table, Partition(partition.day - timedelta(days=1), partition.account)).unlink()


def _no_key(lake: Lake, suite: Suite, partition: Partition | None) -> None:
    from pipeline.tables import TABLES

    changed(lake, suite.table, partition, first(**{TABLES[suite.table].key[0]: None}))


GENERIC: dict[str, Poison] = {
    "is_stored": deleted,
    "inputs_are_stored": _input_deleted,
    "is_fresh": _input_newer,
    "no_day_is_missing": _day_before_deleted,
    "volume_is_usual": rows(lambda frame: pl.concat([frame] * 30)),
    "key_is_not_null": _no_key,
    "key_is_unique": rows(lambda frame: pl.concat([frame, frame.head(1)])),
    "is_whole": rows(lambda frame: frame.head(100)),
}

_USER = pl.col("kind") == "user"
_EARLIER = pl.col("taken_at").dt.offset_by("-30d")
_NOBODY = "arn:aws:iam::111111111111:user/nobody"
_USED = pl.col("status") == "used"

OWN: dict[str, dict[str, Poison]] = {
    "aws_actions": {
        "values_are_known": rows(first(recorded="sometimes")),
        "event_source_is_one": rows(first(event_source="S3")),
        "primary_actions_exist": rows(first(primary=["nosuch:Action"])),
        "conditional_actions_exist": rows(first(conditional=["nosuch:Action"])),
        "one_of_actions_exist": rows(first(one_of=["nosuch:Action"])),
    },
    "iam_actions": {
        "values_are_known": rows(first(access_level="Everything")),
        "action_is_one": rows(first(action="s3 GetObject")),
        "one_spelling": rows(
            lambda frame: pl.concat([frame, frame.head(1).with_columns(pl.col("action").str.to_uppercase())])
        ),
    },
    "iam_snapshots": {
        "values_are_known": rows(first(kind="thing")),
        "one_document": rows(lambda frame: frame.filter(pl.col("kind") != "document")),
        "documents_are_json": rows(first(_USER, document="{'Path'")),
        "arn_is_the_entrys": rows(first(_USER, arn="arn:aws:iam::222222222222:user/alice")),
        "ids_are_unique": rows(first(_USER, id=pl.col("id").filter(pl.col("kind") == "role").first())),
        "one_moment": rows(first(taken_at=_EARLIER)),
        "is_near_the_day": rows(lambda frame: frame.with_columns(taken_at=_EARLIER)),
    },
    "expanded_grants": {
        "values_are_known": rows(first(principal_type="group")),
        "principal_is_in_snapshot": rows(first(principal_arn=_NOBODY)),
        "is_granted_by_something": rows(first(granted_by=[])),
        "granted_by_exists": rows(first(granted_by=["nosuch"])),
        "restricted_by_exists": rows(first(restricted_by=["nosuch"])),
        "action_is_known": rows(first(action="s3:NoSuchAction")),
    },
    "grant_sources": {
        "values_are_known": rows(first(effect="Perhaps")),
        "carrier_is_in_snapshot": rows(first(attached_to=_NOBODY)),
        "statement_is_whole": rows(first(resources="*")),
    },
    "grant_problems": {
        "values_are_known": rows(first(problem="bad_mood")),
        "principal_is_in_snapshot": rows(first(principal_arn=_NOBODY)),
        # It is broken as it is: a policy of the account has no document.
        "policies_are_there": rows(lambda frame: frame),
    },
    "cloudtrail_usage": {
        "values_are_known": rows(first(outcome="maybe")),
        "event_is_named": rows(first(event_name="")),
        "principal_is_no_session": rows(
            first(principal_type="role", principal_arn="arn:aws:sts::111111111111:assumed-role/admin/session")
        ),
        "counts_are_positive": rows(first(events=0)),
        "times_are_the_days": rows(first(first_seen=pl.col("first_seen").dt.offset_by("-1d"))),
        "totals_agree": rows(first(events=pl.col("events") + 1)),
    },
    "role_assumptions": {
        "values_are_known": rows(first(outcome="maybe")),
        "time_is_the_days": rows(first(event_time=pl.col("event_time").dt.offset_by("-1d"))),
        "keys_are_hashed": rows(first(key="ASIA" + 16 * "A")),
    },
    "session_usage": {
        "values_are_known": rows(first(outcome="maybe")),
        "counts_are_positive": rows(first(events=0)),
        "times_are_the_days": rows(first(first_seen=pl.col("first_seen").dt.offset_by("-1d"))),
        "keys_are_hashed": rows(first(key="ASIA" + 16 * "A")),
    },
    "rejected_records": {
        "values_are_known": rows(first(reason="no_idea")),
        "position_is_one": rows(first(position=-2)),
        "file_is_named": rows(first(file="")),
    },
    "log_coverage": {
        "counts_are_not_negative": rows(first(duplicates=-1, records=pl.col("records") - 1)),
        "records_add_up": rows(first(records=pl.col("records") + 1)),
        "complete_is_deserved": rows(first(complete=True, provisional=True)),
        "rejected_are_rows": of("rejected_records", lambda frame: frame.head(0)),
        "few_are_rejected": rows(lambda frame: frame),
        "no_region_is_silent": rows(first(files=0)),
        "is_final": rows(first(provisional=True)),
    },
    "unmapped_events": {
        "counts_are_positive": rows(first(events=0)),
        "events_were_made": rows(first(event_name="NoSuchCall")),
        "share_does_not_grow": rows(first(events=10)),
    },
    "principal_diffs": {
        "values_are_known": rows(first(status="perhaps")),
        "reason_fits_status": rows(first(_USED, reason="never_called")),
        "principal_is_in_snapshot": rows(first(principal_arn=_NOBODY)),
        "verdicts_are_of_grants": rows(lambda frame: frame.tail(-1)),
        "action_is_one": rows(first(action="GetObject")),
        "use_is_told_alike": rows(first(_USED, last_used=None)),
        "days_fit_the_window": rows(first(covered_days=99)),
        "one_mapping": rows(first(mapping_version="another")),
        "logs_show_every_role": rows(first(pl.col("status") == "unknown", reason="role_last_used")),
    },
}
