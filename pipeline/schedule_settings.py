"""What the configuration says about when tables are made by themselves: the key `schedule`."""

import re
from calendar import monthrange
from zoneinfo import ZoneInfo

import msgspec

from assets.errors import ConfigError

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Minute, hour, day of the month, month, day of the week (7 is Sunday, too): lowest, highest, and their names.
_FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, _MONTHS), (0, 7, _WEEKDAYS)
)  # fmt: skip
_LEAP_YEAR = 2024
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/0*([1-9][0-9]*))?")


class ScheduleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The daily run and the look-out for new logs.

    `at`: time of day (`05:30`), or a cron expression of five fields; `time_zone` as the IANA names it.
    `new_logs_minutes`: how long to wait, at least, between two looks. `running`: switched on from the start;
    else somebody switches it on in the UI.
    """

    at: str = "05:30"
    time_zone: str = "UTC"
    new_logs_minutes: int = 15
    running: bool = False

    @property
    def cron(self) -> str:
        """The time as a cron expression."""
        time = _TIME.fullmatch(self.at)
        return f"{int(time[2])} {int(time[1])} * * *" if time else self.at


def check_schedule(schedule: ScheduleSettings, where: str) -> None:
    """Raise `ConfigError` for what is no time, zone or interval; `where` names file and key, quote open."""
    if not (_TIME.fullmatch(schedule.at) or _is_cron(schedule.at)):
        raise ConfigError(
            f'{where}.at\': {schedule.at!r} is neither a time of day as "05:30" nor a cron expression of five fields'
            " whose time comes"
        )
    try:
        ZoneInfo(schedule.time_zone)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"{where}.time_zone': {schedule.time_zone!r} is no time zone; they are named as 'UTC' or 'Europe/Berlin'"
        ) from None
    if schedule.new_logs_minutes < 1:
        raise ConfigError(f"{where}.new_logs_minutes': {schedule.new_logs_minutes} is not at least 1")


def _is_cron(text: str) -> bool:
    """Say whether a text is a cron expression of five fields as crontab(5) has them, of times that come."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return False
    values = [_values(field, *limits) for field, limits in zip(fields, _FIELDS, strict=True)]
    return all(values) and _comes(*values[2:])


def _comes(days: set[int], months: set[int], weekdays: set[int]) -> bool:
    if any(min(days) <= monthrange(_LEAP_YEAR, month)[1] for month in months):
        return True
    # A day of the week is one more day beside those of the month, not one that both must meet. Dagster takes the
    # 30th, or the 31st, of February for a mistake all the same.
    return len({day % 7 for day in weekdays}) < 7 and not (months == {2} and len(days) == 1)


def _values(field: str, lowest: int, highest: int, names: tuple[str, ...]) -> set[int]:
    """Return the numbers that a field of a cron expression means, none where it is not one."""
    numbers = {str(number): number for number in range(lowest, highest + 1)}
    numbers |= {f"0{number}": number for number in range(lowest, min(highest, 9) + 1)}
    numbers |= {name: lowest + at for at, name in enumerate(names)}
    values: set[int] = set()
    for part in field.lower().split(","):
        found = _PART.fullmatch(part)
        if found is None:
            return set()
        first, last = (numbers.get(name, -1) if name else None for name in found.groups()[:2])
        if first == -1 or last == -1 or (first is not None and last is not None and first > last):
            return set()
        begin = lowest if first is None else first
        # A step counts to the end, from a single number too.
        end = last if last is not None else highest if first is None or found[3] else first
        values.update(range(begin, end + 1, int(found[3] or 1)))
    return values
