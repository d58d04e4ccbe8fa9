"""CloudTrail logs in AWS's own layout, as many as one likes: modelled on a day of a real account.

About 1.3 KB a record, eight to ten times smaller as stored, a file every few minutes and region with anything from
one to 2,000 records, 2 % errors, copies of events in later files, files delivered the day after. The bytes follow
from the seed alone, whichever part of the logs is made and however many processes make it.
"""

import gzip
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from random import Random

from assets.child_processes import end_with_parent

from benchmarks.operations import Operation, operations
from benchmarks.population import Zipf, account_id, roles, unique_id, users
from benchmarks.sessions import Session, Sessions

REGIONS = (("us-east-1", 0.7), ("eu-west-1", 0.2), ("ap-southeast-2", 0.1))
_ERRORS, _COPIES, _LATE_FILES, _USERS = 0.02, 0.005, 0.01, 0.15
_AGENTS = (
    "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#5.10.210-201.852.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.6 cfg/retry-mode#legacy",
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.4 (+https://www.terraform.io) terraform-provider-aws/5.39.0 aws-sdk-go-v2/1.25.2 os/linux lang/go#1.21.6 md/GOOS#linux",
    "aws-sdk-java/2.21.1 Linux/5.10.210 OpenJDK_64-Bit_Server_VM/17.0.10+7-LTS Java/17.0.10 vendor/Amazon.com_Inc. io/sync http/Apache",
    "aws-cli/2.15.30 Python/3.11.8 Linux/6.1.79-99.164.amzn2023.x86_64 exe/x86_64.amzn.2023 prompt/off command/ec2.describe-instances",
)
_WRONG = (
    '"errorCode":"AccessDenied","errorMessage":"User is not authorized to perform this action because no identity-based policy allows it",',
    '"errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation.",',
    '"errorCode":"ThrottlingException","errorMessage":"Rate exceeded",',
    '"errorCode":"NoSuchBucketPolicy","errorMessage":"The bucket policy does not exist",',
)


@dataclass(frozen=True)
class LogShape:
    """What is generated: `events` in all, over `accounts` and `days` from `first` on, each with `roles` and `users`."""

    events: int
    accounts: int = 1
    days: int = 1
    first: date = date(2026, 6, 1)
    roles: int = 300
    users: int = 60
    seed: int = 1


def write_logs(root: Path, shape: LogShape, workers: int = 1) -> None:
    """Write `AWSLogs/...` below `root`."""
    hours = [
        (root, shape, account, day, hour)
        for account in range(shape.accounts)
        for day in range(shape.days)
        for hour in range(24)
    ]
    if workers == 1:
        for one in hours:
            _write_hour(*one)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), end_with_parent) as pool:
        for _ in pool.map(_write_hour, *zip(*hours, strict=True), chunksize=4):
            pass


def _write_hour(root: Path, shape: LogShape, account: int, day: int, hour: int) -> None:
    """Write the files of one hour of one account: the sessions of an hour begin in it."""
    parts = shape.accounts * shape.days * 24
    part = (account * shape.days + day) * 24 + hour
    events = shape.events * (part + 1) // parts - shape.events * part // parts
    writer = _Hour(root, shape, account, shape.first + timedelta(days=day), hour)
    writer.write(events)


@cache
def _operations(seed: int) -> list[Operation]:
    return operations(seed)


class _Hour:
    def __init__(self, root: Path, shape: LogShape, account: int, day: date, hour: int) -> None:
        self.account = account_id(account)
        self.random = Random(f"{shape.seed} {account} {day} {hour}")
        self.logs = root / "AWSLogs" / self.account / "CloudTrail"
        self.begin = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        # The busiest principals of one account are not those of another.
        self.roles = roles(self.account, shape.roles)
        self.people = Zipf(shape.roles)
        self.sessions = Sessions(self.account, self.roles, users(self.account, shape.users), self.random)
        self.operations = _operations(shape.seed)
        self.calls = Zipf(len(self.operations))

    def write(self, events: int) -> None:
        """Write the events, a delivery every five minutes and region."""
        random = self.random
        copied: list[str] = []
        for slot in range(12):
            share = events * (slot + 1) // 12 - events * slot // 12
            counts = _shares(share, [weight for _, weight in REGIONS])
            for (region, _), count in zip(REGIONS, counts, strict=True):
                records = list(self._records(count, region, self.begin + timedelta(minutes=5 * slot)))
                records += copied
                copied = [one for one in records if random.random() < _COPIES]
                while records:
                    size = max(1, min(2_000, int(random.lognormvariate(4.8, 1.3))))
                    self._deliver(records[:size], region, self.begin + timedelta(minutes=5 * slot + 5))
                    del records[:size]

    def _deliver(self, records: list[str], region: str, at: datetime) -> None:
        if self.random.random() < _LATE_FILES:
            at += timedelta(hours=20)
        name = f"{self.account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{unique_id('', self.random.getrandbits(96))[:16]}"
        folder = self.logs / region / f"{at:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        text = f'{{"Records":[{",".join(records)}]}}'
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 6, mtime=0))

    def _records(self, count: int, region: str, begin: datetime) -> Iterator[str]:
        random = self.random
        while count > 0:
            time = f"{begin + timedelta(seconds=int(random.random() * 300)):%Y-%m-%dT%H:%M:%SZ}"
            number = None if random.random() < _USERS else self.people.pick(random)
            if number is None:
                identity = self.sessions.user()
            else:
                session, new = self.sessions.of(number, time)
                if new and count > 1:
                    yield self._assumed(session, region, time)
                    count -= 1
                identity = session.identity
            # A role calls what is its business: every one has its own frequent calls.
            called = (self.calls.pick(random) * 7 + 13 * (number or 0)) % len(self.operations)
            yield self._record(identity, self.operations[called], region, time)
            count -= 1

    def _record(self, identity: str, call: Operation, region: str, time: str) -> str:
        random = self.random
        bits = f"{random.getrandbits(256):064x}"
        token = bits[-4:]
        wrong = _WRONG[int(random.random() * 4)] if random.random() < _ERRORS else ""
        response = "null" if wrong else call.response.replace("%s", token)
        return _envelope(
            identity, time, call.source, call.name, region, bits, wrong, call.request.replace("%s", token), response,
            "true" if call.reads else "false", call.extra.replace("%s", token), self.account,
        )  # fmt: skip

    def _assumed(self, session: Session, region: str, time: str) -> str:
        bits = f"{self.random.getrandbits(256):064x}"
        shared = f',"sharedEventID":"{_uuid(bits[16:48])}"'
        return _envelope(
            session.caller, time, "sts.amazonaws.com", "AssumeRole", region, bits, "", session.request, session.issued,
            "true", shared, self.account,
        )  # fmt: skip


def _envelope(
    identity: str, time: str, source: str, name: str, region: str, bits: str, wrong: str, request: str, response: str,
    reads: str, extra: str, account: str,
) -> str:  # fmt: skip
    digit = int(bits[0], 16)
    return (
        f'{{"eventVersion":"1.09","userIdentity":{identity},"eventTime":"{time}","eventSource":"{source}","eventName":"{name}",'
        f'"awsRegion":"{region}","sourceIPAddress":"10.20.{digit}.{digit * 7}","userAgent":"{_AGENTS[digit % 4]}",{wrong}'
        f'"requestParameters":{request},"responseElements":{response}{extra},"requestID":"{_uuid(bits[:32])}","eventID":'
        f'"{_uuid(bits[32:])}","readOnly":{reads},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":'
        f'"{account}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",'
        f'"clientProvidedHostHeader":"{source.partition(".")[0]}.{region}.amazonaws.com"}}}}'
    )


def _uuid(bits: str) -> str:
    return f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:32]}"


def _shares(count: int, weights: list[float]) -> list[int]:
    """Cut a number into whole parts in proportion to the weights."""
    edges, total = [0], 0.0
    for weight in weights:
        total += weight
        edges.append(round(count * total))
    return [two - one for one, two in pairwise(edges)]
