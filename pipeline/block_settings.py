"""The blocks of the configuration that hold a key or two."""

import msgspec


class StorageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the tables lie."""

    root: str = "./cloudtracker-data"


class ServiceReferenceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the facts may be refreshed from AWS's Service Reference, and where its index is."""

    enabled: bool = False
    url: str = "https://servicereference.us-east-1.amazonaws.com/"


class CheckSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`data_docs`: the folder that Great Expectations' pages of the checks are written to; none by default."""

    data_docs: str | None = None
