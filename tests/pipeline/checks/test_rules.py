"""Every rule of every suite is green on good tables, and red where it is broken."""

from dataclasses import replace

import pytest

from assets.table_checks.validate import validate
from pipeline.checks import SCHEMAS, SUITES
from pipeline.tables import TABLES
from tests.pipeline.checks.conftest import Made, last_place, places
from tests.pipeline.checks.poisons import GENERIC, OWN

EVERY = [(name, rule.name) for name, suite in SUITES.items() for rule in suite.rules]
# The account has a policy that is missing and a record that cannot be read, so that there is something to poison.
STANDING = {("grant_problems", "policies_are_there"), ("log_coverage", "few_are_rejected")}


def test_every_table_has_a_suite() -> None:
    assert set(SUITES) == set(TABLES)


def test_suites_are_cut_as_their_tables() -> None:
    assert {name: (suite.partitioned, suite.cut) for name, suite in SUITES.items()} == {
        name: (table.partitioned, table.cut) for name, table in TABLES.items()
    }


def test_every_rule_has_a_poison() -> None:
    poisons = {(table, rule) for table, own in OWN.items() for rule in own}
    assert poisons == {(table, rule) for table, rule in EVERY if rule not in GENERIC}


def test_good_tables_keep_every_rule(made: Made) -> None:
    found = [one for suite in SUITES.values() for one in validate(suite, places(suite), made.lake, SCHEMAS)]
    per_rule = {table: len(places(suite)) or 1 for table, suite in SUITES.items()}
    assert len(found) == sum(per_rule[table] for table, _ in EVERY)
    broken = [one for one in found if not one.passed]
    assert {(one.table, one.rule.name) for one in broken} == STANDING
    assert {one.rule.severity for one in broken} == {"warn"}


@pytest.mark.parametrize(("table", "rule"), EVERY, ids=lambda word: word)
def test_a_poisoned_partition_breaks_the_rule_there_and_nowhere_else(
    made: Made, table: str, rule: str
) -> None:
    suite = SUITES[table]
    alone = replace(suite, rules=tuple(one for one in suite.rules if one.name == rule))
    place = last_place(suite)
    (OWN[table].get(rule) or GENERIC[rule])(made.lake, suite, place)
    asked = [places(suite)[n] for n in (1, -1)] if len(places(suite)) > 1 else places(suite)
    results = validate(alone, asked, made.lake, SCHEMAS)
    found = {one.partition: one for one in results}
    assert set(found) == ({*asked} if suite.partitioned else {None})
    assert not found[place].passed
    assert found[place].detail
    assert "Error" not in found[place].detail
    for other in asked[:-1] if (table, rule) not in STANDING else ():
        assert found[other].passed, found[other].detail
