"""From the configuration to the rules that an account's verdicts follow."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from assets.errors import ConfigError
from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from assets.principal_diffs.event_selectors import read_event_selectors
from assets.principal_diffs.exclusions import Exclusion
from assets.principal_diffs.rules import VerdictRules
from assets.principal_diffs.trail_readings import Reading, readings
from assets.principal_diffs.trails import Selector, Trail
from pipeline.lake import Lake
from pipeline.settings import AccountSettings, Settings
from pipeline.sources import log_place, trails_are_read
from pipeline.verdict_settings import TrailSettings

_READ_WRITE = {"all": (True, True), "read": (True, False), "write": (False, True)}


def verdict_rules(settings: Settings, account: AccountSettings) -> VerdictRules:
    """Return the rules of an account: its own trails and those for all, and the exclusions that concern it.

    Where the configuration tells no trails and the account is live, what was read of its trails stands. What
    LookupEvents gives does not depend on trails: all management events, no data events.

    Raises `InputError` for a file of event selectors that cannot be read, and `ConfigError` for trails beside
    `lookup: true`.
    """
    if _looked_up(settings) and _trails(settings, account):
        raise ConfigError(
            f"{settings.file}: account {account.name}: 'trails' says what trails record, but no trail is read with"
            " 'cloudtrail: {lookup: true}': LookupEvents gives all management events and no data events; remove"
            " 'trails'"
        )
    return VerdictRules(
        min_covered_days=settings.min_covered_days,
        trails=tuple(Trail(_selectors(settings, one), one.since) for one in _trails(settings, account)),
        exclusions=tuple(
            Exclusion(one.principal, one.action, one.reason, one.owner, one.expires)
            for one in settings.exclusions
            if one.account in (None, account.name, account.id)
        ),
        readings=_readings(settings, account),
    )


def _readings(settings: Settings, account: AccountSettings) -> Callable[[Window], tuple[Reading, ...]]:
    def of(window: Window) -> tuple[Reading, ...]:
        if _looked_up(settings) or not trails_are_read(settings, account):
            return ()
        days = [Partition(day, account.id) for day in window.days]
        rows = Lake(settings.root).scan("trail_settings", days).drop("account").collect()
        return readings(rows, log_place(settings))

    return of


def _looked_up(settings: Settings) -> bool:
    return settings.cloudtrail is not None and settings.cloudtrail.lookup


def selectors_changed_at(settings: Settings, account: AccountSettings) -> datetime | None:
    """Return when the newest file of event selectors was last touched here (UTC), None where there is none."""
    paths = [_file(settings, one) for one in _trails(settings, account) if one.event_selectors]
    times = [path.stat().st_ctime for path in paths if path.exists()]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _trails(settings: Settings, account: AccountSettings) -> tuple[TrailSettings, ...]:
    return (*account.trails, *settings.trails)


def _file(settings: Settings, trail: TrailSettings) -> Path:
    return settings.found(str(trail.event_selectors))


def _selectors(settings: Settings, trail: TrailSettings) -> tuple[Selector, ...]:
    if trail.event_selectors:
        return read_event_selectors(_file(settings, trail))
    data = tuple(
        Selector(events.type, events.read, events.write)
        for events in trail.data_events
        if events.resources == "all"
    )
    if trail.management == "none":
        return data
    read, write = _READ_WRITE[trail.management]
    without = frozenset(_source(text) for text in trail.exclude_sources)
    return (Selector(None, read, write, without_sources=without), *data)


def _source(text: str) -> str:
    return text.lower() if "." in text else f"{text.lower()}.amazonaws.com"
