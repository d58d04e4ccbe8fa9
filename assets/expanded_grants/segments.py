"""The grants of many principals as segments: ranges of actions that the same statements grant in the same way.

A principal has thousands of grants, but its policies change what they say at a few hundred actions only. So nothing
is evaluated action by action: a rule begins to hold at the first action of a range and ceases at its end, and
between two such edges nothing changes. What holds is summed up from edge to edge: each rule has a random-looking
64-bit mark, and equal sums mean equal sets of rules, whose list of ids is built once.
"""

from array import array
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

import polars as pl

from assets.expanded_grants.attachments import Carrier
from assets.expanded_grants.compiler import Compiler, Parts, Verdict
from assets.expanded_grants.provenance import is_aws_managed, with_ids

# The bit sets of so many principals are looked at together: some 6 MB.
_BATCH = 1_000
_BITS_OF = [[bit for bit in range(8) if byte >> bit & 1] for byte in range(256)]


class Segments(NamedTuple):
    """Grants that lie beside each other, and what they refer to.

    `frame`: `principal` (position among the verdicts), the actions `first` to `end` (excluded), `restricted`,
    and `granted_by`, `restricted_by` as positions in `lists`; sorted by principal and action. `lists` holds lists of
    source ids, each sorted, the first one empty; `only_aws_managed` says of each whether it names AWS-managed policies
    and nothing else. `sources` are those that some list names: `id`, `carrier` (position in `carriers`) and `rule`
    (position in `Compiler.rules`).
    """

    frame: pl.DataFrame
    lists: pl.Series
    only_aws_managed: pl.Series
    sources: pl.DataFrame
    carriers: Sequence[Carrier]


def segments_of(verdicts: Sequence[Verdict], compiler: Compiler, threads: Executor) -> Segments:
    """Return what the verdicts of one compiler grant; `threads` do a part of the work."""
    # A principal's actions as numbers of their own, with one more for the end of the last.
    stride = (len(compiler.index.actions) // 8 + 1) * 8
    carriers: dict[Carrier, int] = {}
    runs = _marked(compiler)
    allowing = _intervals([one.allowing for one in verdicts], carriers, runs, stride)
    limiting = _intervals([one.limiting for one in verdicts], carriers, runs, stride)
    edges = [
        _edges([one.granted for one in verdicts], stride, "granted"),
        _edges([one.restricted for one in verdicts], stride, "restricted"),
        *_changes(allowing, "granted_by"),
        *_changes(limiting, "restricted_by"),
    ]
    held = pl.concat(some.select("carrier", "rule").unique() for some in (allowing, limiting))
    holders = list(carriers)
    # Ids are Python's work, and most of what comes next is that of Polars: they are made meanwhile.
    naming = threads.submit(with_ids, held.unique().sort("rule", "carrier"), holders, compiler.rules)
    frame = _between(edges, stride)
    frame, granting = _numbered(frame, "granted_by", allowing, 1)
    frame, restricting = _numbered(frame, "restricted_by", limiting, 1 + granting["list"].n_unique())
    members = pl.concat([granting, restricting])
    sources = naming.result().join(members, on=["carrier", "rule"], how="semi")
    lists = _lists(members, sources, holders)
    return Segments(frame.drop("key"), lists["id"], lists["aws_managed"], sources, holders)


def _marked(compiler: Compiler) -> pl.DataFrame:
    # splitmix64 of the rule's number: neighbours get unrelated marks, so that no sum of marks is met by chance.
    # What does not fit into 64 bits falls off, here and in every sum.
    def mixed(value: pl.Expr, shift: int, factor: int) -> pl.Expr:
        return value.xor(value // 2**shift) * pl.lit(factor, pl.UInt64)

    number = (pl.col("rule").cast(pl.UInt64) + 1) * pl.lit(0x9E3779B97F4A7C15, pl.UInt64)
    mark = mixed(mixed(number, 30, 0xBF58476D1CE4E5B9), 27, 0x94D049BB133111EB)
    return compiler.runs().with_columns(mark.xor(mark // 2**31).alias("mark"))


def _intervals(
    parts: Iterable[Parts], carriers: dict[Carrier, int], runs: pl.DataFrame, stride: int
) -> pl.DataFrame:
    """One row for each range of each rule of each principal: `begin`, `stop`, `carrier`, `rule`, `mark`."""
    held: dict[str, array[int]] = {name: array("q") for name in ("principal", "carrier", "block")}
    for principal, mine in enumerate(parts):
        held["principal"].extend([principal] * len(mine))
        held["carrier"].extend([carriers.setdefault(carrier, len(carriers)) for carrier, _ in mine])
        held["block"].extend([block for _, block in mine])
    codes = pl.DataFrame(held, dict.fromkeys(held, pl.Int64))
    start = pl.col("principal") * stride
    return codes.join(runs, on="block").select(
        (start + pl.col("first")).alias("begin"),
        (start + pl.col("end")).alias("stop"),
        "carrier",
        "rule",
        "mark",
    )


def _changes(intervals: pl.DataFrame, name: str) -> list[pl.DataFrame]:
    """What is added to the sum of marks where a rule begins to hold, and where it ceases."""
    begun = intervals.select(pl.col("begin").alias("key"), pl.col("mark").alias(name))
    return [begun, intervals.select(pl.col("stop").alias("key"), (0 - pl.col("mark")).alias(name))]


def _edges(sets: Sequence[int], stride: int, name: str) -> pl.DataFrame:
    """Where bit sets begin and cease to hold: at every other edge."""
    found = [_set_bits(sets[at : at + _BATCH], stride, at * stride) for at in range(0, len(sets), _BATCH)]
    keys = pl.concat(found) if found else pl.Series(dtype=pl.Int64)
    return pl.DataFrame({"key": keys}).with_columns(pl.lit(1, pl.UInt64).alias(name))


def _set_bits(sets: Sequence[int], stride: int, start: int) -> pl.Series:
    raw = b"".join((bits ^ bits << 1).to_bytes(stride // 8, "little") for bits in sets)
    octets = pl.Series([raw], dtype=pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, len(raw)))[0]
    at = (octets != 0).arg_true()
    bits = pl.Series(_BITS_OF, dtype=pl.List(pl.Int64)).gather(octets.gather(at))
    frame = pl.DataFrame({"key": at.cast(pl.Int64) * 8 + start, "bit": bits}).explode("bit")
    return frame["key"] + frame["bit"]


def _between(edges: Iterable[pl.DataFrame], stride: int) -> pl.DataFrame:
    """Return what holds between two neighbouring edges, where something is granted."""
    # Of several changes at one place the last sum counts: its neighbour lies elsewhere.
    ordered = pl.concat(edges, how="diagonal").fill_null(0).sort("key")
    return (
        ordered.with_columns(pl.exclude("key").cum_sum(), pl.col("key").shift(-1).alias("end"))
        .filter(pl.col("key") != pl.col("end"))
        .filter(pl.col("granted") % 2 == 1)
        .select(
            "key",
            (pl.col("key") // stride).cast(pl.UInt32).alias("principal"),
            (pl.col("key") % stride).cast(pl.UInt32).alias("first"),
            (pl.col("key") % stride + pl.col("end") - pl.col("key")).cast(pl.UInt32).alias("end"),
            (pl.col("restricted") % 2 == 1).alias("restricted"),
            "granted_by",
            "restricted_by",
        )
    )


def _numbered(
    segments: pl.DataFrame, name: str, intervals: pl.DataFrame, numbers: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put numbers from `numbers` on in the place of the sums `name`, 0 for none; return also who is in each list.

    The same sum means other carriers for another principal, so each of its lists gets a number of its own.
    """
    sets = (
        segments.filter(pl.col(name) != 0)
        .unique(["principal", name], keep="first", maintain_order=True)
        .select("key", "principal", name)
        .with_row_index("list", numbers)
    )
    # A rule is in the lists of those segments, each the first one of its kind, that its range contains.
    members = intervals.select(
        pl.int_ranges(
            numbers + sets["key"].search_sorted(intervals["begin"]).cast(pl.Int64),
            numbers + sets["key"].search_sorted(intervals["stop"]).cast(pl.Int64),
        ).alias("list"),
        "carrier",
        "rule",
    )
    members = members.filter(pl.col("list").list.len() > 0).explode("list")
    segments = segments.join(sets.drop("key"), on=["principal", name], how="left", maintain_order="left")
    return segments.with_columns(pl.col("list").fill_null(0).alias(name)).drop("list"), members


def _lists(members: pl.DataFrame, sources: pl.DataFrame, carriers: Sequence[Carrier]) -> pl.DataFrame:
    """Return the lists in the order of their numbers: `id`, and `aws_managed`, whether all are AWS-managed policies."""
    managed = pl.Series([is_aws_managed(carrier) for carrier in carriers], dtype=pl.Boolean)
    named = sources.with_columns(pl.lit(managed).gather("carrier").alias("aws_managed"))
    # Two inline policies of one name may say the same: one id.
    ids = (
        members.join(named, on=["carrier", "rule"])
        .select("list", "id", "aws_managed")
        .unique(["list", "id"])
        .sort("list", "id")
    )
    lists = ids.group_by("list", maintain_order=True).agg("id", pl.col("aws_managed").all())
    empty = pl.DataFrame(
        {"id": [[]], "aws_managed": [False]}, {"id": pl.List(pl.String), "aws_managed": pl.Boolean}
    )
    return pl.concat([empty, lists.select(empty.columns)], rechunk=True)
