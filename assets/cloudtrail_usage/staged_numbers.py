"""Which numbers of a day were staged already: what they mean is written once by each process."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl


class Numbers:
    """The numbers that were written: of what is numbered from 0, so that each has its place."""

    def __init__(self) -> None:
        """Start with none."""
        self._written = np.zeros(0, np.bool_)

    def new(self, numbers: pl.Series) -> list[int]:
        """Return those that were not, each once, and take them for written."""
        found = np.bincount(numbers.to_numpy(), minlength=len(self._written)) > 0
        written = np.pad(self._written, (0, len(found) - len(self._written)))
        self._written = written | found
        new: list[int] = np.flatnonzero(found & ~written).tolist()
        return new


class Pairs:
    """The pairs of numbers that were written, each as one number (UInt64)."""

    def __init__(self) -> None:
        """Start with none."""
        self._written = pl.Series(dtype=pl.UInt64())

    def new(self, numbers: pl.Series) -> pl.Series:
        """Return those that were not, each once, and take them for written."""
        distinct = numbers.unique()
        new = distinct.filter(~distinct.is_in(self._written.implode()))
        self._written = pl.concat([self._written, new])
        return new


@dataclass
class StagedNumbers:
    """What was written of a day."""

    actors: Numbers = field(default_factory=Numbers)
    kinds: Numbers = field(default_factory=Numbers)
    pairs: Pairs = field(default_factory=Pairs)
    sessions: Numbers = field(default_factory=Numbers)
