"""What is wrong with a value of the configuration, in words."""

import re
from pathlib import Path

from pipeline.verdict_settings import MANAGEMENT
from pipeline.warehouse_settings import DESTINATIONS

_CLOSED = {"management": MANAGEMENT, "destination": DESTINATIONS}


def explained(message: str, raw: object, path: Path) -> str:
    """Return what msgspec says of a value, with the file, the key and the value; `raw` is what the file holds."""
    # msgspec says: Expected `str`, got `int` - at `$.accounts[0].iam`
    text, _, place = message.partition(" - at ")
    key = place.strip("`").removeprefix("$.")
    value = raw
    for step in re.findall(r"[^.\[\]]+", key):
        value = (
            value[int(step)]
            if isinstance(value, list)
            else value.get(step)
            if isinstance(value, dict)
            else None
        )
    if text.startswith("Invalid enum value") and (known := _CLOSED.get(key.rpartition(".")[2])):
        text = f"is none of {', '.join(known)}"
    return f"{path}: key '{key}': {value!r}: {text}" if key else f"{path}: {text}"
