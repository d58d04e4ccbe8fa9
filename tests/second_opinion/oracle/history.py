"""Which snapshot stands for a day, and what earlier ones say of a grant: DESIGN 2, What was granted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tests.second_opinion.oracle.grants import Holder


@dataclass(frozen=True)
class Snapshot:
    """What the users and roles of an account were granted when it was really taken."""

    taken: date
    holders: Sequence[Holder]

    def same_as(self, holder: Holder) -> Holder | None:
        """Return the user or role of this snapshot that a later one knows: by id, where there is none by ARN.

        DESIGN 3, Usage: a name deleted and created again is two principals.
        """
        key = holder.id or holder.arn
        return next((one for one in self.holders if (one.id or one.arn) == key), None)


def standing_for(day: date, taken: Sequence[Snapshot]) -> Snapshot:
    """Return the snapshot of a day: the nearest really taken, ties go to the earlier (DESIGN 2, iam_snapshots)."""
    return min(taken, key=lambda one: (abs((one.taken - day).days), one.taken))


def first_granted(holder: Holder, snapshot: Snapshot, before: Sequence[Snapshot]) -> dict[str, date]:
    """Return since when actions are granted, of those that an earlier stored snapshot did not grant.

    DESIGN 2, expanded_grants: "first stored snapshot that grants it, where an earlier one did not". `before`: those of
    the stored days before, in order. Of a principal that no earlier one knows nobody saw anything missing.
    """
    others = [one for one in before if one.taken != snapshot.taken]
    same = others[-1].same_as(holder) if others else None
    if same is None:
        return {}
    return {action: snapshot.taken for action in holder.grants if action not in same.grants}


def granted_before(holder: Holder, earlier: Sequence[Snapshot]) -> set[str]:
    """Return the actions (lower case) that an earlier snapshot in the window granted: README, Reasons, `revoked`."""
    same = [one.same_as(holder) for one in earlier]
    return {action for one in same if one for action in one.grants}
