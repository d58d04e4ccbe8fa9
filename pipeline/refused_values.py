"""What is wrong with a value of the configuration, in words."""

import re
from datetime import date
from pathlib import Path

from pipeline.verdict_settings import MANAGEMENT
from pipeline.warehouse_settings import DESTINATIONS

_CLOSED = {"management": MANAGEMENT, "destination": DESTINATIONS}
# What msgspec calls the types of a configuration.
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "keys with values",
    "date": "a date (2026-06-30)",
    "datetime": "a time with its zone (2026-06-30T06:00:00Z)",
    "null": "nothing",
}
_TYPES = re.compile("Expected `([a-z |]+)`(?:, got `[a-z]+`)?$")


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
    elif types := _TYPES.match(text):
        text = f"must be {' or '.join(_KINDS.get(one, one) for one in types[1].split(' | '))}"
    elif text.startswith("Invalid RFC3339 encoded "):
        text = f"must be {_KINDS['datetime' if 'datetime' in text else 'date']}"
    shown = value.isoformat() if isinstance(value, date) else repr(value)
    return f"{path}: key '{key}': {shown}: {text}" if key else f"{path}: {text}"
