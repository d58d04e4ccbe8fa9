"""An error turns the check red and keeps what is downstream from being made; a warning does not."""

import dagster as dg
import pytest

from assets.partitions import AnyPartition, Partition, partitions_of
from pipeline.account_partitions import register_accounts
from pipeline.checks import SUITES
from pipeline.definitions import build_definitions
from pipeline.tables import TABLES
from tests.conftest import Account
from tests.pipeline.checks.conftest import LAST, Made, copied, last_place
from tests.pipeline.checks.poisons import GENERIC, Poison, deleted, first, rows

pytestmark = pytest.mark.long


GOOD = "rejected_records"
Runs = dict[type[AnyPartition], tuple[dg.ExecuteInProcessResult, set[str]]]


def _run(made: Made, *tables: str) -> tuple[dg.ExecuteInProcessResult, set[str]]:
    """Run the checks of tables of one cut and an asset downstream of each, as a scheduled run would.

    Returned are the run, and of which tables the asset downstream was made.
    """
    last = next((place for table in tables if (place := last_place(SUITES[table]))), None)
    partitions = partitions_of(type(last), made.settings.first_day) if last else None
    probes = [_probe(table, partitions if SUITES[table].partitioned else None) for table in tables]
    definitions = dg.Definitions.merge(build_definitions(made.settings), dg.Definitions(probes))
    job = definitions.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={probe.key for probe in probes},
        asset_check_selection={
            dg.AssetCheckKey(dg.AssetKey(table), rule.name)
            for table in tables
            for rule in SUITES[table].rules
        },
    )
    with dg.DagsterInstance.local_temp(str(made.settings.folder)) as instance:
        register_accounts(instance, made.settings)
        result = job.execute_in_process(
            instance=instance,
            partition_key=last and last.key,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    keys = [event.asset_key for event in result.get_asset_materialization_events()]
    return result, {key.path[1] for key in keys if key is not None}


def _probe(table: str, partitions: dg.PartitionsDefinition | None) -> dg.AssetsDefinition:
    @dg.asset(key=["downstream", table], deps=[table], partitions_def=partitions)
    def downstream() -> None:
        return None

    return downstream


def _red(result: dg.ExecuteInProcessResult, table: str) -> dict[str, dg.AssetCheckEvaluation]:
    found = result.get_asset_check_evaluations()
    return {one.check_name: one for one in found if not one.passed and one.asset_key == dg.AssetKey(table)}


@pytest.fixture(scope="module")
def everything_poisoned(clean: Account, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """One run a cut over a lake where every table but one holds a row twice."""
    made = copied(clean, tmp_path_factory.mktemp("poisoned") / "account")
    for table, suite in SUITES.items():
        if table != GOOD:
            GENERIC["key_is_unique"](made.lake, suite, last_place(suite))
    by_cut: dict[type[AnyPartition], list[str]] = {}
    for table, suite in SUITES.items():
        by_cut.setdefault(suite.cut, []).append(table)
    return {cut: _run(made, *tables) for cut, tables in by_cut.items()}


@pytest.mark.parametrize("table", [table for table in SUITES if table != GOOD])
def test_an_error_blocks_what_is_downstream(table: str, everything_poisoned: Runs) -> None:
    result, made_now = everything_poisoned[SUITES[table].cut]
    red = _red(result, table)["key_is_unique" if TABLES[table].key else "is_one_row"]
    assert red.severity == dg.AssetCheckSeverity.ERROR
    assert red.blocking
    assert table not in made_now
    assert not result.success


def test_what_is_downstream_of_the_good_table_is_made(everything_poisoned: Runs) -> None:
    result, made_now = everything_poisoned[Partition]
    assert _red(result, GOOD) == {}
    assert made_now == {GOOD}


@pytest.mark.parametrize(
    ("table", "poison", "rule"),
    [
        (
            "principal_diffs",
            rows(first(principal_arn="arn:aws:iam::111111111111:user/nobody")),
            "principal_is_in_snapshot",
        ),
        ("cloudtrail_usage", deleted, "is_stored"),
        (GOOD, GENERIC["key_is_unique"], "key_is_unique"),
    ],
)
def test_a_principal_that_is_not_there_and_a_missing_day_block_likewise(
    made: Made, table: str, poison: Poison, rule: str
) -> None:
    poison(made.lake, SUITES[table], LAST)
    result, made_now = _run(made, table)
    assert rule in _red(result, table)
    assert made_now == set()


def test_a_warning_blocks_nothing(made: Made) -> None:
    result, made_now = _run(made, "grant_problems")
    red = _red(result, "grant_problems")
    assert set(red) == {"policies_are_there"}
    assert red["policies_are_there"].severity == dg.AssetCheckSeverity.WARN
    told = red["policies_are_there"].metadata["results"]
    assert isinstance(told, dg.TableMetadataValue)
    assert [(one.data["partition"], one.data["passed"]) for one in told.records] == [(LAST.key, False)]
    assert made_now == {"grant_problems"}
    assert result.success
