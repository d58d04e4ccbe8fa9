"""The grants of days: each snapshot is expanded once, however many days it stands for."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.errors import StorageError
from assets.expanded_grants.first_granted import with_first_granted
from assets.expanded_grants.frames import expand_coded
from assets.expanded_grants.scp_files import ScpFiles, ScpSource
from assets.iam_snapshots.filling import Stored
from assets.iam_snapshots.principals import principals
from assets.iam_snapshots.snapshot import details_of
from assets.partitions import Partition

Parts = Iterator[tuple[Partition, pl.DataFrame]]


class GrantDays:
    """The three tables of a run, in the order in which they are to be written: `grants`, then the others.

    Grants are large and made one day at a time; sources and problems are small and kept until their turn.
    """

    def __init__(
        self,
        partitions: Sequence[Partition],
        snapshots: pl.LazyFrame,
        iam_actions: pl.DataFrame,
        stored: Stored,
        scps: Mapping[str, ScpSource],
    ) -> None:
        """Take the partitions in order, `iam_snapshots`, what is stored, and the SCPs by account."""
        self._partitions = partitions
        self._snapshots = snapshots
        self._catalogue = Catalogue.from_frame(iam_actions)
        self._stored = stored
        self._scps = scps
        self._sources: dict[Partition, pl.DataFrame] = {}
        self._problems: dict[Partition, pl.DataFrame] = {}

    def grants(self) -> Parts:
        """Yield `expanded_grants`, with what the earlier day knows of `first_granted`; its text is codes.

        Raises `StorageError` for a day without a snapshot.
        """
        made: tuple[str, str] | None = None
        for partition in self._partitions:
            snapshot = self._snapshot(partition)
            if snapshot.is_empty():
                raise StorageError(
                    f"iam_snapshots: {partition.key} is not materialised; materialise it, then its grants"
                )
            document = snapshot.filter(pl.col("kind") == "document")["document"].item()
            # The day before had the same snapshot: what is granted today was granted then, since when it was.
            if made != (partition.account, document):
                made = (partition.account, document)
                limits: ScpSource = self._scps.get(partition.account, ScpFiles())
                expanded = expand_coded(
                    details_of(snapshot),
                    self._catalogue,
                    scps=limits.read(),
                    management_account=limits.management_account,
                )
                grants = self._with_first_granted(partition, expanded.grants, snapshot)
            self._sources[partition], self._problems[partition] = expanded.sources, expanded.problems
            yield partition, grants

    def sources(self) -> Parts:
        """Yield `grant_sources`; `grants` must have been run through."""
        return iter(self._sources.items())

    def problems(self) -> Parts:
        """Yield `grant_problems`; `grants` must have been run through."""
        return iter(self._problems.items())

    def _snapshot(self, partition: Partition) -> pl.DataFrame:
        here = (pl.col("account") == partition.account) & (pl.col("day") == partition.day)
        return self._snapshots.filter(here).drop("day", "account").collect()

    def _with_first_granted(
        self, partition: Partition, grants: pl.DataFrame, snapshot: pl.DataFrame
    ) -> pl.DataFrame:
        days = self._stored.partitions("expanded_grants", partition.account)
        earlier = [other for other in days if other.day < partition.day][-1:]
        if not earlier:
            return with_first_granted(grants, snapshot["taken_at"][0], None)
        before = self._stored.scan("iam_snapshots", earlier).drop("day", "account").collect()
        previous = self._stored.scan("expanded_grants", earlier).drop("day", "account").collect()
        return with_first_granted(grants, snapshot["taken_at"][0], previous, principals(before))
