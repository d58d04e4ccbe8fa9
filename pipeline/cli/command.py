"""Where the command begins: an interrupt while its modules are loaded ends it as a later one does."""

import sys

from assets.errors import INTERRUPTED
from pipeline.interrupts import listen, received, say_interrupted


def main() -> None:
    """Load the command and run it."""
    listen()
    try:
        from pipeline.cli.main import main as command
    except BaseException:
        # What is being loaded may make another error of it.
        if not received():
            raise
        say_interrupted()
        sys.exit(INTERRUPTED)
    command()
