"""Great Expectations over DuckDB, which it has no source for: its generic SQL source with one connection held open.

Imported nowhere but in `validate`, inside a function: importing Great Expectations takes seconds.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

# Before the first import: it would report its use to its makers.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from sqlalchemy.dialects import registry

from assets.table_checks.rule import Rule

registry.register("duckdb", "assets.table_checks.duckdb_dialect", "DuckDBDialect")


class OneConnectionEngine(SqlAlchemyExecutionEngine):
    """Views and rows live as long as a connection: the stock engine gives it back before the rows are fetched."""

    @contextmanager
    def get_connection(self) -> Iterator[Any]:
        """Yield the one connection."""
        if getattr(self, "held", None) is None:
            self.held = self.engine.connect()
        yield self.held


class DuckDBSource(SQLDatasource):
    """The source that `add_duckdb` makes: the name follows from `type`."""

    # GX tells its sources by this word; the class that it extends declares another.
    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> Any:
        """Return the engine above."""
        return OneConnectionEngine


class Database:
    """A DuckDB in memory, and the context that holds expectations against what it shows."""

    def __init__(self) -> None:
        """Open both; nothing is written anywhere."""
        self.context = gx.get_context(mode="ephemeral")
        self.context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self.source = self.context.data_sources.add_duckdb(
            "lake", connection_string="duckdb:///:memory:", create_temp_table=False
        )
        self._engine = self.source.get_execution_engine()
        self._batches: dict[str, Any] = {}
        self._sites: set[str] = set()

    def execute(self, sql: str) -> Any:
        """Run one statement as it is written."""
        with self._engine.get_connection() as connection:
            return connection.exec_driver_sql(sql)

    def validated(
        self, name: str, sql: str, rules: Sequence[Rule], result_format: str
    ) -> list[tuple[Rule, list[Any]]]:
        """Hold rules against the rows of a query (a name stands for one query); return what came of each."""
        if not rules:
            return []
        suite = gx.ExpectationSuite(
            name=name, expectations=[one for rule in rules for one in _expectations(rule)]
        )
        told = (
            self._batch(name, sql)
            .get_batch()
            .validate(suite, result_format={"result_format": result_format, "partial_unexpected_count": 3})
        )
        outcomes: dict[str, list[Any]] = {rule.name: [] for rule in rules}
        for outcome in told.results:
            outcomes[outcome.expectation_config.meta["rule"]].append(outcome)
        return [(rule, outcomes[rule.name]) for rule in rules]

    def write_docs(self, folder: Path, name: str, sql: str, rules: Sequence[Rule], run: str) -> None:
        """Hold all rules against the rows once more and write Great Expectations' pages of it into a folder.

        `run` names the run in the pages, which stay where they are; the index shows those of this process.
        """
        if str(folder) not in self._sites:
            self.context.add_data_docs_site(str(folder), _site(folder))
            self._sites.add(str(folder))
        suite = gx.ExpectationSuite(
            name=name, expectations=[one for rule in rules for one in _expectations(rule)]
        )
        definition = gx.ValidationDefinition(
            name=name,
            data=self._batch(name, sql),
            suite=self.context.suites.add_or_update(suite),
        )
        self.context.validation_definitions.add_or_update(definition).run(
            result_format="SUMMARY", run_id=RunIdentifier(run_name=run)
        )
        self.context.build_data_docs(site_names=[str(folder)])

    def _batch(self, name: str, sql: str) -> Any:
        if name not in self._batches:
            asset = self.source.add_query_asset(name, query=sql)
            self._batches[name] = asset.add_batch_definition_whole_table("all")
        return self._batches[name]

    def close(self) -> None:
        """Give the connection back; nothing can be asked afterwards."""
        self._engine.held.close()
        self._engine.engine.dispose()


def _expectations(rule: Rule) -> list[Any]:
    severity = {"error": "critical", "warn": "warning"}[rule.severity]
    return [
        getattr(gxe, one.kind)(
            **{"description": rule.says, **one.arguments}, severity=severity, meta={"rule": rule.name}
        )
        for one in rule.expected
    ]


def _site(folder: Path) -> Any:
    return {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
    }
