"""What somebody has decided to leave as it is: marked in the answers, never dropped from them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

EVERY_ACTION = "*:*"
"""Stands for all actions of a principal: only a pattern that means every one of them matches it."""


@dataclass(frozen=True)
class Exclusion:
    """One decision: `principal` is a pattern of a name or an ARN, `action` one of an action (`*` and `?`).

    The case of actions does not matter, as in IAM; names and ARNs are compared as they are written. `expires` is
    the last day on which it holds, None where it has no end.
    """

    principal: str
    action: str
    reason: str
    owner: str
    expires: date | None = None

    @property
    def text(self) -> str:
        """Reason, owner and end in words."""
        until = f", until {self.expires}" if self.expires else ""
        return f"{self.reason} ({self.owner}{until})"

    def holds(self, day: date) -> bool:
        """Whether it has not expired on that day."""
        return self.expires is None or day <= self.expires


def with_exclusions(rows: pl.DataFrame, exclusions: Sequence[Exclusion], day: date) -> pl.DataFrame:
    """Add `excluded` (Boolean) and `exclusion` (its text, empty without one) to rows of verdicts.

    In: `principal_name`, `principal_arn`, `action`. `day` is the last one of the answer's window: what has expired
    by then excludes nothing. Where several match, the first of the configuration is named.
    """
    text = pl.lit("")
    for exclusion in reversed([one for one in exclusions if one.holds(day)]):
        who, what = pattern(exclusion.principal), f"(?i){pattern(exclusion.action)}"
        principals = pl.col("principal_name").str.contains(who) | pl.col("principal_arn").str.contains(who)
        matches = principals & pl.col("action").str.contains(what)
        text = pl.when(matches).then(pl.lit(exclusion.text)).otherwise(text)
    return rows.with_columns(exclusion=text).with_columns(excluded=pl.col("exclusion") != "")


def pattern(text: str) -> str:
    """Return the regular expression of a pattern in which `*` is any text and `?` any character."""
    parts = re.split(r"([*?])", text)
    wild = {"*": ".*", "?": "."}
    return f"^{''.join(wild.get(part, re.escape(part)) for part in parts)}$"
