"""What the configuration says about when tables are made by themselves: the key `schedule`."""

import re
from zoneinfo import ZoneInfo

import msgspec

from assets.errors import ConfigError

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_CRON = re.compile(r"[-0-9*/,A-Za-z]+( +[-0-9*/,A-Za-z]+){4}")


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
    if not (_TIME.fullmatch(schedule.at) or _CRON.fullmatch(schedule.at)):
        raise ConfigError(
            f'{where}.at\': {schedule.at!r} is neither a time of day as "05:30" nor a cron expression of five fields'
        )
    try:
        ZoneInfo(schedule.time_zone)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"{where}.time_zone': {schedule.time_zone!r} is no time zone; they are named as 'UTC' or 'Europe/Berlin'"
        ) from None
    if schedule.new_logs_minutes < 1:
        raise ConfigError(f"{where}.new_logs_minutes': {schedule.new_logs_minutes} is not at least 1")
