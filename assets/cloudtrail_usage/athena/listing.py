"""What lies in the log folders before Athena is asked: what it would scan, and what it must be shown to have read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from assets.cloudtrail_usage.batches import Plan, is_log, is_no_log
from assets.cloudtrail_usage.deliveries import Delivery
from assets.cloudtrail_usage.log_content import identities_of, read_records
from assets.cloudtrail_usage.rejections import WHOLE_FILE, Defect, Reason, Rejection, unread
from assets.cloudtrail_usage.sources.s3 import S3Logs
from assets.cloudtrail_usage.sources.source import Folder, LogFile

_UNSEEN = "Athena reported no record of it"


@dataclass
class Listed:
    """The logs of an account for a plan: `deliveries` with files and bytes, `logs` by path with their folder.

    `strangers` are the files among them that are no logs.
    """

    regions: tuple[str, ...]
    deliveries: dict[date, Delivery]
    logs: dict[str, tuple[Folder, LogFile]] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """What a query over all of it scans."""
        return sum(file.size for _, file in self.logs.values())

    @property
    def read_regions(self) -> set[str]:
        """The regions that hold logs."""
        return {folder.region for folder, _ in self.logs.values()}

    def reject(self, path: str, defects: Sequence[Defect]) -> None:
        """Reject a file (and what it holds) for these reasons, and leave it out of what Athena reads."""
        folder, _ = self.logs.pop(path)
        rows = [Rejection(folder.region, path, *defect) for defect in sorted(defects)]
        self.deliveries[folder.day].rejected.extend(rows)


def listed(source: S3Logs, account: str, plan: Plan) -> Listed:
    """List the delivery folders of a plan. Raises as `S3Logs` does where the place itself cannot be listed.

    Folders that cannot be listed, files that are no logs, and empty ones, are rejected at once: Athena would not
    tell.
    """
    regions = tuple(source.regions(account))
    folders = [Folder(region, day) for day in sorted(plan.deliveries()) for region in regions]
    found = Listed(regions, {day: Delivery() for day in plan.deliveries()})
    for folder, files in zip(folders, source.list_many(account, folders), strict=True):
        delivery, region = found.deliveries[folder.day], regions.index(folder.region)
        if isinstance(files, OSError):
            defect = unread(files, Reason.UNLISTED_FOLDER)
            delivery.rejected.append(Rejection(folder.region, source.folder(account, folder), *defect))
            continue
        for file in files:
            if is_no_log(file.path):
                found.strangers.append(file.path)
                continue
            delivery.files[region] += 1
            delivery.bytes[region] += file.size
            found.logs[file.path] = (folder, file)
            if not is_log(file.path):
                unexpected = Defect(WHOLE_FILE, Reason.UNEXPECTED_FILE, "neither .json nor .json.gz")
                found.reject(file.path, [unexpected])
                found.strangers.append(file.path)
            elif not file.size:
                found.reject(file.path, [Defect(WHOLE_FILE, Reason.EMPTY_FILE, "0 bytes")])
    return found


def reject_unread(source: S3Logs, found: Listed, paths: Sequence[str], why: str = _UNSEEN) -> None:
    """Look into listed files that Athena gave no record of, and reject those that are not just without records.

    What is wrong with them is said as the local reader says it; `why` where nothing is.
    """
    files = [found.logs[path][1] for path in paths]
    for file, data in zip(files, source.read_many(files), strict=True):
        if isinstance(data, OSError):
            found.reject(file.path, [unread(data, Reason.UNREADABLE_FILE)])
            continue
        content = read_records(data, identities_of)
        if content.records:
            found.reject(file.path, [Defect(WHOLE_FILE, Reason.UNREADABLE_FILE, why)])
        elif content.defects:
            found.reject(file.path, content.defects)
