"""How answers look: the original's lines, or data."""

import sys
from collections.abc import Iterable
from datetime import datetime

import polars as pl

from assets.warehouse.spreadsheet import safe_csv
from pipeline.cli.terminal import printable

PREFIX = {"used": "  ", "unused": "- ", "unknown": "? ", "not_granted": "+ "}
_COLOR = {"used": "37", "unused": "31", "unknown": "33", "not_granted": "32"}


def filtered(
    rows: pl.DataFrame, *, show_used: bool = False, ignore_benign: bool = False, ignore_unknown: bool = False
) -> pl.DataFrame:
    """Apply the original's filters to rows of `principal_diffs`."""
    if show_used:
        rows = rows.filter(pl.col("status").is_in(["used", "not_granted"]))
    if ignore_unknown:
        rows = rows.filter(pl.col("status") != "unknown")
    if ignore_benign:
        rows = rows.filter(~pl.col("action").str.contains(r"(?i):(list|describe)"))
    return rows


def classic_lines(rows: pl.DataFrame) -> list[tuple[str, str]]:
    """Return status and lower-case action, sorted, as the original prints them."""
    return sorted(
        ((status, action.lower()) for status, action in rows.select("status", "action").rows()), key=_action
    )


def _action(line: tuple[str, str]) -> str:
    return line[1]


def print_lines(lines: Iterable[tuple[str, str]], color: bool) -> None:
    """Print status and text, a line each: the status as two characters, coloured where asked for."""
    for status, text in lines:
        line = f"{PREFIX[status]}{printable(text)}"
        print(f"\x1b[{_COLOR[status]}m{line}\x1b[0m" if color else line)


def print_grid(rows: pl.DataFrame) -> None:
    """Print rows as aligned columns, numbers to the right."""
    cells = [rows.columns, *([_cell(value) for value in row] for row in rows.rows())]
    widths = [max(len(line[n]) for line in cells) for n in range(rows.width)]
    right = [dtype.is_numeric() for dtype in rows.dtypes]
    for line in cells:
        text = "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        )
        print(text.rstrip())


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else printable(str(value))


def print_data(rows: pl.DataFrame, form: str) -> None:
    """Print every column: `json` as a list of objects, `csv` with a header; times in UTC as ISO 8601.

    Names come from logs: in CSV what a spreadsheet would run as a formula begins with '.
    """
    if form == "json":
        times = [name for name, dtype in rows.schema.items() if isinstance(dtype, pl.Datetime)]
        print_objects(rows.with_columns(pl.col(times).dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_dicts())
    else:
        sys.stdout.write(safe_csv(rows))


def print_objects(data: object) -> None:
    """Print lists and dictionaries as indented JSON; times in UTC as ISO 8601."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n")
