"""What a published table is in Iceberg: its schema, its partitions, and the rows that a load replaces."""

from typing import Any, cast

from assets.warehouse.contract import Published
from assets.warehouse.loads import Key, Share

_FIRST_PARTITION_FIELD = 1000


def arrow_schema(table: Published) -> Any:
    """Return the table's columns as Arrow has them: JSON as text, timestamps in UTC and microseconds."""
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "json": pa.string(),
        "bigint": pa.int64(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema([pa.field(column.name, kinds[column.type]) for column in table.columns])


def table_schema(table: Published) -> Any:
    """Return the schema of a new Iceberg table."""
    from pyiceberg import types
    from pyiceberg.schema import Schema

    kinds = {
        "text": types.StringType(),
        "json": types.StringType(),
        "bigint": types.LongType(),
        "double": types.DoubleType(),
        "boolean": types.BooleanType(),
        "date": types.DateType(),
        "timestamp": types.TimestamptzType(),
    }
    fields = (
        types.NestedField(number, column.name, kinds[column.type], required=False)
        for number, column in enumerate(table.columns, start=1)
    )
    return Schema(*fields)


def partition_spec(table: Published) -> Any:
    """Return how a new Iceberg table is cut: by the values of the partition's columns."""
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.transforms import IdentityTransform

    names = [column.name for column in table.columns]
    fields = (
        PartitionField(
            source_id=names.index(column) + 1,
            field_id=_FIRST_PARTITION_FIELD + number,
            transform=IdentityTransform(),
            name=column,
        )
        for number, column in enumerate(table.partition)
    )
    return PartitionSpec(*fields)


def rows_of(share: Share) -> Any:
    """Return the expression that finds the rows of the share's keys."""
    from pyiceberg.expressions import AlwaysTrue, And, EqualTo, In, Or

    if not share.table.partition:
        return AlwaysTrue()
    # Keys that differ in their first column only are one condition: a year is not 365 of them.
    grouped: dict[Key, list[Any]] = {}
    for first, *others in share.keys:
        grouped.setdefault(tuple(others), []).append(_literal(first))
    first_column, *other_columns = share.table.partition
    # pyiceberg's own declarations do not know how its expressions are made.
    is_in, equals, both, either = cast("tuple[Any, ...]", (In, EqualTo, And, Or))
    conditions = []
    for rest, firsts in grouped.items():
        values = (equals(*pair) for pair in zip(other_columns, map(_literal, rest), strict=True))
        conditions.append(_joined(both, [is_in(first_column, firsts), *values]))
    return _joined(either, conditions)


def _joined(operator: Any, conditions: list[Any]) -> Any:
    return operator(*conditions) if len(conditions) > 1 else conditions[0]


def _literal(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
