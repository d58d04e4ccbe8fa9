"""Where Dagster keeps its runs: DAGSTER_HOME, else `.dagster/` of the project."""

import os
from pathlib import Path

from assets.errors import UnwritableError
from pipeline.data_files import HOME

_SETTINGS = """\
telemetry:
  enabled: false
nux:
  enabled: false
event_log_storage:
  module: pipeline.event_log
  class: EventLog
concurrency:
  runs:
    tag_concurrency_limits:
      - key: cloudtracker/account
        value:
          applyLimitPerUniqueValue: true
        limit: 1
"""


def dagster_home() -> Path:
    """Return DAGSTER_HOME, or `.dagster/` in the checkout, or in the working directory of an installed package.

    The folder is made where it is missing, with telemetry switched off and one run of an account at a time. Raises
    `UnwritableError` where that cannot be done.
    """
    named = os.environ.get("DAGSTER_HOME")
    base = HOME if (HOME / "pyproject.toml").exists() else Path.cwd()
    home = Path(named).absolute() if named else base / ".dagster"
    settings = home / "dagster.yaml"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not settings.exists():
            settings.write_text(_SETTINGS, encoding="utf-8")
    except OSError as error:
        raise UnwritableError(
            f"{home}: Dagster's folder cannot be made: {error.strerror or error}; name another one in DAGSTER_HOME"
        ) from None
    return home
