"""The trend as text: bars and sparklines on a terminal, plain columns elsewhere."""

import sys

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assets.number_words import number_of

_SPARKS = "▁▂▃▄▅▆▇█"
_BAR = 24
_NARROW, _UNLIMITED = 104, 400
_SHOWN = {
    "unused": ("unused", "red"),
    "used": ("used", "green"),
    "unknown": ("unknown", "yellow"),
    "risk_score": ("risk", "magenta"),
}


def print_trend(title: str, rows: pl.DataFrame, *, color: bool) -> None:
    """Print the rows of `trend_series.series`: numbers a week, and what became of them from first to last."""
    console = Console(no_color=not color, highlight=False, soft_wrap=True)
    drawn = console.is_terminal and (sys.stdout.encoding or "").lower().startswith("utf")
    drawn = drawn and console.width >= _NARROW
    if not console.is_terminal:
        console.width = _UNLIMITED
    days = rows["day"].drop_nulls()
    console.print(Text(f"{title}, {number_of(rows.height, 'week')} to {rows['week_to'][-1]}", style="bold"))
    console.print(_weeks(rows, drawn))
    for column, (word, style) in _SHOWN.items():
        console.print(_line(word, rows[column].to_list(), style, drawn))
    _remarks(rows, days.len())


def _weeks(rows: pl.DataFrame, drawn: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("day")
    for name in ("granted", "unused", "used", "unknown", "not granted", "risk", "covered"):
        table.add_column(name, justify="right")
    if drawn:
        table.add_column("unused")
    most = max((value for value in rows["unused"] if value is not None), default=0)
    for row in rows.iter_rows(named=True):
        if row["granted"] is None:
            table.add_row(
                str(row["day"] or row["week_to"]), "-" if row["day"] else "no stored day", style="dim"
            )
            continue
        numbers = [_number(row[name]) for name in ("granted", "unused", "used", "unknown", "not_granted")]
        cells = [str(row["day"]), *numbers, _number(row["risk_score"])]
        cells.append(f"{row['covered_days']}/{row['window_days']}")
        bar = [Text(_bar(row["unused"], most), style="red")] if drawn else []
        table.add_row(*cells, *bar)
    return table


def _line(word: str, values: list[float | None], style: str, drawn: bool) -> Text:
    known = [value for value in values if value is not None]
    if not known:
        return Text(f"{word:8}-")
    if len(known) == 1:
        return Text(f"{word:8}{_number(known[0])}  (of one stored day)")
    change = known[-1] - known[0]
    text = Text(f"{word:8}")
    if drawn:
        text.append(sparkline(values), style=style).append("  ")
    return text.append(
        f"{_number(known[0])} -> {_number(known[-1])}  ({'+' if change > 0 else ''}{_number(change)})"
    )


def sparkline(values: list[float | None]) -> str:
    """Return a letter a value, from the lowest to the highest of them; a space where there is none."""
    known = [value for value in values if value is not None]
    low, span = min(known, default=0), max(known, default=0) - min(known, default=0)
    return "".join(
        " " if value is None else _SPARKS[round((value - low) / span * 7) if span else 3] for value in values
    )


def _bar(value: int, most: int) -> str:
    # A bar of eighths: what is not nothing is seen.
    eighths = max(1, round(value / most * _BAR * 8)) if value and most else 0
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _remarks(rows: pl.DataFrame, stored: int) -> None:
    """Say on stderr what makes the weeks hard to compare."""
    missing = rows.height - stored
    if missing:
        print(
            f"cloudtracker: {missing} of {number_of(rows.height, 'week')} {'has' if missing == 1 else 'have'}"
            " no stored day; 'cloudtracker run --from ... --to ...' makes them",
            file=sys.stderr,
        )
    if rows["score_version"].drop_nulls().n_unique() > 1:
        print(
            "cloudtracker: the score's weights changed in between: risks compare only within one",
            file=sys.stderr,
        )
