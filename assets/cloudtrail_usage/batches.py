"""Which delivery days are read for a range of days, in which order, and their files in batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from assets.cloudtrail_usage.event_time import day_number
from assets.cloudtrail_usage.rejections import Reason, Rejection, unread
from assets.cloudtrail_usage.sources.source import Folder, LogFile, LogSource
from assets.errors import InputError

# What is written of a batch costs as much for a few events as for many.
BATCH_BYTES = 8 << 20
# Progress within a delivery day.
STEPS = 1000
# A tiny file costs about as much as these bytes of a large one.
_FILE_OVERHEAD = 8 << 10

# Of the other files that CloudTrail puts beside logs, none holds events.
_NO_LOGS = ("CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-Aggregated")


class BatchFile(NamedTuple):
    """A file to read; `region` is its index among the account's regions."""

    region: int
    file: LogFile


class Batch(NamedTuple):
    """Files of one delivery day.

    `keep` are the event days (from 1970-01-01) wanted of it. `steps` of the delivery day's `STEPS` are done
    with this batch, the `last` ends it. `unlisted` are folders of the day that could not be listed.
    """

    number: int
    delivery: date
    files: tuple[BatchFile, ...]
    keep: frozenset[int]
    steps: int
    last: bool
    unlisted: tuple[Rejection, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The days asked for, sorted, and where their events may lie."""

    days: Sequence[date]
    late_days: int
    late_from: Mapping[date, Sequence[date]]

    def usual(self, day: date) -> list[date]:
        """Return the delivery days that every event of the day should be in."""
        return [day + timedelta(days=n) for n in range(self.late_days + 1)]

    def extra(self, day: date) -> list[date]:
        """Return the other delivery days that are read for the day, sorted."""
        return sorted(set(self.late_from.get(day, ())) - set(self.usual(day)))

    def needed(self, day: date) -> set[date]:
        """Return all delivery days that are read for the day."""
        return {*self.usual(day), *self.extra(day)}

    def needed_after(self, day: date) -> set[date]:
        """Return the delivery days that days after this one of the plan need."""
        return {delivery for other in self.days if other > day for delivery in self.needed(other)}

    def deliveries(self) -> list[date]:
        """Return each delivery day once, in the order in which the days need them."""
        needed = (delivery for day in self.days for delivery in (*self.usual(day), *self.extra(day)))
        return list(dict.fromkeys(needed))

    def served(self, delivery: date) -> frozenset[int]:
        """Return the days asked for (from 1970-01-01) that a delivery day is read for."""
        near = [delivery - timedelta(days=n) for n in range(self.late_days + 1)]
        wanted = set(self.days)
        late = [day for day in wanted if delivery in self.late_from.get(day, ())]
        return frozenset(day_number(day) for day in {*near, *late} & wanted)


def batches(plan: Plan, source: LogSource, account: str, regions: Sequence[str]) -> Iterator[Batch]:
    """List the folders of the plan's delivery days, one day after the other, and pack their files by size.

    Every delivery day has at least one batch, the last of them marked.
    """
    numbers = count()
    folders = [Folder(region, delivery) for delivery in plan.deliveries() for region in regions]
    listings = source.list_many(account, folders)
    for delivery in plan.deliveries():
        keep = plan.served(delivery)
        listed, unlisted = _listed(source, account, [Folder(name, delivery) for name in regions], listings)
        packs = _packs(listed)
        for index, files in enumerate(packs, start=1):
            done, last = STEPS * index // len(packs), index == len(packs)
            yield Batch(next(numbers), delivery, files, keep, done, last, tuple(unlisted) if last else ())


def _listed(
    source: LogSource,
    account: str,
    folders: Sequence[Folder],
    listings: Iterator[Sequence[LogFile] | OSError],
) -> tuple[list[BatchFile], list[Rejection]]:
    files: list[BatchFile] = []
    unlisted: list[Rejection] = []
    for region, (folder, found) in enumerate(zip(folders, listings, strict=False)):
        if isinstance(found, OSError):
            path = source.folder(account, folder)
            unlisted.append(Rejection(folder.region, path, *unread(found, Reason.UNLISTED_FOLDER)))
        else:
            files.extend(BatchFile(region, file) for file in found if not is_no_log(file.path))
    refused = [entry for entry in unlisted if entry.reason == Reason.ACCESS_DENIED]
    if refused and len(refused) == len(folders):
        raise all_refused(source, refused[0])
    return files, unlisted


def all_refused(source: LogSource, first: Rejection) -> InputError:
    """Return the error for a place none of whose files may be read: an answer would rest on nothing."""
    return InputError(
        f"{source.label}: every log of the day is refused, the first being {first.file}: {first.detail}; allow"
        " reading them (in S3: s3:ListBucket, s3:GetObject and, where they are encrypted, kms:Decrypt)"
    )


def _packs(files: Iterable[BatchFile]) -> list[tuple[BatchFile, ...]]:
    packs: list[list[BatchFile]] = [[]]
    weight = 0
    for entry in files:
        cost = entry.file.size + _FILE_OVERHEAD
        if packs[-1] and weight + cost > BATCH_BYTES:
            packs.append([])
            weight = 0
        packs[-1].append(entry)
        weight += cost
    return [tuple(pack) for pack in packs]


def is_no_log(path: str) -> bool:
    """Say whether a file is a digest, Insight or Aggregated file, which are no logs of calls."""
    name = path.rpartition("/")[2]
    return any(part in name for part in _NO_LOGS)


def is_log(path: str) -> bool:
    """Say whether a file's name is that of a log, compressed or not."""
    return path.lower().endswith((".json.gz", ".json"))
