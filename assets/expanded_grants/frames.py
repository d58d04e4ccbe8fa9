"""The tables `expanded_grants`, `grant_sources` and `grant_problems` of one account on one day."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.coded_text import of_its_values, plain
from assets.expanded_grants.attachments import Holdings, holdings
from assets.expanded_grants.compiler import Compiler
from assets.expanded_grants.evaluate import with_unknown_literals
from assets.expanded_grants.schema import GRANTS, PROBLEMS, PROBLEMS_KEY
from assets.expanded_grants.scps import Levels, check_levels
from assets.expanded_grants.segments import Segments, segments_of
from assets.iam_snapshots.authorization_details import AccountDetails
from assets.uncollected import uncollected

# Grants written out at once, and lying together: what is needed on the way stays small, and Polars copies all lists of
# a piece for each row group that it writes to Parquet.
_CHUNK = 250_000


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
    compiler = Compiler(extended, unknown)
    segments = segments_of([compiler.verdict(one) for one in held], compiler)
    return Expanded(
        grants=_grants(
            segments,
            _coded(_principals(held)),
            _coded(_actions(compiler.index.actions, extended, unknown)),
        ),
        sources=segments.sources,
        problems=_problems(held),
    )


def _grants(segments: Segments, principals: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Write the segments out, a row a grant."""
    ends = (segments.frame["end"] - segments.frame["first"]).cast(pl.Int64).cum_sum()
    total = ends[-1] if len(ends) else 0
    cuts = [0, *ends.search_sorted(pl.Series(range(_CHUNK, total, _CHUNK), dtype=pl.Int64)), len(ends)]
    chunks = [
        _written_out(segments.frame[first:end], segments, principals, actions)
        for first, end in pairwise(dict.fromkeys(cuts))
    ]
    return pl.concat(chunks, rechunk=False) if chunks else pl.DataFrame(schema=GRANTS)


def _coded(names: pl.DataFrame) -> pl.DataFrame:
    # Not the ids in the lists: there are so many that each group of rows in Parquet would hold mostly ids of others.
    return names.with_columns(of_its_values(one) for one in names if one.dtype == pl.String)


def _written_out(
    piece: pl.DataFrame, segments: Segments, principals: pl.DataFrame, actions: pl.DataFrame
) -> pl.DataFrame:
    cells = piece.with_columns(pl.int_ranges("first", "end", dtype=pl.UInt32).alias("action"))
    # One select: Polars gathers the columns side by side.
    return (
        cells.explode("action")
        .select(
            *(
                pl.lit(principals[name]).gather(pl.col("principal")).alias(name)
                for name in principals.columns
            ),
            *(pl.lit(actions[name]).gather(pl.col("action")).alias(name) for name in actions.columns),
            "restricted",
            *(
                pl.lit(segments.lists).gather(pl.col(name)).alias(name)
                for name in ("granted_by", "restricted_by")
            ),
            pl.lit(segments.only_aws_managed).gather(pl.col("granted_by")).alias("only_aws_managed"),
            pl.lit(None, GRANTS["first_granted"]).alias("first_granted"),
        )
        .select(list(GRANTS))
    )


def _principals(held: list[Holdings]) -> pl.DataFrame:
    rows = [(one.principal.arn, one.principal.id, one.principal.kind, one.principal.name) for one in held]
    columns = {name: dtype for name, dtype in GRANTS.items() if name.startswith("principal_")}
    return pl.DataFrame(rows, columns, orient="row")


def _actions(actions: Sequence[str], catalogue: Catalogue, unknown: frozenset[str]) -> pl.DataFrame:
    levels = dict(zip(catalogue.actions, catalogue.access_levels, strict=True))
    return pl.DataFrame(
        {
            "action": actions,
            "access_level": [levels[action] for action in actions],
            "unverified": [action in catalogue.unverified for action in actions],
            "unknown_action": [action in unknown for action in actions],
        },
        {name: GRANTS[name] for name in ("action", "access_level", "unverified", "unknown_action")},
    )


def _problems(held: list[Holdings]) -> pl.DataFrame:
    rows = [(one.principal.arn, problem, detail) for one in held for problem, detail in one.problems]
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row").unique().sort(PROBLEMS_KEY)
