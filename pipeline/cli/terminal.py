"""Text for people: whatever stands in logs and policies is shown, and never obeyed by a terminal."""

import re
import sys

# C0 and C1 controls (ECMA-48; ESC and CSI begin commands to a terminal), line separators, and what turns the direction
# of writing (Unicode Annex 9).
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""Return the text with each control character as Python writes it: `\x1b`, `\n`, `\u202e`."""
    return _CONTROLS.sub(_escaped, text)


def say(text: str) -> None:
    """Print one line on stdout, made printable."""
    print(printable(text))


def say_aside(text: object) -> None:
    """Print on stderr what does not belong to the answer; an error may have several lines."""
    print("\n".join(map(printable, f"cloudtracker: {text}".split("\n"))), file=sys.stderr)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
