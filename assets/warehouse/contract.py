"""What a table looks like in a warehouse: the same names and types everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl
from polars.datatypes import DataType, DataTypeClass

Type = Literal["text", "bigint", "double", "boolean", "date", "timestamp", "json"]


@dataclass(frozen=True)
class Column:
    """A column and its type: `timestamp` is UTC in microseconds, `json` stands for lists and structs."""

    name: str
    type: Type


@dataclass(frozen=True)
class Published:
    """A table as it is published. `partition` names the columns whose values cut it: what is replaced whole."""

    name: str
    columns: tuple[Column, ...]
    partition: tuple[str, ...]


def published(
    name: str, schema: Mapping[str, DataType | DataTypeClass], partition: tuple[str, ...]
) -> Published:
    """Return a table of the lake as it is published: its partition's columns first, then those of the schema."""
    kinds: Mapping[str, DataType | DataTypeClass] = {"day": pl.Date(), "account": pl.String()}
    cut = tuple(Column(column, type_of(kinds[column])) for column in partition)
    own = tuple(Column(column, type_of(dtype)) for column, dtype in schema.items() if column not in partition)
    return Published(name, cut + own, partition)


def type_of(dtype: DataType | DataTypeClass) -> Type:
    """Return the type that stands for a Polars type in every warehouse."""
    if dtype.is_integer():
        return "bigint"
    if dtype.is_float():
        return "double"
    if dtype.is_nested():
        return "json"
    plain: dict[object, Type] = {
        pl.String: "text",
        pl.Boolean: "boolean",
        pl.Date: "date",
        pl.Datetime: "timestamp",
    }
    return plain[dtype.base_type()]


def rows(frame: pl.DataFrame, table: Published) -> pl.DataFrame:
    """Return the frame with the table's columns in order: integers as Int64, lists and structs as JSON text."""
    return frame.select(_as(column, frame.schema[column.name]) for column in table.columns)


def _as(column: Column, dtype: DataType) -> pl.Expr:
    value = pl.col(column.name)
    if column.type == "bigint":
        return value.cast(pl.Int64)
    if column.type == "double":
        return value.cast(pl.Float64)
    if column.type != "json":
        return value
    if isinstance(dtype, pl.Struct):
        return pl.when(value.is_not_null()).then(value.struct.json_encode())
    if isinstance(dtype, pl.List) and dtype.inner == pl.Date:
        value = value.cast(pl.List(pl.String))
    # Only structs are encoded: {"v":[...]} without its first five letters and its last.
    text = pl.struct(v=value).struct.json_encode()
    encoded = text.str.slice(5, text.str.len_chars() - 6)
    return pl.when(pl.col(column.name).is_not_null()).then(encoded).alias(column.name)
