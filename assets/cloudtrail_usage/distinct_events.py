"""Every event of a day once: copies lie in several files, and the few that differ are decided by order."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.counted import EVENTS
from assets.cloudtrail_usage.keys import API_CALL, KEY_SCHEMA
from assets.cloudtrail_usage.streams import read_stream
from assets.errors import RunError


def distinct_keys(files: Iterable[Path]) -> pl.DataFrame:
    """Return the keys that the files hold, each once, in any order: columns of `KEY_SCHEMA` and `code`.

    Text is Enums in its order: a busy day has a hundred thousand keys of a few thousand names. Raises RunError when
    two keys share a code.
    """
    known = pl.DataFrame(schema={"code": pl.UInt64(), "text": pl.UInt64()})
    distinct = [pl.DataFrame(schema={**KEY_SCHEMA, "code": pl.UInt64()})]
    for file in files:
        # Most were in other files: their text is hashed, compared and let go.
        keys = read_stream(file)
        hashed = keys.with_columns(text=pl.struct(*KEY_SCHEMA).hash())
        new = hashed.join(known, on="code", how="anti")
        if hashed.join(known, on="code").select((pl.col("text") != pl.col("text_right")).any()).item():
            raise _shared_code()
        known = pl.concat([known, new.select("code", "text")])
        distinct.append(new.drop("text"))
    keys = pl.concat(distinct)
    names = [name for name, dtype in KEY_SCHEMA.items() if dtype == pl.String()]
    return keys.with_columns(keys[name].cast(pl.Enum(keys[name].unique().sort())) for name in names)


def _shared_code() -> RunError:
    return RunError(
        "two kinds of events got the same code while logs were read; run it again after an update"
    )


def codes_of(keys: pl.DataFrame) -> pl.DataFrame:
    """Return the `code` of each key, its `rank` among them, and whether its events need a `permission`.

    Raises RunError when two keys share a code.
    """
    if keys["code"].is_duplicated().any():
        raise _shared_code()
    ordered = keys.sort(*KEY_SCHEMA).with_row_index("rank")
    return ordered.select("code", "rank", permission=pl.col("event_type").cast(pl.String) == API_CALL)


def deduplicated(rows: pl.DataFrame, codes: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows with one of each id, and per region how many of each kind there were.

    `codes` are those of `codes_of`.
    """
    copied = rows["id"].is_duplicated()
    # Copies are rare: only they are sorted.
    ranks = codes.select("code", "rank")
    copies = (
        rows.filter(copied).join(ranks, on="code").sort("id", "rank", "time", "region").select(rows.columns)
    )
    first = copies["id"].is_first_distinct()
    unique = pl.concat([rows.filter(~copied), copies.filter(first)])
    counted = [
        unique.group_by("region", "code").len().with_columns(duplicate=pl.lit(False)),
        copies.filter(~first).group_by("region", "code").len().with_columns(duplicate=pl.lit(True)),
    ]
    permissions = codes.select("code", "permission")
    counts = pl.concat(counted).join(permissions, on="code").group_by("region", "permission", "duplicate")
    return unique, counts.agg(pl.col("len").sum().cast(pl.Int64))


def by_code_of(unique: pl.DataFrame) -> pl.DataFrame:
    """Count distinct events (`code`, `time`, `id`) by code: `events`, `first_seen`, `last_seen`, `last_event_id`."""
    return unique.group_by("code").agg(**EVENTS)
