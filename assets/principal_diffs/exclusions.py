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


def exclusion_of(
    exclusions: Sequence[Exclusion], day: date, principals: pl.DataFrame, actions: pl.Series
) -> pl.Expr:
    """Return the text of the first exclusion that matches (an Enum, empty where none does), of rows of codes.

    In: `principal_name` and `principal_arn`, and the actions, each in the order of its codes; the rows hold
    `principal_arn` and `action` as these codes. It says what `with_exclusions` does, which looks at every row's text.
    """
    holding = [one for one in exclusions if one.holds(day)]
    texts = pl.Enum(pl.Series(["", *(one.text for one in holding)]).unique(maintain_order=True))
    text = pl.lit("", texts)
    for exclusion in reversed(holding):
        who, what = pattern(exclusion.principal), f"(?i){pattern(exclusion.action)}"
        theirs = principals["principal_name"].str.contains(who) | principals["principal_arn"].str.contains(
            who
        )
        its = actions.str.contains(what)
        if theirs.any() and its.any():
            matches = _at(theirs, "principal_arn") & _at(its, "action")
            text = pl.when(matches).then(pl.lit(exclusion.text, texts)).otherwise(text)
    return text


def _at(values: pl.Series, column: str) -> pl.Expr:
    return pl.lit(values).gather(pl.col(column).to_physical())


def pattern(text: str) -> str:
    """Return the regular expression of a pattern in which `*` is any text and `?` any character."""
    parts = re.split(r"([*?])", text)
    wild = {"*": ".*", "?": "."}
    return f"^{''.join(wild.get(part, re.escape(part)) for part in parts)}$"
