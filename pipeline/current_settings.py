"""The configuration as it is now, for what runs for weeks."""

from pathlib import Path

from pipeline.organization import find_accounts_daily
from pipeline.settings import Settings, load_settings


def current_settings(settings: Settings) -> Settings:
    """Read the configuration file again, with the accounts of the organisation. Raises `ConfigError`."""
    current, _ = find_accounts_daily(load_settings(Path(settings.file)))
    return current
