"""The event log is Dagster's own in other clothes: what one writes the other reads."""

from pathlib import Path

import dagster as dg
import pytest

from pipeline.dagster_home import dagster_home
from pipeline.event_log import EventLog


def test_what_it_writes_dagster_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = dagster_home()
    monkeypatch.setenv("DAGSTER_HOME", str(home))

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
    def table() -> None: ...

    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        assert dg.materialize([table], partition_key="b", instance=instance).success
        assert instance.get_materialized_partitions(table.key) == {"b"}
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.get() as instance:
        assert not isinstance(instance.event_log_storage, EventLog)
        assert instance.get_materialized_partitions(table.key) == {"b"}
        assert dg.materialize([table], partition_key="a", instance=instance).success
        assert instance.get_materialized_partitions(table.key) == {"a", "b"}
