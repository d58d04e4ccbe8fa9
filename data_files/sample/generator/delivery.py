"""How CloudTrail lays records down: files by account, region and day of delivery, and what goes wrong there.

Source: CloudTrail User Guide, "Finding your CloudTrail log files" (paths and file names).
"""

import hashlib
import json
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from .cast import DEMO, Json
from .trail import Delivery

SLOTS = (12, 24)  # the hours at which the files of a day are closed
GAP = date(2026, 6, 7)  # demo has no logs of this day
UNTIL = "2026-06-30T15:50:00Z"  # the logs end on the day of the snapshot
PLAIN = ("us-west-2", date(2026, 6, 25))  # demo's file of this day is not compressed
_SHORT = date(2026, 5, 23)  # demo's eu-west-1 files of this day are damaged
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

Files = dict[PurePosixPath, bytes]
Slot = tuple[str, str, datetime]


def deliver(deliveries: Iterable[Delivery]) -> Files:
    """Return every log file, path below the logs directory to bytes."""
    slots: dict[Slot, list[Json]] = defaultdict(list)
    for delivery in sorted(deliveries, key=lambda d: (d.record["eventTime"], d.record["eventID"])):
        if delivery.record["eventTime"] <= UNTIL and not _in_gap(delivery):
            slots[_slot(delivery.account, delivery.region, delivery.at)].append(delivery.record)
    _repeat_some(slots)
    files: Files = {}
    for slot, records in sorted(slots.items()):
        name = log_path(*slot)
        content = _text({"Records": records}).encode()
        plain = slot[0] == DEMO and (slot[1], slot[2].date()) == PLAIN
        files[name.with_suffix("") if plain else name] = content if plain else gzipped(content)
    return dict(sorted((files | _damaged() | _neighbours()).items()))


def log_path(account: str, region: str, closed: datetime) -> PurePosixPath:
    """Return the path of the log file that CloudTrail closes at this time."""
    name = f"{account}_CloudTrail_{region}_{closed:%Y%m%dT%H%MZ}"
    folder = PurePosixPath("AWSLogs", account, "CloudTrail", region, f"{closed:%Y/%m/%d}")
    return folder / f"{name}_{_letters(name)}.json.gz"


def gzipped(content: bytes) -> bytes:
    """Compress without name, time or operating system in the header: the bytes depend on the content only."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(content) + packer.flush()
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + body + struct.pack("<II", zlib.crc32(content), len(content))


def _slot(account: str, region: str, at: datetime) -> Slot:
    midnight = at.replace(hour=0, minute=0, second=0)
    hour = next(hour for hour in SLOTS if at.hour < hour)
    return account, region, midnight + timedelta(hours=hour, minutes=-5)


def _in_gap(delivery: Delivery) -> bool:
    happened = date.fromisoformat(delivery.record["eventTime"][:10])
    return delivery.account == DEMO and GAP in (happened, delivery.at.date())


def _repeat_some(slots: dict[Slot, list[Json]]) -> None:
    """CloudTrail delivers at least once: every tenth file repeats the last record of the one before."""
    names = sorted(slots)
    for index in range(10, len(names), 10):
        before, after = names[index - 1], names[index]
        if before[:2] == after[:2] and after[2] - before[2] <= timedelta(days=1):
            slots[after].insert(0, slots[before][-1])


def _damaged() -> Files:
    """Two files of an early Saturday: one holds two records that are none, the other one ends too soon."""
    closed = datetime(_SHORT.year, _SHORT.month, _SHORT.day, 10, 20)  # noqa: DTZ001 - only formatted
    sound = {
        "eventVersion": "1.09",
        "userIdentity": {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"},
        "eventTime": "2026-05-23T10:12:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetBucketAcl",
        "awsRegion": "eu-west-1",
        "eventID": "5e0a64c9-6b1f-4f0e-9d3f-2a7c81b0d001",
        "eventType": "AwsApiCall",
        "recipientAccountId": DEMO,
    }
    undated = sound | {"eventTime": "23 May 2026", "eventID": "5e0a64c9-6b1f-4f0e-9d3f-2a7c81b0d002"}
    corrupt = gzipped(_text({"Records": [sound, "not a record", undated]}).encode())
    longer = gzipped(_text({"Records": [sound] * 40}).encode())
    return {
        log_path(DEMO, "eu-west-1", closed): corrupt,
        log_path(DEMO, "eu-west-1", closed + timedelta(minutes=5)): longer[: len(longer) // 2],
    }


def _neighbours() -> Files:
    """A digest and an Insight file, which lie beside the logs and are none."""
    digest = {
        "awsAccountId": DEMO,
        "digestStartTime": "2026-06-29T04:00:00Z",
        "digestEndTime": "2026-06-29T05:00:00Z",
        "digestS3Bucket": "demo-cloudtrail-logs",
        "digestSignatureAlgorithm": "SHA256withRSA",
        "logFiles": [],
    }
    insight = {
        "eventVersion": "1.09",
        "eventTime": "2026-06-29T10:15:00Z",
        "awsRegion": "eu-west-1",
        "eventID": "5e0a64c9-6b1f-4f0e-9d3f-2a7c81b0d003",
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": DEMO,
        "insightDetails": {
            "state": "Start",
            "eventSource": "ssm.amazonaws.com",
            "eventName": "GetParameters",
            "insightType": "ApiCallRateInsight",
        },
        "eventCategory": "Insight",
    }
    root = PurePosixPath("AWSLogs", DEMO)
    digest_name = f"{DEMO}_CloudTrail-Digest_eu-west-1_demo-trail_us-east-1_20260629T050012Z.json.gz"
    insight_name = f"{DEMO}_CloudTrail-Insight_eu-west-1_20260629T1020Z_{_letters('insight')}.json.gz"
    return {
        root / "CloudTrail-Digest/eu-west-1/2026/06/29" / digest_name: gzipped(_text(digest).encode()),
        root / "CloudTrail-Insight/eu-west-1/2026/06/29" / insight_name: gzipped(
            _text({"Records": [insight]}).encode()
        ),
    }


def _letters(name: str) -> str:
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in hashlib.sha256(name.encode()).digest()[:16])


def _text(content: Json) -> str:
    return json.dumps(content, separators=(",", ":"))
