"""Who acted in each event: what a `userIdentity` means is found once, most events repeat that of earlier ones."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

import polars as pl

from assets.cloudtrail_usage.identity import partition_of
from assets.cloudtrail_usage.keys import EventKeys
from assets.cloudtrail_usage.records import Event, identity_of
from assets.cloudtrail_usage.remembered import Remembered
from assets.cloudtrail_usage.session_keys import SessionKeys

# An identity is some 500 bytes of JSON.
_REMEMBERED = 20_000


_IDENTITY = attrgetter("user_identity")


class Actors:
    """The identities of logs as they are written, numbered from 0."""

    def __init__(self, keys: EventKeys, sessions: SessionKeys) -> None:
        """Start without identities; `keys` and `sessions` say what they mean."""
        self._keys, self._sessions = keys, sessions
        self._known: dict[str, Remembered[bytes, int]] = {}
        self._actors: list[int] = []
        self._session: list[int] = []

    @property
    def remembered(self) -> int:
        """How many numbers were given."""
        return len(self._actors)

    def in_region(self, region: str) -> Callable[[Sequence[Event]], list[int]]:
        """Return a function from events of a region's logs to the numbers of their identities.

        It raises msgspec.DecodeError and UnicodeDecodeError where an identity cannot be decoded.
        """
        # An identity without ARNs is another principal in another partition.
        where = partition_of(region)
        if where not in self._known:
            self._known[where] = Remembered(partial(self._number_of, region), _REMEMBERED)
        number_of = self._known[where].__getitem__
        return lambda events: list(map(number_of, map(bytes, map(_IDENTITY, events))))

    def _number_of(self, region: str, raw: bytes) -> int:
        who = identity_of(raw)
        actor, session = self._keys.actor_of(who, region), self._sessions.number_of(who)
        self._actors.append(actor)
        self._session.append(session)
        return len(self._actors) - 1

    def frame_of(self, numbers: pl.Series) -> pl.DataFrame:
        """Return the `actor` (`EventKeys.actor_of`) and `session` (`SessionKeys.number_of`) of each number."""
        columns = {"actor": self._actors, "session": self._session}
        return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.UInt32()))[numbers]

    def forget(self) -> None:
        """Start again: numbers are given anew."""
        self._known.clear()
        self._actors.clear()
        self._session.clear()
