"""What the configuration says about Athena: the key `athena`, the original's block and a little more."""

import re

import msgspec

from assets.cloudtrail_usage.athena.log_table import LogTable
from assets.errors import ConfigError


class AthenaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the logs lie and how Athena is called; the first five keys are the original's.

    `s3_bucket` and `path` name what holds `AWSLogs/`, `org_id` an organisation's trail. Results are written below
    `output_s3_bucket` for a while. `max_scan_gb` (10**9 bytes) bounds what one query may scan.
    """

    s3_bucket: str
    path: str = ""
    org_id: str | None = None
    output_s3_bucket: str | None = None
    workgroup: str | None = None
    database: str = "cloudtracker"
    region: str | None = None
    endpoint_url: str | None = None
    max_scan_gb: float | None = None
    skip_setup: bool = False

    @property
    def output_bucket(self) -> str | None:
        """The bucket of `output_s3_bucket`, which the original took with and without `s3://`."""
        text = (self.output_s3_bucket or "").removeprefix("s3://").strip("/")
        return text or None


_NAMES = {
    "workgroup": re.compile(r"[a-zA-Z0-9._-]{1,128}"),
    "output_bucket": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]"),
    "region": re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+"),
    "endpoint_url": re.compile(r"https?://.+"),
}


def check_athena(settings: AthenaSettings, where: str) -> None:
    """Raise `ConfigError` for what is well-formed and makes no sense; `where` names file and key."""
    LogTable(settings.database, settings.s3_bucket, settings.path.strip("/"), settings.org_id, where)
    for key, allowed in _NAMES.items():
        value = getattr(settings, key)
        if value is not None and not allowed.fullmatch(value):
            name = "output_s3_bucket" if key == "output_bucket" else key
            raise ConfigError(f"{where}.{name}: {value!r} is no such name (allowed: {allowed.pattern})")
    if settings.max_scan_gb is not None and settings.max_scan_gb <= 0:
        raise ConfigError(f"{where}.max_scan_gb: {settings.max_scan_gb:g} is not more than 0")
