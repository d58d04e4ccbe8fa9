"""A suite as Dagster's asset checks: one check a rule, all of a table in one step.

The check of a rule that is an error blocks: what is downstream of the table is not made in that run.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import dagster as dg

from assets.number_words import number_of
from assets.partitions import AnyPartition, parts
from assets.table_checks.results import CheckResult
from assets.table_checks.rule import Suite

_SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


class Checker(Protocol):
    """Holds suites against what is stored, and keeps the results."""

    def check(self, suite: Suite, partitions: Sequence[AnyPartition]) -> list[CheckResult]:
        """Return a result for each rule and partition."""
        ...


def build(suite: Suite, partitions: dg.PartitionsDefinition) -> dg.AssetChecksDefinition:
    """Return the checks of a suite; the resource `checker` is a `Checker`."""

    @dg.multi_asset_check(
        name=f"{suite.table}_checks",
        specs=_specs(suite, partitions if suite.partitioned else None),
        required_resource_keys={"checker"},
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        keys = context.op_execution_context.partition_keys if suite.partitioned else ()
        yield from evaluations(suite, context.resources.checker.check(suite, parts(suite.cut, keys)))

    return checks


def _specs(suite: Suite, partitions: dg.PartitionsDefinition | None) -> list[dg.AssetCheckSpec]:
    with warnings.catch_warnings():
        # Partitions of checks are a preview; the version is locked, and the tests hold what is used.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                rule.name,
                asset=suite.table,
                description=rule.says,
                blocking=rule.severity == "error",
                partitions_def=partitions,
            )
            for rule in suite.rules
        ]


def evaluations(suite: Suite, results: Iterable[CheckResult]) -> Iterator[dg.AssetCheckResult]:
    """Yield one evaluation a rule. Over a range Dagster takes one: what each partition came to is its metadata."""
    found = list(results)
    for rule in suite.rules:
        mine = [one for one in found if one.rule == rule]
        broken = [one for one in mine if not one.passed]
        yield dg.AssetCheckResult(
            asset_key=suite.table,
            check_name=rule.name,
            passed=not broken,
            severity=_SEVERITY[rule.severity],
            description=f"{len(broken)} of {number_of(len(mine), 'partition')}: {broken[0].detail}"
            if broken
            else None,
            metadata={
                "partitions": len(mine),
                "broken partitions": len(broken),
                "results": dg.TableMetadataValue(
                    [
                        dg.TableRecord({"partition": _key(one), "passed": one.passed, "detail": one.detail})
                        for one in mine
                    ],
                    schema=dg.TableSchema(
                        [
                            dg.TableColumn("partition"),
                            dg.TableColumn("passed", "bool"),
                            dg.TableColumn("detail"),
                        ]
                    ),
                ),
            },
        )


def _key(result: CheckResult) -> str:
    return result.partition.key if result.partition else "whole table"
