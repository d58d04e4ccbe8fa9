"""The data dictionary: every table and column with type, meaning and source, from the schemas."""

from collections.abc import Mapping

from polars.datatypes import DataType, DataTypeClass

from assets.cloudtrail_usage import rejections
from assets.permission_trends.schema import CHANGES
from assets.principal_diffs.removable import REMOVABLE
from assets.principal_diffs.schema import REASONS
from assets.warehouse.contract import type_of
from pipeline.offered_tables import GRANT_USES
from pipeline.tables import TABLES, Table

_INTRODUCTION = """\
# Data dictionary

Made from the schemas by `cloudtracker dictionary`; a test holds it up to date. Types are those of a warehouse: text,
bigint, double, boolean, date, timestamp (UTC, microseconds), json (lists and structs). In the lake's Parquet files
json columns are lists. `day` (UTC) and `account` (12 digits, text) cut the tables into partitions; a partition is
replaced whole. Key columns are marked; with `day` and `account` they are unique. Names do not change, and columns are
only added.
"""


_CLOSED_SETS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("principal_diffs.reason", REASONS),
    ("principal_diffs.removable", REMOVABLE),
    ("permission_changes.change", CHANGES),
    ("rejected_records.reason", {reason.value: words for reason, words in rejections.REASONS.items()}),
)


def dictionary() -> str:
    """Return the dictionary in Markdown, a section a table, in data order; at the end what the closed sets mean."""
    tables = (_section(table) for table in (*TABLES.values(), GRANT_USES))
    return "\n".join([_INTRODUCTION, *tables, _closed_sets()])


def _closed_sets() -> str:
    lines = ["## Closed sets", "", "Every value that these columns may hold.", ""]
    lines += ["| column | value | meaning |", "|---|---|---|"]
    for column, values in _CLOSED_SETS:
        lines += [
            f"| `{column}` | {f'`{value}`' if value else 'empty'} | {words} |"
            for value, words in values.items()
        ]
    return "\n".join([*lines, ""])


def _section(table: Table) -> str:
    lines = [f"## {table.name}", ""]
    if table.descriptions.get(""):
        lines += [table.descriptions[""], ""]
    lines += ["| column | type | key | meaning | from |", "|---|---|---|---|---|"]
    kinds = {"day": "date", "account": "text"}
    cut = {name: kinds[name] for name in table.cut.__dataclass_fields__} if table.partitioned else {}
    meanings = {"day": "Day of the partition, UTC", "account": "Account of the partition, 12 digits"}
    lines += [f"| `{name}` | {kind} | yes | {meanings[name]} | |" for name, kind in cut.items()]
    lines += [_row(table, name, dtype) for name, dtype in table.schema.items() if name not in cut]
    return "\n".join([*lines, ""])


def _row(table: Table, name: str, dtype: DataType | DataTypeClass) -> str:
    sources = ", ".join(f"`{source}.{column}`" for source, column in table.lineage.get(name, ()))
    meaning = table.descriptions.get(name, "").replace("|", "\\|")
    key = "yes" if name in table.key else ""
    return f"| `{name}` | {type_of(dtype)} | {key} | {meaning} | {sources} |"
