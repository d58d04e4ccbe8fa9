"""The blocks of the configuration that hold a key or two."""

from pathlib import Path

import msgspec

from assets.errors import ConfigError


class StorageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the tables lie: a directory of this machine, or one that is mounted on it."""

    root: str = "./cloudtracker-data"


class ServiceReferenceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the facts may be refreshed from AWS's Service Reference, and where its index is."""

    enabled: bool = False
    url: str = "https://servicereference.us-east-1.amazonaws.com/"


class CheckSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`data_docs`: the folder that Great Expectations' pages of the checks are written to; none by default."""

    data_docs: str | None = None


def check_blocks(
    storage: StorageSettings, checks: CheckSettings, reference: ServiceReferenceSettings, file: str
) -> None:
    """Raise `ConfigError` for a URL where a directory is written to, and for what is no URL where one is read."""
    for key, value in (("storage.root", storage.root), ("checks.data_docs", checks.data_docs)):
        # It would be a local directory called `s3:`, and all that is written there would be called written.
        if value is not None and "://" in value:
            raise ConfigError(
                f"{file}: key '{key}': {value!r} is a URL, and only a directory can be written to here: name one of"
                " this machine, or mount the remote place and name where it is mounted"
            )
    if not reference.url.startswith(("https://", "http://")):
        raise ConfigError(
            f"{file}: key 'service_reference.url': {reference.url!r} begins neither with https:// nor http://"
        )


def check_root(root: Path, file: str) -> None:
    """Raise `ConfigError` where a folder that the tables lie below reads as one of their partitions, as `env=prod`."""
    wrong = next((part for part in root.parts if "=" in part), None)
    if wrong is not None:
        raise ConfigError(
            f"{file}: key 'storage.root': {root} lies in {wrong!r}, which whoever reads Parquet takes for a partition"
            " of the tables; name a directory without '=' in its path"
        )
