"""Who acted in each event: what a `userIdentity` means is found once, most events repeat that of earlier ones."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from assets.cloudtrail_usage.identity import partition_of
from assets.cloudtrail_usage.keys import EventKeys
from assets.cloudtrail_usage.records import Event, identity_of
from assets.cloudtrail_usage.session_keys import SessionKeys

# An identity is some 500 bytes of JSON.
_REMEMBERED = 20_000


class Actor(NamedTuple):
    """Numbers of the principal and service (`EventKeys.actor_of`), and of the session (`SessionKeys.number_of`)."""

    number: int
    session: int


class Actors:
    """The actors behind identities as they are written in the logs."""

    def __init__(self, keys: EventKeys, sessions: SessionKeys) -> None:
        """Start without identities; `keys` and `sessions` give the numbers."""
        self._keys, self._sessions = keys, sessions
        self._known: dict[str, dict[bytes, Actor]] = {}

    def in_region(self, region: str) -> Callable[[Sequence[Event]], list[Actor]]:
        """Return a function that says who acted in events of a region's logs.

        It raises msgspec.DecodeError and UnicodeDecodeError where an identity cannot be decoded.
        """
        # An identity without ARNs is another principal in another partition.
        known = self._known.setdefault(partition_of(region), {})
        if len(known) > _REMEMBERED:
            known.clear()

        def actors_of(events: Sequence[Event]) -> list[Actor]:
            actors = []
            for event in events:
                raw = bytes(event.user_identity)
                actor = known.get(raw)
                if actor is None:
                    who = identity_of(raw)
                    actor = Actor(self._keys.actor_of(who, region), self._sessions.number_of(who))
                    known[raw] = actor
                actors.append(actor)
            return actors

        return actors_of

    def forget(self) -> None:
        """Start again, as the numbers do."""
        self._known.clear()
