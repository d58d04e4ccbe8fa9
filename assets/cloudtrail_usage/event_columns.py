"""The events of a log file as columns: what is the same in many of them is looked up, not worked out again."""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from assets.cloudtrail_usage.event_time import NEVER, micros_of
from assets.cloudtrail_usage.keys import EventKeys
from assets.cloudtrail_usage.log_content import LogContent
from assets.cloudtrail_usage.record_id import id_of_unnamed
from assets.cloudtrail_usage.records import Event
from assets.cloudtrail_usage.rejections import Defect, Reason

# One look-up a field for all records of a file: a loop over the records in Python takes twice as long.
_ID, _TIME, _RECIPIENT = attrgetter("event_id"), attrgetter("event_time"), attrgetter("recipient_account_id")
_KIND = attrgetter("event_source", "event_name", "event_type", "error_code")
_MESSAGE = attrgetter("error_message")


def bad_time(position: int, text: str) -> Defect:
    """Return what is wrong with a record whose `eventTime` is no time, or one long after its delivery."""
    why = "" if micros_of(text) is None else ", days after the file was delivered"
    return Defect(position, Reason.BAD_EVENT_TIME, f"eventTime is {text[:60]!r}{why}")


class EventColumns(NamedTuple):
    """Events: `eventID` (or what stands for it), numbers of their kinds (`EventKeys`), `eventTime` as written.

    `identities` are the numbers that `read_records` was told to make of each `userIdentity`.
    """

    records: Sequence[Event]
    ids: Sequence[str]
    identities: Sequence[int]
    kinds: Sequence[int]
    times: Sequence[str]


class EventReader:
    """Makes columns of the records in the logs of an account."""

    def __init__(self, account: str, keys: EventKeys) -> None:
        """Start with `keys`, which number the kinds of events."""
        self._owners = frozenset({account, None})
        self._keys = keys

    def columns_of(self, content: LogContent[int], latest: int = NEVER) -> tuple[EventColumns, list[Defect]]:
        """Return the records that are events of the account before `latest` (us), and what is wrong with the others.

        The times of a file without defects were not looked at: many are read at once later, see `staging.EventRows`.
        """
        records = content.records
        ids = list(map(_ID, records))
        if not content.defects and all(ids) and self._owners.issuperset(map(_RECIPIENT, records)):
            try:
                return self._columns(records, ids, content.actors), []
            except ValueError:
                pass
        return self._sifted(content, latest)

    def _sifted(self, content: LogContent[int], latest: int) -> tuple[EventColumns, list[Defect]]:
        """Look at each record of a file that is not as most files are."""
        good: list[Event] = []
        ids, identities, defects = [], [], []
        for position, record, identity in zip(
            content.positions, content.records, content.actors, strict=True
        ):
            defect = self._defect(position, record, latest)
            if defect is not None:
                defects.append(defect)
                continue
            good.append(record)
            ids.append(record.event_id or id_of_unnamed(content, position))
            identities.append(identity)
        return self._columns(good, ids, identities), defects

    def _defect(self, position: int, record: Event, latest: int) -> Defect | None:
        text, recipient = record.event_time, record.recipient_account_id
        time = micros_of(text)
        if time is None or time >= latest:
            return bad_time(position, text)
        if recipient is not None and recipient not in self._owners:
            return Defect(position, Reason.FOREIGN_RECIPIENT, f"recipientAccountId is {recipient[:60]!r}")
        if not record.event_source:
            return Defect(position, Reason.MISSING_EVENT_SOURCE, "eventSource is empty")
        if not record.event_name:
            return Defect(position, Reason.MISSING_EVENT_NAME, "eventName is empty")
        return None

    def _columns(
        self, records: Sequence[Event], ids: Sequence[str], identities: Sequence[int]
    ) -> EventColumns:
        """Raise ValueError where one of the records has no source or name."""
        kinds = list(map(self._keys.kinds.__getitem__, map(_KIND, records)))
        if any(map(_MESSAGE, records)):
            for index, record in enumerate(records):
                if record.error_message and not record.error_code:
                    kinds[index] = self._keys.kind_of(record)
        return EventColumns(records, ids, identities, kinds, list(map(_TIME, records)))
