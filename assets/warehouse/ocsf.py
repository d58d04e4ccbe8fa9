"""Findings as security lakes take them: OCSF 1.6.0, class IAM Analysis Finding (2008) of category Findings (2).

One finding a user or role and day: what it is granted and does not use. https://schema.ocsf.io/1.6.0/classes/iam_analysis_finding
What OCSF has no place for goes to `unmapped`, as it says: the lists of actions by status and their counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any

import polars as pl

VERSION = "1.6.0"
CLASS_UID, CATEGORY_UID, CREATE = 2008, 2, 1
MOST_ACTIONS = 1000
"""That a list in a finding names: an administrator's 20,000 would make a line of megabytes. Counts are whole."""

_KINDS: Mapping[str, Mapping[str, Any]] = {
    "user": {"type": "User", "type_id": 1},
    "role": {"type": "AWS IAM Role", "type_id": 99},
}
_SEVERITIES = ((500.0, 4, "High"), (100.0, 3, "Medium"), (0.0, 2, "Low"))
"""From which risk score on a finding is how severe; one without unused permissions is Informational."""


def findings(
    rows: pl.DataFrame, risk: Mapping[str, float], day: date, account: str, product_version: str
) -> Iterator[dict[str, Any]]:
    """Yield a finding for each principal among the rows of `principal_diffs`, by ARN.

    `risk` is `permission_trends.risk_score` by ARN, as far as it is known.
    """
    ordered = rows.sort("principal_arn", "principal_id", "action")
    for part in ordered.partition_by("principal_arn", "principal_id", maintain_order=True):
        arn = part["principal_arn"][0]
        yield _finding(part, risk.get(arn), day, account, product_version)


def _finding(
    part: pl.DataFrame, risk: float | None, day: date, account: str, product_version: str
) -> dict[str, Any]:
    one: dict[str, Any] = part.row(0, named=True)
    covered: Any = part["covered_days"].max()
    # What somebody decided to leave as it is is no finding, and is told apart.
    kind = pl.when(pl.col("excluded") & (pl.col("status") == "unused")).then(pl.lit("excluded"))
    part = part.with_columns(status=kind.otherwise("status"))
    by_status = {
        status: part.filter(pl.col("status") == status)["action"].to_list()
        for status in ("unused", "excluded", "unknown", "not_granted", "used")
    }
    # Not all that is unknown is granted: a call may have been allowed by a policy that could not be read.
    held = part.filter(pl.col("removable") != "")
    granted = [
        action
        for status in ("unused", "excluded", "unknown", "used")
        for action in held.filter(pl.col("status") == status)["action"]
    ]
    ends = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    begins = ends - timedelta(days=one["window_days"])
    severity = _severity(risk, len(by_status["unused"]))
    uid = finding_uid(account, one["principal_arn"], one["principal_id"])
    title = f"{one['principal_type']} {one['principal_name']}: {_said(by_status)}"
    last_used = part["last_used"].max()
    return {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_name": "Findings",
        "category_uid": CATEGORY_UID,
        "class_name": "IAM Analysis Finding",
        "class_uid": CLASS_UID,
        "type_name": "IAM Analysis Finding: Create",
        "type_uid": CLASS_UID * 100 + CREATE,
        "severity": severity[1],
        "severity_id": severity[0],
        "status": "New",
        "status_id": 1,
        "time": _milliseconds(ends),
        "start_time": _milliseconds(begins),
        "end_time": _milliseconds(ends),
        "message": title,
        "metadata": {
            "product": {"name": "CloudTracker", "vendor_name": "CloudTracker", "version": product_version},
            "profiles": ["cloud"],
            "uid": f"{uid}-{day:%Y%m%d}",
            "version": VERSION,
        },
        "cloud": {"provider": "AWS", "account": {"uid": account, "type": "AWS Account", "type_id": 10}},
        "finding_info": {
            "uid": uid,
            "title": title,
            "desc": f"Granted against used in the {one['window_days']} days that end with {day}; logs"
            f" cover {covered} of them."
            if one["window_days"] != 1
            else f"Granted against used on {day}; logs {'cover' if covered else 'do not cover'} it.",
            "types": ["Unused Permissions"],
            "data_sources": ["AWS CloudTrail", "AWS IAM"],
        },
        "user": {
            "name": one["principal_name"],
            "uid": one["principal_arn"],
            **({"uid_alt": one["principal_id"]} if one["principal_id"] else {}),
            **_KINDS[one["principal_type"]],
            "account": {"uid": account, "type": "AWS Account", "type_id": 10},
            **({"risk_score": round(risk)} if risk is not None else {}),
        },
        **({"identity_activity_metrics": {"last_seen_time": _milliseconds(last_used)}} if last_used else {}),
        "permission_analysis_results": [
            {
                "granted_privileges": granted[:MOST_ACTIONS],
                "unused_privileges_count": len(by_status["unused"]),
                "unused_services_count": len(_unused_services(part)),
            }
        ],
        "unmapped": {
            **{f"{status}_privileges": actions[:MOST_ACTIONS] for status, actions in by_status.items()},
            **{f"{status}_privileges_count": len(actions) for status, actions in by_status.items()},
            "covered_days": covered,
            "window_days": one["window_days"],
        },
    }


def finding_uid(account: str, arn: str, principal_id: str | None) -> str:
    """Return the finding's id: the same every day, another for a name that was deleted and created again."""
    words = "|".join(("unused-permissions", account, arn, principal_id or ""))
    return blake2b(words.encode(), digest_size=16).hexdigest()


def _unused_services(part: pl.DataFrame) -> list[str]:
    """Services that the principal is granted something of and used nothing of, nor perhaps."""
    service = pl.col("action").str.split(":").list.first()
    found = part.group_by(service.alias("service")).agg((pl.col("status") == "unused").all().alias("unused"))
    return sorted(found.filter("unused")["service"].to_list())


def _severity(risk: float | None, unused: int) -> tuple[int, str]:
    if not unused:
        return 1, "Informational"
    # Without a score the number of permissions stands for it.
    weight = float(unused) if risk is None else risk
    return next((uid, name) for least, uid, name in _SEVERITIES if weight >= least)


def _said(by_status: Mapping[str, Sequence[str]]) -> str:
    words = {"unused": "unused", "unknown": "unknown", "not_granted": "used without a grant"}
    counts = [f"{len(by_status[status]):,} {text}" for status, text in words.items() if by_status[status]]
    return f"permissions: {', '.join(counts) or 'none unused'}"


def _milliseconds(when: Any) -> int:
    return int(when.timestamp() * 1000)
