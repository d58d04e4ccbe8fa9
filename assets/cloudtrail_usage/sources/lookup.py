"""Management events of accounts without a trail: LookupEvents, kept as files in AWS's layout."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from functools import cache
from pathlib import Path
from typing import Any

from assets.cloudtrail_usage.ahead import ahead
from assets.cloudtrail_usage.sources.aws import THREADS, Connection, client
from assets.cloudtrail_usage.sources.aws_faults import explained, refusal
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.cloudtrail_usage.sources.looked_up import LookedUp
from assets.cloudtrail_usage.sources.source import Folder, LogFile
from assets.errors import InputError

REACH = timedelta(days=90)
"""How far back LookupEvents goes: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""

# "The rate of lookup requests is limited to two per second, per account, per Region."
_SECONDS_A_REQUEST = 0.5
_RIGHTS = "cloudtrail:LookupEvents and ec2:DescribeRegions"


@dataclass(frozen=True)
class LookupLogs:
    """What LookupEvents of each account says, fetched once a region and day and kept below `store`.

    A day that was fetched `late_hours` after its end is final and never fetched again, so that what was fetched
    stays when LookupEvents forgets it. `connection.role_arn` may hold `{account}`, the account's id.
    """

    store: Path
    late_hours: int
    connection: Connection = field(default_factory=Connection)
    seconds_a_request: float = _SECONDS_A_REQUEST

    @property
    def label(self) -> str:
        """Name of the place, for messages."""
        return "LookupEvents"

    def regions(self, account: str) -> Sequence[str]:
        """Return the regions that are enabled for the account (ec2:DescribeRegions), sorted.

        Raises InputError where the credentials are not those of the account or lack a right, RunError where AWS
        cannot be reached.
        """
        place = f"LookupEvents of account {account}"
        connection = self._connection(account)
        try:
            caller = client("sts", connection, first=True).get_caller_identity()["Account"]
            if caller != account:
                raise InputError(
                    f"{place}: the credentials are those of account {caller}; name a role to assume in each account,"
                    " as 'cloudtrail: {role_arn: \"arn:aws:iam::{account}:role/NAME\"}'"
                )
            found = client("ec2", connection, first=True).describe_regions()["Regions"]
        except Exception as error:
            fault = error if isinstance(error, InputError) else explained(error, place)
            raise (refusal(fault, place, _RIGHTS) if isinstance(fault, OSError) else fault) from None
        return sorted(entry["RegionName"] for entry in found)

    def folder(self, account: str, folder: Folder) -> str:
        """Return where what is fetched is kept, relative to the store."""
        return f"AWSLogs/{account}/CloudTrail/{folder.region}/{folder.day:%Y/%m/%d}/"

    def list_many(self, account: str, folders: Iterable[Folder]) -> Iterator[Sequence[LogFile] | OSError]:
        """Fetch what is not there yet, regions side by side, and yield the file of each region and day.

        Days beyond the reach of LookupEvents have one only where they were fetched in time.
        """

        def work(folder: Folder) -> Sequence[LogFile] | OSError:
            return self._fetched(account, folder)

        return ahead(_threads(), work, folders, most=2 * THREADS)

    def read_many(self, files: Sequence[LogFile]) -> Iterator[bytes | OSError]:
        """Yield for each file its content."""
        return LocalLogs(self.store).read_many(files)

    def changed(self, account: str, deliveries: Iterable[date]) -> Mapping[date, datetime]:  # noqa: ARG002
        """Return nothing: a final day does not change, and one that is not is provisional in its tables."""
        return {}

    def refuses(self, path: str) -> bool:
        """Say whether LookupEvents of the account and region that the path names may still not be called."""
        _, account, _, region, *_ = path.split("/")
        now = datetime.now(UTC)
        try:
            self._page(account, region, {"StartTime": now - timedelta(minutes=1), "EndTime": now})
        except OSError as error:
            return isinstance(error, PermissionError)
        return False

    def _fetched(self, account: str, folder: Folder) -> Sequence[LogFile] | OSError:
        kept = LookedUp(self.store, self.folder(account, folder), folder.day, self.late_hours)
        now = datetime.now(UTC)
        if not kept.is_final() and now - REACH <= datetime.combine(folder.day, clock(), UTC) <= now:
            try:
                self._fetch(account, folder.region, kept)
            except OSError as error:
                return error
        return kept.files()

    def _fetch(self, account: str, region: str, kept: LookedUp) -> None:
        asked = kept.begin()
        while asked is not None:
            page = self._page(account, region, asked)
            asked = kept.add(
                [event["CloudTrailEvent"] for event in page["Events"]], asked, page.get("NextToken")
            )
        kept.end()

    def _page(self, account: str, region: str, asked: Mapping[str, Any]) -> Any:
        place = f"LookupEvents of account {account} in {region}"
        _pacers[account, region].wait(self.seconds_a_request)
        try:
            return client("cloudtrail", self._connection(account), region).lookup_events(
                **asked, MaxResults=50
            )
        except Exception as error:
            raise explained(error, place) from None

    def _connection(self, account: str) -> Connection:
        role = self.connection.role_arn
        return replace(self.connection, role_arn=role.replace("{account}", account) if role else None)


class _Pacer:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self, seconds: float) -> None:
        with self._lock:
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + seconds


_pacers: defaultdict[tuple[str, str], _Pacer] = defaultdict(_Pacer)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="lookup")
