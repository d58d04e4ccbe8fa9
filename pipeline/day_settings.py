"""The days that a configuration names: `first_day` and `as_of`."""

from datetime import date

from assets.errors import ConfigError

# Far beyond all logs; windows and waits reach over these by years, and dates begin and end somewhere.
_EARLIEST, _LATEST = date(1970, 1, 1), date(2999, 12, 31)


def check_days(first_day: date, as_of: date | None, file: str) -> None:
    """Raise `ConfigError` for a day that nothing can be counted from."""
    for key, day in (("first_day", first_day), ("as_of", as_of)):
        if day is not None and not _EARLIEST <= day <= _LATEST:
            raise ConfigError(f"{file}: key '{key}': {day} is not between {_EARLIEST} and {_LATEST}")
