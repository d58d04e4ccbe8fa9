"""The template filled: one HTML file from which no request leaves.

What comes from IAM or the logs stands in it only as JSON text in which no HTML can begin, and page.js puts it on
the page only as text. Should something slip through all the same, the Content-Security-Policy runs no script but
the one whose hash it names, and fetches nothing.
"""

import base64
import hashlib
import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from assets.trend_report.charts import charts
from assets.trend_report.content import content
from assets.trend_report.inputs import AccountDay
from assets.trend_report.series import headline, joined, unsure_of

_FOLDER = Path(__file__).parent
_SCRIPTS = ("data.js", "grid.js", "person.js", "page.js")
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def page(accounts: Sequence[AccountDay], title: str) -> bytes:
    """Return the report of those accounts (at least one, all of the same day) as HTML, in UTF-8."""
    day = accounts[0].window.end
    series = joined(accounts)
    numbers, compared = headline(series, day, unsure_of(accounts))
    script = "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    parts = {
        "title": html.escape(title),
        "day": html.escape(f"{day.day} {day:%B %Y}"),
        "policy": html.escape(_policy(script)),
        "style": (_FOLDER / "page.css").read_text(encoding="utf-8"),
        "charts": "".join(_figure(name, svg) for name, svg in charts(series)),
        "data": embedded(content(accounts, day, series, numbers, compared)),
        "script": script,
    }
    return _filled((_FOLDER / "page.html").read_text(encoding="utf-8"), parts).encode()


def embedded(data: Any) -> str:
    """Write data as JSON that may stand in a script element: no tag, comment or line can begin or end in it."""
    text = msgspec.json.encode(data).decode()
    for character, escape in _ESCAPED.items():
        text = text.replace(character, escape)
    return text


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    nothing = "base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; {nothing}"


def _figure(name: str, svg: str) -> str:
    return f"<figure><figcaption>{html.escape(name)}</figcaption>{svg}</figure>"


def _filled(template: str, parts: dict[str, str]) -> str:
    # Cut at the places first: what one part says must not be taken for the place of another.
    pieces = template.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        filled += [parts[name], rest]
    return "".join(filled)
