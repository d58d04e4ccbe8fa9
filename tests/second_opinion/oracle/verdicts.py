"""The verdict on every permission: DESIGN 3, Verdicts; README, Reasons."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tests.second_opinion.oracle.grants import Holder
from tests.second_opinion.oracle.mapping import Mapping
from tests.second_opinion.oracle.usage import Kind, Seen

ANY_OF_TWO = "revoked or possibly_resource_policy"
"""The reason where this page does not know whether a service's resources have policies."""

# IAM User Guide, "AWS services that work with IAM", column "Resource-based policies".
_WITH_POLICIES = {
    "backup",
    "dynamodb",
    "ecr",
    "events",
    "glue",
    "iot",
    "kms",
    "lambda",
    "logs",
    "s3",
    "secretsmanager",
}
_WITH_POLICIES |= {"sns", "sqs", "ses", "states", "apigateway"}
_WITHOUT_POLICIES = {
    "iam",
    "ec2",
    "autoscaling",
    "application-autoscaling",
    "cloudfront",
    "timestream",
    "tag",
}
_WITHOUT_POLICIES |= {"identitystore", "ecs", "rds", "batch", "cognito-idp", "route53", "elasticache", "eks"}


@dataclass
class Use:
    """What a holder did with an action in the window."""

    ok: int = 0
    own: int = 0
    denied: int = 0
    error: int = 0
    maybe: int = 0
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True)
class Window:
    """The days of a window, which of them are covered, how actions are recorded, what the configuration asks for."""

    account: str
    days: list[date]
    covered: list[date]
    recorded: dict[str, str]
    min_covered_days: int


def uses_of(holder: Holder, usage: dict[Kind, Seen], mapping: Mapping) -> tuple[dict[str, Use], bool]:
    """Return the use of each action, and whether the logs show the holder at all."""
    uses: dict[str, Use] = {}
    seen_at_all = False
    for kind, seen in usage.items():
        if not _is(holder, kind):
            continue
        seen_at_all = True
        # DESIGN 3, Usage: permission use is AwsApiCall.
        if kind.type != "AwsApiCall":
            continue
        needs = mapping.needs(kind.source, kind.name)
        for action in needs.always:
            _count(uses.setdefault(action, Use()), kind, seen)
        # A refused call may have been refused for anything: it says of no other action that it was needed.
        for action in needs.maybe if kind.outcome != "denied" else ():
            uses.setdefault(action, Use()).maybe += seen.events
    return uses, seen_at_all


def _is(holder: Holder, kind: Kind) -> bool:
    """DESIGN 3, Usage: grants and usage join on principal_id where both have it; else on the ARN.

    A session's ARN and a built one have no path; in an account a name is that of one user or role only
    (tests/assets/principal_diffs/test_activity.py).
    """
    who = kind.who
    if who.kind not in ("user", "role"):
        return False
    if who.id and holder.id:
        return who.id == holder.id
    return who.arn in (holder.arn, re.sub(r":(user|role)/.*/", r":\1/", holder.arn))


def _count(use: Use, kind: Kind, seen: Seen) -> None:
    if kind.outcome == "denied":
        use.denied += seen.events
    elif kind.outcome == "error":
        use.error += seen.events
    else:
        use.ok += seen.events
        use.own += 0 if kind.via_service else seen.events
        use.first = seen.first if use.first is None else min(use.first, seen.first)
        use.last = seen.last if use.last is None else max(use.last, seen.last)


class Verdicts:
    """Makes the rows of principal_diffs for a window."""

    def __init__(self, window: Window, actions: list[dict[str, Any]]) -> None:
        """`actions`: rows of `iam_actions`."""
        self._window = window
        self._actions = {row["action"].lower(): row for row in actions}

    def rows(
        self,
        holder: Holder,
        uses: dict[str, Use],
        seen_at_all: bool,
        *,
        since: dict[str, date] | None = None,
        earlier: set[str] | None = None,
    ) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the rows of a holder by ARN and action.

        `since`: first_granted of actions; `earlier`: actions that a snapshot before in the window granted (lower case).
        """
        named = {action.lower(): use for action, use in uses.items()}
        spelled = {action.lower(): action for action in uses}
        # A row for each action that is granted, or used without a grant (data dictionary, principal_diffs).
        keys = {*holder.grants, *(key for key, use in named.items() if use.ok)}
        rows = {}
        for key in keys:
            grant, use = holder.grants.get(key), named.get(key, Use())
            action = grant.action if grant else spelled[key]
            covered = self._covered(holder, (since or {}).get(key))
            unverified = bool(self._actions.get(key, {}).get("unverified"))
            if grant:
                unknown = "unknown_action" if grant.unknown else "unverified" if unverified else ""
                reason = self._of_granted(holder, key, unknown, use, seen_at_all, covered)
            else:
                reason = _of_not_granted(holder, action, use, unverified, key in (earlier or set()))
            rows[holder.arn, action] = {
                "principal_id": holder.id,
                "principal_type": holder.kind,
                "principal_name": holder.name,
                "status": status_of(reason),
                "reason": reason,
                "restricted": bool(grant and grant.restricted),
                "first_used": use.first,
                "last_used": use.last,
                "events": use.ok,
                "denied_events": use.denied,
                "error_events": use.error,
                "window_days": len(self._window.days),
                "covered_days": covered,
                "access_level": self._actions.get(key, {}).get("access_level") or "",
            }
        return rows

    def _covered(self, holder: Holder, since: date | None) -> int:
        # DESIGN 3, Verdicts: covered_days counts from the principal's CreateDate or first_granted on.
        created = _time(holder.entry.get("CreateDate"))
        starts = [start for start in (created and created.date(), since) if start]
        return sum(all(day >= start for start in starts) for day in self._window.covered)

    def _of_granted(
        self, holder: Holder, key: str, unknown: str, use: Use, seen_at_all: bool, covered: int
    ) -> str:
        """The reasons in the order of the data dictionary's closed set: the first that holds.

        DESIGN 3, Verdicts: `unused` needs a record that would have shown the use; seen events prove `used`.
        """
        window = self._window
        if use.ok:
            return "called" if use.own else "called_by_service"
        recorded = (
            window.recorded.get(self._actions[key]["action"], "never") if key in self._actions else "never"
        )
        last_used = _time((holder.entry.get("RoleLastUsed") or {}).get("LastUsedDate"))
        in_the_way = [
            ("missing_policy", holder.problem),
            (unknown, bool(unknown)),
            ("not_recorded", recorded == "never"),
            ("selectors_unknown", recorded == "data"),
            ("excluded_by_trail", recorded == "excluded"),
            # DESIGN 3, Usage: an action with nothing but error events was authorised.
            ("only_errors", use.error > 0),
            ("maybe_needed", use.maybe > 0),
            ("other_account", holder.arn.split(":")[4] != window.account),
            (
                "role_last_used",
                last_used is not None and last_used.date() in window.days and not seen_at_all,
            ),
            # README, Reasons: fewer complete days of logs than min_covered_days. Closed set: too_new, where it is the
            # principal or grant that is not old enough; low_coverage, where it is the logs.
            ("low_coverage", len(window.covered) < window.min_covered_days),
            ("too_new", covered < window.min_covered_days),
            ("only_denied", use.denied > 0),
        ]
        return next((reason for reason, holds in in_the_way if holds), "never_called")


def _of_not_granted(holder: Holder, action: str, use: Use, unverified: bool, earlier: bool) -> str:
    """DESIGN 3, Verdicts: not_granted has a reason; README, Reasons."""
    service, _, name = action.partition(":")
    if holder.problem:
        # tests/cases/verdicts/verdicts.json, "a policy that is missing": it may be granted there.
        return "missing_policy"
    if unverified:
        # test_verdicts.py, "a guessed action is never unused and never a plus".
        return "unverified"
    if earlier:
        return "revoked"
    if action.startswith("sts:AssumeRole"):
        return "trust_policy"
    # verdicts.json: "no resource policy can allow it": what makes or lists the resources themselves; "what is made
    # belongs to a key, whose policy may allow it".
    of_a_resource = action in ("kms:CreateGrant", "ecr:CreateRepository") or service == "glue"
    if (re.match("Create[A-Z]", name) and not of_a_resource) or action == "s3:ListAllMyBuckets":
        return "revoked" if service in _WITH_POLICIES | _WITHOUT_POLICIES else ANY_OF_TWO
    if service in _WITH_POLICIES:
        return "possibly_resource_policy"
    return "revoked" if service in _WITHOUT_POLICIES else ANY_OF_TWO


def status_of(reason: str) -> str:
    """README, Reasons: the status that a reason is of."""
    if reason in ("called", "called_by_service"):
        return "used"
    if reason in ("never_called", "only_denied"):
        return "unused"
    return (
        "not_granted"
        if reason in ("revoked", "trust_policy", "possibly_resource_policy", ANY_OF_TWO)
        else "unknown"
    )


def _time(value: Any) -> datetime | None:
    """IAM writes ISO 8601; some tools leave out the zone, or write seconds since 1970 (AWS CLI version 1)."""
    if value in (None, ""):
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    time = datetime.fromisoformat(value)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
