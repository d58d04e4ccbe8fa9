"""What a run is doing, told to whoever watches: a bar on a terminal, nothing elsewhere."""

from typing import Protocol


class Progress(Protocol):
    """Told by the log reader and the IO manager; both may call often."""

    def logs(self, done: int, total: int) -> None:
        """Steps of the logs read so far, of all that this run takes."""
        ...

    def scanned(self, bytes_: int, dollars: float) -> None:
        """Athena has scanned so many bytes in this run, which costs so much."""
        ...

    def wrote(self, table: str, day: str, rows: int) -> None:
        """A partition was written."""
        ...
