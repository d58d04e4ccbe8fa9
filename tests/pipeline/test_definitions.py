"""The asset graph as Dagster sees it: a snapshot, so that a change of it is a change that somebody looked at."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import msgspec
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from syrupy.assertion import SnapshotAssertion

from assets.errors import ConfigError
from assets.partitions import Partition
from pipeline.block_settings import ServiceReferenceSettings
from pipeline.data_files import DATA_FILES
from pipeline.definitions import build_definitions
from pipeline.schedule_settings import ScheduleSettings, check_schedule
from pipeline.settings import load_settings
from pipeline.tables import TABLES
from pipeline.warehouse_settings import WarehouseSettings

PAGE = "trend_report"
"""The one asset that is no table."""


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    """The graph of the sample's configuration."""
    settings = load_settings(DATA_FILES / "sample" / "config.yaml")
    return build_definitions(settings).resolve_asset_graph()


def test_the_graph(graph: AssetGraph, snapshot: SnapshotAssertion) -> None:
    lines = []
    for key in graph.toposorted_asset_keys:
        node = graph.get(key)
        lines.append(
            {
                "asset": key.to_user_string(),
                "group": node.group_name,
                "kinds": sorted(node.kinds),
                "parents": sorted(parent.to_user_string() for parent in node.parent_keys),
                "partitioned": node.partitions_def is not None,
                "single run": node.backfill_policy is not None,
                "description": node.description,
            }
        )
    assert lines == snapshot


def test_every_table_is_an_asset_and_every_asset_a_table(graph: AssetGraph) -> None:
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {*TABLES, PAGE}


def test_every_column_is_described_and_every_key_is_a_column() -> None:
    for table in TABLES.values():
        assert set(table.schema) <= set(table.descriptions), table.name
        assert set(table.key) <= set(table.schema), table.name
        for column, sources in table.lineage.items():
            assert column in table.schema, (table.name, column)
            for source, name in sources:
                assert name in TABLES[source].schema, (table.name, column, source, name)


def test_a_diff_depends_on_the_window_that_ends_with_it(graph: AssetGraph, tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_dynamic_partitions("accounts", ["111111111111", "222222222222"])
        mapping = graph.get_partition_mapping(dg.AssetKey("principal_diffs"), dg.AssetKey("cloudtrail_usage"))
        partitions = graph.get(dg.AssetKey("principal_diffs")).partitions_def
        assert partitions is not None
        day = Partition(date(2026, 6, 30), "111111111111")
        found = mapping.get_upstream_mapped_partitions_result_for_partitions(
            partitions.subset_with_partition_keys([day.key]),
            partitions,
            partitions,
            dynamic_partitions_store=instance,
        ).partitions_subset.get_partition_keys()
    days = sorted(Partition.from_key(key) for key in found)
    assert {one.account for one in days} == {"111111111111"}
    assert (days[0].day, days[-1].day, len(days)) == (date(2026, 4, 2), date(2026, 6, 30), 90)


def test_sessions_depend_on_three_days_of_all_accounts(graph: AssetGraph, tmp_path: Path) -> None:
    accounts = ["111111111111", "222222222222"]
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_dynamic_partitions("accounts", accounts)
        partitions = graph.get(dg.AssetKey("role_sessions")).partitions_def
        assert partitions is not None
        for table in ("role_assumptions", "session_usage"):
            mapping = graph.get_partition_mapping(dg.AssetKey("role_sessions"), dg.AssetKey(table))
            found = mapping.get_upstream_mapped_partitions_result_for_partitions(
                partitions.subset_with_partition_keys([Partition(date(2026, 6, 30), accounts[0]).key]),
                partitions,
                partitions,
                dynamic_partitions_store=instance,
            ).partitions_subset.get_partition_keys()
            assert sorted(Partition.from_key(key) for key in found) == [
                Partition(date(2026, 6, day), account) for day in (28, 29, 30) for account in accounts
            ]


def test_partition_keys_are_read_as_they_are_written() -> None:
    partition = Partition(date(2026, 6, 30), "012345678901")
    assert partition.key == "012345678901|2026-06-30"
    assert Partition.from_key(partition.key) == partition


def test_the_service_reference_is_there_where_it_is_switched_on_and_comes_before_the_facts() -> None:
    settings = load_settings(DATA_FILES / "sample" / "config.yaml")
    switched_on = msgspec.structs.replace(settings, service_reference=ServiceReferenceSettings(enabled=True))
    graph = build_definitions(switched_on).resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {
        *TABLES,
        PAGE,
        "service_reference",
    }
    assert graph.get(dg.AssetKey("aws_actions")).parent_keys == {dg.AssetKey("service_reference")}


def test_verdicts_that_are_not_made_for_a_day_and_a_half_raise_an_alarm(graph: AssetGraph) -> None:
    policy = graph.get(dg.AssetKey("principal_diffs")).freshness_policy
    assert policy is not None
    assert policy.fail_window.to_timedelta() == timedelta(hours=36)


def test_the_schedule_follows_the_configuration_and_is_off_where_nobody_switched_it_on() -> None:
    settings = load_settings(DATA_FILES / "sample" / "config.yaml")
    schedule = build_definitions(settings).resolve_schedule_def("daily")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 5 * * *", "UTC")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    wanted = ScheduleSettings("6:05", "Europe/Berlin", 5, True)
    definitions = build_definitions(msgspec.structs.replace(settings, schedule=wanted))
    schedule, sensor = definitions.resolve_schedule_def("daily"), definitions.resolve_sensor_def("new_logs")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("5 6 * * *", "Europe/Berlin")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 300


@pytest.mark.parametrize(
    ("key", "value"),
    [("at", "25:00"), ("at", "* * *"), ("time_zone", "Mars/Olympus"), ("new_logs_minutes", 0)],
)
def test_a_schedule_that_cannot_be_is_named(key: str, value: str | int) -> None:
    with pytest.raises(
        ConfigError, match=f"config.yaml: key 'schedule.{key}': {value!r}".replace("*", r"\*")
    ):
        check_schedule(ScheduleSettings(**{key: value}), "config.yaml: key 'schedule")  # type: ignore[arg-type]


def test_the_warehouse_is_there_where_it_is_configured_and_follows_from_what_it_publishes() -> None:
    settings = load_settings(DATA_FILES / "sample" / "config.yaml")
    tables = ("principal_diffs", "permission_history", "organization_trends", "grant_uses")
    configured = msgspec.structs.replace(settings, warehouse=WarehouseSettings(tables=tables))
    graph = build_definitions(configured).resolve_asset_graph()
    node = graph.get(dg.AssetKey("warehouse"))
    assert {key.to_user_string() for key in node.parent_keys} == {
        "principal_diffs",
        "permission_history",
        "organization_trends",
        "expanded_grants",
    }
    assert node.partitions_def == graph.get(dg.AssetKey("principal_diffs")).partitions_def
    assert node.backfill_policy == dg.BackfillPolicy.single_run()


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("30 5 * * *", True),
        ("*/15 0-6,22 1,15 jan-mar MON-FRI", True),
        ("0 05 * * 7", True),
        ("5 5 5 5 5", True),
        ("99 99 * * *", False),
        ("a b c d e", False),
        ("*/0 * * * *", False),
        ("0 24 * * *", False),
        ("0 0 0 * *", False),
        ("0 0 * 13 *", False),
        ("0 0 * * 8", False),
        ("5-1 * * * *", False),
        ("0 0 * *", False),
        ("0 0 * * * *", False),
        ("1,,2 * * * *", False),
        ("0 0 29 2 *", True),
        ("0 0 31 */6 *", True),
        ("0 0 31 4 1", True),
        ("0 0 30 2 *", False),
        ("0 0 31 2 1-5", False),
        ("0 0 31 4,6 0-6", False),
    ],
)
def test_a_cron_expression_is_one(text: str, good: bool) -> None:
    from dagster._utils.schedules import is_valid_cron_string

    schedule = ScheduleSettings(at=text)
    if good:
        check_schedule(schedule, "config.yaml: key 'schedule")
        assert is_valid_cron_string(text)
    else:
        with pytest.raises(ConfigError, match="is neither a time of day"):
            check_schedule(schedule, "config.yaml: key 'schedule")
