"""The trend as pictures: small charts by Altair, as SVG that stands in the page.

SVG and not Vega's own script: it needs no `eval`, prints, follows the page's colours in the dark, and an
e-mail program that runs no scripts shows it too.
"""

import re
from typing import Any

import polars as pl

from assets.trend_report.runs import LEVEL_ORDER

COLORS = {
    "Permissions management": "#a01c5c",
    "Write": "#d9622b",
    "Tagging": "#b58d1d",
    "Read": "#2f7fb8",
    "List": "#6fa8a0",
    "": "#8a8f98",
}
"""Of the access levels; page.css gives them other values in the dark."""
_FEW = 14
"""Up to so many days each has a dot."""
_COLUMNS = {level: f"unused_{level.lower().replace(' ', '_') or 'other'}" for level in LEVEL_ORDER}


def charts(series: pl.DataFrame) -> list[tuple[str, str]]:
    """Return title and SVG of each chart. `series`: see `series.joined`; none where there are no days."""
    if not series.height:
        return []
    return [
        ("Unused permissions by access level", _svg(_levels(series))),
        ("Used permissions", _svg(_line(series, "used", "#2e8b57"))),
        ("Risk score", _svg(_line(series, "risk_score", "#7a4fb5"))),
    ]


def _levels(series: pl.DataFrame) -> Any:
    import altair as alt

    rows = [
        {"day": day.isoformat(), "unused": n, "level": level or "Unknown level", "order": order}
        for order, (level, column) in enumerate(_COLUMNS.items())
        for day, n in series.select("day", column).iter_rows()
        if series[column].sum()
    ]
    shown = [level or "Unknown level" for level, column in _COLUMNS.items() if series[column].sum()]
    colors = [COLORS["" if level == "Unknown level" else level] for level in shown]
    return _sized(
        alt.Chart(alt.InlineData(values=rows))
        .mark_area(line={"strokeWidth": 1}, fillOpacity=0.85, point=series.height == 1)
        .encode(
            x=_days(5),
            y=alt.Y("unused:Q", stack=True, axis=_counts()),
            # The page has its own legend: text that the picture measures in one font shows in another.
            color=alt.Color("level:N", scale=alt.Scale(domain=shown, range=colors), legend=None),
            order=alt.Order("order:Q", sort="descending"),
        ),
        480,
    )


def _line(series: pl.DataFrame, column: str, color: str) -> Any:
    import altair as alt

    rows = [{"day": day.isoformat(), "n": n} for day, n in series.select("day", column).iter_rows()]
    return _sized(
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(color=color, point={"color": color, "size": 18} if series.height <= _FEW else False)
        .encode(x=_days(3), y=alt.Y("n:Q", axis=_counts(), scale=alt.Scale(zero=True))),
        250,
    )


def _days(ticks: int) -> Any:
    import altair as alt

    # utc: the days are days in UTC, wherever the page is made.
    scale = alt.Scale(type="utc")
    return alt.X(
        "day:T",
        scale=scale,
        axis=alt.Axis(
            title=None,
            format="%-d %b",
            tickCount=ticks,
            grid=False,
            labelFontSize=12,
            labelOverlap="greedy",
            labelSeparation=14,
        ),
    )


def _counts() -> Any:
    import altair as alt

    return alt.Axis(title=None, format="~s", tickCount=4, domain=False, ticks=False, labelFontSize=12)


def _sized(chart: Any, width: int) -> Any:
    return chart.properties(width=width, height=190, background="transparent").configure_view(stroke=None)


def _svg(chart: Any) -> str:
    import io

    text = io.StringIO()
    chart.save(text, format="svg")
    # The picture grows with the page: its size is the page's to say.
    return re.sub(
        r'^<svg ([^>]*?)width="[\d.]+" height="[\d.]+"', r"<svg \1", text.getvalue().strip(), count=1
    )
