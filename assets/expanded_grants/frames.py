"""The tables `expanded_grants`, `grant_sources` and `grant_problems` of one account on one day."""

import operator
from functools import reduce
from itertools import groupby
from typing import NamedTuple

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.attachments import Holdings, holdings
from assets.expanded_grants.compiler import Compiler, Parts, Verdict
from assets.expanded_grants.evaluate import with_unknown_literals
from assets.expanded_grants.provenance import SourceBook
from assets.expanded_grants.schema import GRANTS, PROBLEMS, PROBLEMS_KEY
from assets.expanded_grants.scps import Levels, check_levels
from assets.iam_snapshots.authorization_details import AccountDetails

# Principals handled at once: bounds the memory of the dense principal × action cells to some 100 MB.
_BATCH = 100
_SALT = 0x9E3779B97F4A7C15


class Expanded(NamedTuple):
    """Three tables with the columns of `schema.GRANTS`, `SOURCES` and `PROBLEMS`, each sorted by its key."""

    grants: pl.DataFrame
    sources: pl.DataFrame
    problems: pl.DataFrame


def expand_account(
    details: AccountDetails,
    catalogue: Catalogue,
    *,
    scps: Levels | None = None,
    management_account: bool = False,
) -> Expanded:
    """Expand everything that an account's users and roles may do.

    `scps` are the organisation's service control policies, a list a level from the root down; they do not
    bind the management account. `first_granted` stays null here. `grant_sources` holds the sources that some grant
    refers to. Raises InputError for an SCP level without policies.
    """
    check_levels(scps or ())
    held = holdings(details, scps, management_account=management_account)
    policies = dict.fromkeys(carrier.policy for one in held for carrier in one.identity)
    extended, unknown = with_unknown_literals(catalogue, policies)
    compiler = Compiler(extended, unknown)
    lists = _Lists()
    batches = [
        _cells(start, [compiler.verdict(one) for one in held[start : start + _BATCH]], compiler, lists)
        for start in range(0, len(held), _BATCH)
    ]
    cells = pl.concat(batches) if batches else pl.DataFrame(schema=_CELLS)
    return Expanded(
        grants=_with_names(cells, held, extended, unknown, lists),
        sources=lists.book.frame(),
        problems=_problems(held),
    )


_CELLS = {
    "principal": pl.UInt32,
    "action": pl.UInt32,
    "restricted": pl.Boolean,
    "granted_by": pl.UInt32,
    "restricted_by": pl.UInt32,
}


class _Lists:
    """Lists of source ids, numbered; number 0 is the empty one."""

    def __init__(self) -> None:
        self.book = SourceBook()
        self._ids: list[str | None] = [None]
        self._lengths = [1]

    def number(self, cells: pl.DataFrame, mark: str, parts: list[Parts], start: int) -> pl.DataFrame:
        """Replace the column `mark` by the number of the list that it stands for."""
        # The same mark means other carriers for another principal: one key for both is faster than two.
        salt = pl.col("principal").cast(pl.UInt64) * _SALT
        cells = cells.with_columns(
            pl.when(pl.col(mark) == 0).then(0).otherwise(pl.col(mark) + salt).alias(mark)
        )
        sets = cells.filter(pl.col(mark) != 0).group_by(mark).agg(pl.col("principal", "action").first())
        sets = sets.sort("principal", "action")
        first = len(self._lengths)
        for principal, rows in groupby(
            zip(sets["principal"], sets["action"], strict=True), lambda row: row[0]
        ):
            self._add([action for _, action in rows], parts[principal - start])
        numbers = pl.Series("number", range(first, len(self._lengths)), dtype=pl.UInt32)
        return (
            cells.join(sets.select(mark, numbers), on=mark, how="left", maintain_order="left")
            .with_columns(pl.col("number").fill_null(0).alias(mark))
            .drop("number")
        )

    def _add(self, actions: list[int], parts: Parts) -> None:
        found: list[list[str]] = [[] for _ in actions]
        for carrier, marked in parts:
            lookup, rules, ids_of = marked.lookup, marked.rules, self.book.ids_of(carrier)
            for ids, action in zip(found, actions, strict=True):
                if mark := lookup[action]:
                    ids += [ids_of[rule] for rule in rules[mark]]
        for ids in found:
            if len(ids) > 1:
                ids = sorted(set(ids))
            self._ids += ids
            self._lengths.append(len(ids))

    def series(self) -> pl.Series:
        """Return the lists in the order of their numbers."""
        owners = pl.int_range(len(self._lengths), eager=True).repeat_by(pl.Series(self._lengths)).explode()
        ids = pl.DataFrame({"owner": owners, "id": pl.Series(self._ids, dtype=pl.String)})
        return ids.group_by("owner", maintain_order=True).agg(pl.col("id").drop_nulls())["id"]


def _cells(start: int, verdicts: list[Verdict], compiler: Compiler, lists: _Lists) -> pl.DataFrame:
    """One row a grant with the columns of `_CELLS`: everything as codes, sorted by principal."""
    size = len(compiler.index.actions)
    if not size:
        return pl.DataFrame(schema=_CELLS)
    dense = pl.DataFrame(
        {
            "granted": _dense([compiler.index.mask(verdict.granted) for verdict in verdicts], size),
            "restricted": _dense([compiler.index.mask(verdict.restricted) for verdict in verdicts], size),
            "granted_by": pl.concat([_sum(verdict.allowing, size) for verdict in verdicts]),
            "restricted_by": pl.concat([_sum(verdict.limiting, size) for verdict in verdicts]),
        }
    )
    cells = (
        dense.with_row_index("cell")
        .filter(pl.col("granted") == 1)
        .select(
            (pl.col("cell") // size + start).cast(pl.UInt32).alias("principal"),
            (pl.col("cell") % size).cast(pl.UInt32).alias("action"),
            pl.col("restricted").cast(pl.Boolean),
            "granted_by",
            "restricted_by",
        )
    )
    cells = lists.number(cells, "granted_by", [verdict.allowing for verdict in verdicts], start)
    return lists.number(cells, "restricted_by", [verdict.limiting for verdict in verdicts], start)


def _dense(masks: list[bytes], size: int) -> pl.Series:
    return pl.Series(masks, dtype=pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, size)).explode()


def _sum(parts: Parts, size: int) -> pl.Series:
    marks = [marked.marks for _, marked in parts]
    return reduce(operator.add, marks) if marks else pl.repeat(0, size, dtype=pl.UInt64, eager=True)


def _with_names(
    cells: pl.DataFrame, held: list[Holdings], catalogue: Catalogue, unknown: frozenset[str], lists: _Lists
) -> pl.DataFrame:
    """Put names in the place of codes."""
    rows = [(one.principal.arn, one.principal.id, one.principal.kind, one.principal.name) for one in held]
    principals = pl.DataFrame(rows, _columns("principal_"), orient="row")
    actions = pl.DataFrame(
        [
            (action, level, action in catalogue.unverified, action in unknown)
            for action, level in sorted(zip(catalogue.actions, catalogue.access_levels, strict=True))
        ],
        {name: GRANTS[name] for name in ("action", "access_level", "unverified", "unknown_action")},
        orient="row",
    )
    ids = lists.series()
    # One select: Polars gathers the columns side by side.
    return cells.select(
        *(pl.lit(principals[name]).gather(pl.col("principal")).alias(name) for name in principals.columns),
        *(pl.lit(actions[name]).gather(pl.col("action")).alias(name) for name in actions.columns),
        "restricted",
        *(pl.lit(ids).gather(pl.col(name)).alias(name) for name in ("granted_by", "restricted_by")),
        pl.lit(None, GRANTS["first_granted"]).alias("first_granted"),
    ).select(list(GRANTS))


def _columns(prefix: str) -> dict[str, pl.DataType]:
    return {name: dtype for name, dtype in GRANTS.items() if name.startswith(prefix)}


def _problems(held: list[Holdings]) -> pl.DataFrame:
    rows = [(one.principal.arn, problem, detail) for one in held for problem, detail in one.problems]
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row").unique().sort(PROBLEMS_KEY)
