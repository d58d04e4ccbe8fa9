"""What the configuration says about verdicts: the keys `trails` and `exclusions`."""

import re
from datetime import date
from typing import Literal, get_args

import msgspec

from assets.errors import ConfigError


class DataEventSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Data events that a trail records: `type` is CloudTrail's `resources.type`, `resources` ARNs or `all`."""

    type: str
    resources: str | tuple[str, ...] = "all"
    read: bool = True
    write: bool = True


Management = Literal["all", "read", "write", "none"]
MANAGEMENT: tuple[str, ...] = get_args(Management)


class TrailSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one trail records, in words, or `event_selectors`: a file with the answer of GetEventSelectors.

    `since` is the first day on which it was so; without it, it always was.
    """

    management: Management = "all"
    exclude_sources: tuple[str, ...] = ()
    data_events: tuple[DataEventSettings, ...] = ()
    event_selectors: str | None = None
    since: date | None = None


class ExclusionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody decided to leave as it is; `account` (name or id) limits it, `expires` is its last day."""

    principal: str
    action: str
    reason: str
    owner: str
    account: str | None = None
    expires: date | None = None


def check_trails(trails: tuple[TrailSettings, ...], where: str) -> None:
    """Raise `ConfigError` for what is well-formed and makes no sense; `where` names file and key."""
    for number, trail in enumerate(trails):
        place = f"{where}[{number}]"
        in_words = (trail.management, trail.exclude_sources, trail.data_events) != ("all", (), ())
        if trail.event_selectors is not None and in_words:
            raise ConfigError(
                f"{place}.event_selectors: {trail.event_selectors!r} says all of it; remove management,"
                " exclude_sources and data_events"
            )
        for position, events in enumerate(trail.data_events):
            _check_data_events(events, f"{place}.data_events[{position}]")


def _check_data_events(events: DataEventSettings, place: str) -> None:
    if not re.fullmatch(r"AWS::\w+::\w+", events.type):
        raise ConfigError(f"{place}.type: {events.type!r} is no resource type such as AWS::S3::Object")
    if isinstance(events.resources, str) and events.resources != "all":
        raise ConfigError(f"{place}.resources: {events.resources!r} is neither 'all' nor a list of ARNs")


def check_exclusions(exclusions: tuple[ExclusionSettings, ...], accounts: list[str], where: str) -> None:
    """Raise `ConfigError` for an empty text, what is no action, or an account that the configuration does not have."""
    for number, exclusion in enumerate(exclusions):
        for key in ("principal", "action", "reason", "owner"):
            if not getattr(exclusion, key).strip():
                raise ConfigError(f"{where}[{number}].{key}: is empty; say who decided what, and why")
        if not re.search("[:*?]", exclusion.action):
            # It would exclude nothing, without a word.
            raise ConfigError(
                f"{where}[{number}].action: {exclusion.action!r} matches no action; write one as s3:GetObject, or a"
                f" pattern as {exclusion.action}:*"
            )
        if exclusion.account is not None and exclusion.account not in accounts:
            raise ConfigError(
                f"{where}[{number}].account: there is no account {exclusion.account!r}"
                f" (there are: {', '.join(accounts)})"
            )
