"""Where the files lie that ship with the project, and which configuration stands where none is named."""

from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
DATA_FILES = HOME / "data_files"
"""The folder `data_files/` beside the packages, in a checkout as in an installed wheel."""


def configuration_file(named: str | None) -> Path:
    """Return the named configuration, else `config.yaml` of the working directory, else the sample's."""
    if named:
        return Path(named)
    own = Path("config.yaml")
    return own if own.exists() else DATA_FILES / "sample" / "config.yaml"
