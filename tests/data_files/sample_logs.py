"""Reading the sample with the standard library only, so that the tests do not trust our own reader."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[2] / "data_files" / "sample"
DEMO, BACKUP = "111111111111", "222222222222"
CUT_SHORT = "111111111111_CloudTrail_eu-west-1_20260523T1025Z"
CORRUPT = "111111111111_CloudTrail_eu-west-1_20260523T1020Z"

Record = dict[str, Any]


def content(path: Path) -> bytes:
    """Return the bytes of a file, decompressed where it is gzip."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def log_files() -> list[Path]:
    """Return the paths of all log files, digests and insights aside."""
    return sorted(path for path in SAMPLE.glob("logs/AWSLogs/*/CloudTrail/**/*") if path.is_file())


def iam(account: str) -> dict[str, Any]:
    """Return the IAM file of an account."""
    text = (SAMPLE / "iam" / f"{account}_iam.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def issuer(record: Record) -> Record:
    """Return the session issuer of a record, empty where there is none."""
    found: Record = record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {})
    return found


def calls(records: Iterable[Record]) -> set[tuple[str, str]]:
    """API calls that succeeded, GetCallerIdentity and GetSessionToken aside (they need no permission)."""
    return {
        (record["eventSource"].split(".")[0], record["eventName"])
        for record in records
        if record["eventType"] == "AwsApiCall"
        and "errorCode" not in record
        and record["eventName"] not in ("GetCallerIdentity", "GetSessionToken")
    }


def of_user(records: list[Record], name: str) -> list[Record]:
    """Return what a user did itself, whoever the key was issued by."""
    return [
        record
        for record in records
        if record["userIdentity"].get("type") == "IAMUser" and record["userIdentity"].get("userName") == name
    ]


def in_role(records: list[Record], account: str, role: str) -> list[Record]:
    """Return what was done in the sessions of a role."""
    return [r for r in records if issuer(r).get("userName") == role and issuer(r)["accountId"] == account]


def issued_key(record: Record) -> str:
    """Return the access key id that a call issued, or nothing."""
    credentials = (record.get("responseElements") or {}).get("credentials") or {}
    return str(credentials.get("accessKeyId", ""))


def files_below(root: Path) -> dict[str, Path]:
    """Return the generated files below a directory, by relative path."""
    return {
        path.relative_to(root).as_posix(): path
        for folder in ("iam", "logs")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
