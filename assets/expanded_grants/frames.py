"""The tables `expanded_grants`, `grant_sources` and `grant_problems` of one account on one day."""

from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.coded_text import coded, plain
from assets.expanded_grants.attachments import Holdings, holdings
from assets.expanded_grants.compiler import Compiler
from assets.expanded_grants.evaluate import with_unknown_literals
from assets.expanded_grants.provenance import source_table
from assets.expanded_grants.schema import GRANTS, PROBLEMS, PROBLEMS_KEY
from assets.expanded_grants.scps import Levels, check_levels
from assets.expanded_grants.segments import Segments, segments_of
from assets.iam_snapshots.authorization_details import AccountDetails
from assets.uncollected import uncollected

# Grants written out at once, and lying together: what is needed on the way stays small, and Polars copies all lists of
# a piece for each row group that it writes to Parquet.
_CHUNK = 250_000
# One chunk does not keep two cores busy, and ids are made in Python while Polars works.
_THREADS = 2


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

    Returns what `expand_coded` does, with text in all columns of text.
    """
    coded = expand_coded(details, catalogue, scps=scps, management_account=management_account)
    return coded._replace(grants=plain(coded.grants))


@uncollected()
def expand_coded(
    details: AccountDetails,
    catalogue: Catalogue,
    *,
    scps: Levels | None = None,
    management_account: bool = False,
) -> Expanded:
    """Expand everything that an account's users and roles may do; the text in the grants is codes (`coded_text`).

    `scps` are the organisation's service control policies, a list a level from the root down; they do not
    bind the management account. `first_granted` stays null here. `grant_sources` holds the sources that some grant
    refers to. Raises InputError for an SCP level without policies.
    """
    check_levels(scps or ())
    held = holdings(details, scps, management_account=management_account)
    policies = dict.fromkeys(carrier.policy for one in held for carrier in one.identity)
    extended, unknown = with_unknown_literals(catalogue, policies)
    with ThreadPoolExecutor(_THREADS) as threads:
        # Polars orders the names while policies are compiled in Python.
        actions = threads.submit(_actions, extended, unknown)
        compiler = Compiler(extended, unknown)
        verdicts = [compiler.verdict(one) for one in held]
        segments = segments_of(verdicts, compiler, threads)
        sources = threads.submit(source_table, segments.sources, segments.carriers, compiler.rules)
        grants = _grants(segments, coded(_principals(held)), actions.result(), threads)
        return Expanded(grants, sources.result(), _problems(held))


def _grants(
    segments: Segments, principals: pl.DataFrame, actions: pl.DataFrame, threads: Executor
) -> pl.DataFrame:
    """Write the segments out, a row a grant."""
    ends = (segments.frame["end"] - segments.frame["first"]).cast(pl.Int64).cum_sum()
    total = ends[-1] if len(ends) else 0
    cuts = [0, *ends.search_sorted(pl.Series(range(_CHUNK, total, _CHUNK), dtype=pl.Int64)), len(ends)]
    pieces = (segments.frame[first:end] for first, end in pairwise(dict.fromkeys(cuts)))
    chunks = list(threads.map(lambda piece: _written_out(piece, segments, principals, actions), pieces))
    return pl.concat(chunks, rechunk=False) if chunks else pl.DataFrame(schema=GRANTS)


def _written_out(
    piece: pl.DataFrame, segments: Segments, principals: pl.DataFrame, actions: pl.DataFrame
) -> pl.DataFrame:
    # What a whole range has in common comes first: Polars writes it out as it writes out the actions. The ids in the
    # lists stay text: there are so many that each group of rows in Parquet would hold mostly ids of others.
    cells = piece.select(
        *(pl.lit(principals[name]).gather("principal").alias(name) for name in principals.columns),
        *(pl.lit(segments.lists).gather(name).alias(name) for name in ("granted_by", "restricted_by")),
        pl.lit(segments.only_aws_managed).gather("granted_by").alias("only_aws_managed"),
        "restricted",
        at=pl.int_ranges("first", "end", dtype=pl.UInt32),
    )
    return (
        cells.explode("at")
        .with_columns(
            *(pl.lit(actions[name]).gather("at").alias(name) for name in actions.columns),
            first_granted=pl.lit(None, GRANTS["first_granted"]),
        )
        .select(list(GRANTS))
    )


def _principals(held: list[Holdings]) -> pl.DataFrame:
    rows = [(one.principal.arn, one.principal.id, one.principal.kind, one.principal.name) for one in held]
    columns = {name: dtype for name, dtype in GRANTS.items() if name.startswith("principal_")}
    return pl.DataFrame(rows, columns, orient="row")


def _actions(catalogue: Catalogue, unknown: frozenset[str]) -> pl.DataFrame:
    listed = catalogue.coded
    among = (
        pl.Series(catalogue.ordered, dtype=pl.String).is_in(list(unknown)) if unknown else pl.lit(value=False)
    )
    return listed.with_columns(unknown_action=among)


def _problems(held: list[Holdings]) -> pl.DataFrame:
    rows = [(one.principal.arn, problem, detail) for one in held for problem, detail in one.problems]
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row").unique().sort(PROBLEMS_KEY)
