"""What makes each rule of each suite red: a change of one stored partition, or of the files around it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from assets.partitions import AccountPartition, AnyPartition, place_of
from assets.table_checks.rule import Suite
from pipeline.lake import Lake

Change = Callable[[pl.DataFrame], pl.DataFrame]
Poison = Callable[[Lake, Suite, AnyPartition | None], None]


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

    def poison(lake: Lake, suite: Suite, partition: AnyPartition | None) -> None:
        changed(lake, suite.table, partition, change)

    return poison


def of(table: str, change: Change) -> Poison:
    """Return the poison that changes another table's rows of the same day."""

    def poison(lake: Lake, suite: Suite, partition: AnyPartition | None) -> None:
        changed(lake, table, partition, change)

    return poison


def changed(lake: Lake, table: str, partition: AnyPartition | None, change: Change) -> None:
    """Change stored rows; the file keeps its time."""
    path = lake.path(table, partition)
    frame = change(pl.read_parquet(path, hive_partitioning=False))
    lake.write(table, frame, partition, written_at=lake.written_at(table, partition))


def deleted(lake: Lake, suite: Suite, partition: AnyPartition | None) -> None:
    lake.path(suite.table, partition).unlink()


def _input_deleted(lake: Lake, suite: Suite, partition: AnyPartition | None) -> None:
    for one in _inputs(lake, suite, partition):
        lake.path(suite.made_from[0], one).unlink()


def _inputs(lake: Lake, suite: Suite, partition: AnyPartition | None) -> list[AnyPartition]:
    """Return the partitions of the first input that are of the day and account, as far as it is cut by them."""
    day, account = place_of(partition)
    there = [(one, *place_of(one)) for one in lake.cuts(suite.made_from[0])]
    return [one for one, on, whose in there if day in (None, on) and account in ("", whose)]


def _input_newer(lake: Lake, suite: Suite, partition: AnyPartition | None) -> None:
    name = suite.made_from[0]
    last = _inputs(lake, suite, partition)[-1]
    frame = pl.read_parquet(lake.path(name, last), hive_partitioning=False)
    lake.write(name, frame, last, written_at=datetime.now(UTC) + timedelta(hours=1))


def _day_before_deleted(lake: Lake, suite: Suite, partition: AnyPartition | None) -> None:
    assert partition is not None
    assert not isinstance(partition, AccountPartition)
    lake.path(suite.table, replace(partition, day=partition.day - timedelta(days=1))).unlink()


def _no_key(lake: Lake, suite: Suite, partition: AnyPartition | None) -> None:
    from pipeline.tables import TABLES

    changed(lake, suite.table, partition, first(**{TABLES[suite.table].key[0]: None}))


def _once_more(history: pl.DataFrame) -> pl.DataFrame:
    """Add to a history what it says of one permission, as if that were so from the next day on only."""
    later = history.head(1).with_columns(pl.col("valid_from").dt.offset_by("1d"))
    return pl.concat([history, later])


GENERIC: dict[str, Poison] = {
    "is_stored": deleted,
    "inputs_are_stored": _input_deleted,
    "is_fresh": _input_newer,
    "no_day_is_missing": _day_before_deleted,
    "volume_is_usual": rows(lambda frame: pl.concat([frame] * 30)),
    "key_is_not_null": _no_key,
    "key_is_unique": rows(lambda frame: pl.concat([frame, frame.head(1)])),
    "is_one_row": rows(lambda frame: pl.concat([frame, frame])),
    "is_whole": rows(lambda frame: frame.head(100)),
}

_USER = pl.col("kind") == "user"
_EARLIER = pl.col("taken_at").dt.offset_by("-30d")
_NOBODY = "arn:aws:iam::111111111111:user/nobody"
_USED = pl.col("status") == "used"
_MORE_GRANTED = rows(first(granted=pl.col("granted") + 1))
_TOO_LONG = rows(first(covered_days=99))
_EVER_SINCE = pl.col("valid_to").is_null()

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
        "arn_is_the_entrys": rows(first(_USER, arn="arn:aws:iam::111111111111:role/alice")),
        "is_of_the_account": rows(first(_USER, arn="arn:aws:iam::222222222222:user/alice")),
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
        "most_files_are_read": rows(first(pl.col("files") > 0, unreadable_files=pl.col("files"))),
        "no_region_is_silent": rows(first(files=0, bytes=0)),
        "is_final": rows(first(provisional=True)),
    },
    "role_sessions": {
        "values_are_known": rows(first(certainty="surely")),
        "events_add_up": rows(first(ok_events=pl.col("ok_events") + 1)),
        "events_are_the_logs": of("session_usage", first(events=pl.col("events") + 1)),
        "times_are_the_days": rows(
            first(pl.col("events") > 0, first_seen=pl.col("first_seen").dt.offset_by("-1d"))
        ),
        "services_are_named": rows(first(service="lambda.amazonaws.com")),
        "chain_ends_with_the_role": rows(first(chain=[_NOBODY])),
    },
    "trail_settings": {
        "arn_is_a_trails": rows(first(home_region="eu-west-1")),
        "selectors_are_json": rows(first(selectors="{'EventSelectors'")),
        "what_is_lacking_is_explained": rows(first(logging=None)),
        "was_read_that_day": rows(first(read_at=pl.col("read_at").dt.offset_by("-1d"))),
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
    "permission_trends": {
        "values_are_known": rows(first(principal_type="group")),
        "principal_is_known": rows(
            lambda frame: pl.concat([frame, first(principal_arn=_NOBODY)(frame.head(1))])
        ),
        "nobody_is_left_out": rows(lambda frame: frame.tail(-1)),
        "counts_add_up": _MORE_GRANTED,
        "verdicts_are_counted": rows(first(used=pl.col("used") + 1, granted=pl.col("granted") + 1)),
        "days_fit_the_window": _TOO_LONG,
    },
    "account_trends": {
        "is_the_sum": rows(first(risk_score=pl.col("risk_score") + 0.5)),
        "counts_add_up": _MORE_GRANTED,
        "days_fit_the_window": _TOO_LONG,
    },
    "organization_trends": {
        "is_the_sum": rows(first(accounts=2)),
        "counts_add_up": _MORE_GRANTED,
        "days_fit_the_window": _TOO_LONG,
    },
    "permission_changes": {
        "values_are_known": rows(first(change="moved")),
        "statuses_fit_the_change": rows(first(status_before="used")),
        "action_is_one": rows(first(action="")),
        "events_are_of_uses": rows(first(change="became_unused", event_id="1")),
        "compares_with_one_day_before": rows(first(compared_with=date(2026, 6, 30))),
        "who_came_is_there": rows(first(change="principal_created", action="", principal_arn=_NOBODY)),
    },
    "permission_history": {
        "values_are_known": rows(first(status="perhaps")),
        "times_are_in_order": rows(first(last_seen=pl.col("valid_from").dt.offset_by("-1d"))),
        "intervals_do_not_overlap": rows(_once_more),
        "only_the_last_day_is_open": rows(first(_EVER_SINCE, last_seen=date(2026, 6, 29))),
        "ends_as_the_last_diff": rows(lambda frame: frame.filter(~_EVER_SINCE)),
    },
    "permission_history_days": {
        "days_are_stored": rows(first(day=date(2026, 1, 1))),
        "no_stored_day_is_left_out": rows(lambda frame: frame.tail(-1)),
    },
}
