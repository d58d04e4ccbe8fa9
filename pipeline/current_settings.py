"""The configuration as it is now, for what runs for weeks."""

from collections.abc import Callable
from pathlib import Path

from pipeline.organization import find_accounts_daily
from pipeline.settings import Settings, load_settings


def current_settings(settings: Settings, say: Callable[[str], None]) -> Settings:
    """Read the configuration file again, with the accounts of the organisation. Raises `ConfigError`.

    `say` is told what is worth a line: accounts that were found or skipped, and why AWS could not be asked for them.
    """
    current, lines = find_accounts_daily(load_settings(Path(settings.file)))
    for line in lines:
        say(line)
    return current
