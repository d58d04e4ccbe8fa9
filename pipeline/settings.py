"""`config.yaml`, parsed once into frozen models; every error names the file, the key and the value.

The original's keys (`athena`, `accounts`) mean what they meant; relative paths are looked up beside the
configuration file first, then in the working directory, as the original did.
"""

import re
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path

import msgspec

from assets.errors import ConfigError, UsageError
from pipeline.account_names import check_names
from pipeline.athena_settings import AthenaSettings, check_athena
from pipeline.aws_settings import OrganizationSettings, check_organization, check_reached
from pipeline.block_settings import (
    CheckSettings,
    ServiceReferenceSettings,
    StorageSettings,
    check_blocks,
    check_root,
)
from pipeline.cloudtrail_settings import CloudTrailSettings, check_cloudtrail
from pipeline.day_settings import check_days
from pipeline.found_accounts import HOW_TO_FIND, with_found
from pipeline.refused_values import explained
from pipeline.risk_settings import RiskSettings, check_risk_weights
from pipeline.schedule_settings import ScheduleSettings, check_schedule
from pipeline.verdict_settings import ExclusionSettings, TrailSettings, check_exclusions, check_trails
from pipeline.warehouse_settings import WarehouseSettings, check_warehouse
from pipeline.yaml_file import load_yaml

FIRST_DAY = date(2023, 1, 1)
# Ten years: no log is kept for longer, and dates end somewhere.
_MOST = {"lookback_days": 3_660, "min_covered_days": 3_660, "late_days": 366, "late_hours": 24 * 366}


class AccountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One account: `id` is 12 digits of text, `iam` the file of its authorization details, or `live`.

    A live account is read from AWS: with `profile` and `region` as boto3 knows them, and through `role_arn` (with
    `external_id`) where one is named.

    `scps` are files, a list a level from the organisation's root down, or one file: the organisation's export.
    """

    name: str
    id: str
    iam: str | None = None
    taken_at: datetime | None = None
    scps: tuple[tuple[str, ...], ...] | str = ()
    management_account: bool = False
    trails: tuple[TrailSettings, ...] = ()
    role_arn: str | None = None
    external_id: str | None = None
    profile: str | None = None
    region: str | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration. `folder` is the configuration file's own folder."""

    accounts: tuple[AccountSettings, ...]
    athena: AthenaSettings | None = None
    cloudtrail: CloudTrailSettings | None = None
    storage: StorageSettings = StorageSettings()
    service_reference: ServiceReferenceSettings = ServiceReferenceSettings()
    risk_weights: RiskSettings = RiskSettings()
    checks: CheckSettings = CheckSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    lookback_days: int = 90
    late_days: int = 1
    late_hours: int = 24
    min_covered_days: int = 1
    first_day: date = FIRST_DAY
    as_of: date | None = None
    workers: int | None = None
    warehouse: WarehouseSettings | None = None
    trails: tuple[TrailSettings, ...] = ()
    exclusions: tuple[ExclusionSettings, ...] = ()
    organization: OrganizationSettings | None = None
    file: str = "config.yaml"

    @property
    def folder(self) -> Path:
        """The folder of the configuration file, absolute."""
        return Path(self.file).absolute().parent

    @property
    def root(self) -> Path:
        """Where the tables lie, absolute."""
        return (self.folder / Path(self.storage.root).expanduser()).resolve()

    @property
    def logs_label(self) -> str:
        """Name of the place that the logs are in, for messages."""
        if self.cloudtrail is None and self.athena is not None:
            return f"s3://{self.athena.s3_bucket}/{self.athena.path.strip('/')}".rstrip("/")
        return self.cloudtrail.label if self.cloudtrail else ""

    @property
    def data_docs(self) -> Path | None:
        """The folder of the checks' pages, absolute; None where they are not wanted."""
        named = self.checks.data_docs
        return (self.folder / Path(named).expanduser()).resolve() if named else None

    def found(self, path: str) -> Path:
        """Return a path of the configuration: beside the configuration file, else in the working directory."""
        beside = self.folder / Path(path).expanduser()
        return beside if beside.exists() or not Path(path).exists() else Path(path).absolute()

    def without_setup(self) -> "Settings":
        """Return the settings with `athena.skip_setup` on, for the flag `--skip-setup`."""
        if self.athena is None:
            return self
        return msgspec.structs.replace(self, athena=msgspec.structs.replace(self.athena, skip_setup=True))

    def now(self) -> datetime:
        """Return the moment the answers are given at.

        With `as_of` everything that was going to be delivered has been: the day is over and so is its wait.
        """
        if self.as_of is None:
            return datetime.now(UTC)
        began = datetime.combine(self.as_of, datetime.min.time(), UTC)
        return began + timedelta(days=1, hours=self.late_hours)

    def today(self) -> date:
        """Return the day that stands for today: `as_of`, else today's date in UTC."""
        return self.as_of or datetime.now(UTC).date()

    def account(self, name_or_id: str) -> AccountSettings:
        """Return the account of that name or id; `UsageError` names near ones."""
        for account in self.accounts:
            if name_or_id in (account.name, account.id):
                return account
        known = [account.name for account in self.accounts]
        if not known:
            raise UsageError(f"{self.file}: no account {name_or_id!r}: {HOW_TO_FIND}")
        raise UsageError(
            f"{self.file}: no account {name_or_id!r}{did_you_mean(name_or_id, known)} (there are: {', '.join(known)})"
        )


def did_you_mean(word: str, known: list[str]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest known word, else nothing."""
    near = get_close_matches(word, known, n=3, cutoff=0.55)
    return f"; did you mean {' or '.join(repr(name) for name in near)}?" if near else ""


def load_settings(path: Path) -> Settings:
    """Read and check a configuration file. Raises `ConfigError`."""
    raw = load_yaml(path)
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: holds {_kind(raw)}, not keys and values; see the README for an example")
    if "elasticsearch" in raw:
        raise ConfigError(
            f"{path}: key 'elasticsearch': Elasticsearch is no longer an engine. What it was needed for works on"
            " every engine here: remove the block and point 'cloudtrail: {path: ...}' at the logs"
        )
    _refuse_unknown(raw, Settings, str(path), "")
    _refuse_unknown_blocks(raw, path)
    raw = {**raw, "file": str(path), "accounts": (accounts := _accounts(raw, path))}
    try:
        settings = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(explained(str(error), raw, path)) from None
    if settings.organization is not None:
        merged = with_found(accounts, settings.organization, settings.root)
        accounts = msgspec.convert(merged, tuple[AccountSettings, ...])
        settings = msgspec.structs.replace(settings, accounts=accounts)
    _check(settings, path)
    return settings


def _refuse_unknown_blocks(raw: dict[str, object], path: Path) -> None:
    for key, model in (
        ("athena", AthenaSettings),
        ("cloudtrail", CloudTrailSettings),
        ("storage", StorageSettings),
        ("service_reference", ServiceReferenceSettings),
        ("organization", OrganizationSettings),
        ("risk_weights", RiskSettings),
        ("checks", CheckSettings),
        ("schedule", ScheduleSettings),
        ("warehouse", WarehouseSettings),
    ):
        block = raw.get(key)
        if block is not None and not isinstance(block, dict):
            raise ConfigError(f"{path}: key '{key}' holds {_kind(block)}, not keys and values")
        if block is not None:
            _refuse_unknown(block, model, str(path), f"{key}.")
    _refuse_unknown_in_list(raw.get("exclusions"), ExclusionSettings, path, "exclusions")
    _refuse_unknown_in_list(raw.get("trails"), TrailSettings, path, "trails")


def _refuse_unknown_in_list(blocks: object, model: type[msgspec.Struct], path: Path, key: str) -> None:
    for number, block in enumerate(blocks if isinstance(blocks, list) else []):
        if isinstance(block, dict):
            _refuse_unknown(block, model, str(path), f"{key}[{number}].")


def _refuse_unknown(block: dict[str, object], model: type[msgspec.Struct], file: str, where: str) -> None:
    known = [field for field in model.__struct_fields__ if field != "file"]
    for key in block:
        if key not in known:
            raise ConfigError(
                f"{file}: unknown key '{where}{key}'{did_you_mean(str(key), known)} (known: {', '.join(known)})"
            )


def _accounts(raw: dict[str, object], path: Path) -> list[dict[str, object]]:
    accounts = raw.get("accounts")
    if not accounts and raw.get("organization") is not None:
        return []
    if not isinstance(accounts, list) or not accounts:
        raise ConfigError(
            f"{path}: key 'accounts' holds {_kind(accounts)}; it needs a list of accounts (name, id, iam), or"
            " 'organization: {role_name: ...}' to find them"
        )
    checked = []
    for position, account in enumerate(accounts):
        where = f"accounts[{position}]"
        if not isinstance(account, dict):
            raise ConfigError(f"{path}: {where} holds {_kind(account)}, not name, id and iam")
        _refuse_unknown(account, AccountSettings, str(path), f"{where}.")
        _refuse_unknown_in_list(account.get("trails"), TrailSettings, path, f"{where}.trails")
        checked.append({**account, "id": _account_id(account.get("id"), f"{path}: {where}.id")})
    return checked


def _account_id(value: object, where: str) -> str:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if re.fullmatch(r"[0-9]{12}", text):
        return text
    if re.fullmatch(r"[0-9]{4}-[0-9]{4}-[0-9]{4}", text):
        return text.replace("-", "")
    hint = ""
    if re.fullmatch(r"[0-9]{1,11}", text):
        hint = "; if leading zeros were lost on the way, write it in quotes with all of them"
    raise ConfigError(f"{where}: {value!r} is not an account id of 12 digits{hint}")


def _check(settings: Settings, path: Path) -> None:
    for key in ("lookback_days", "min_covered_days"):
        if getattr(settings, key) < 1:
            raise ConfigError(f"{path}: key '{key}': {getattr(settings, key)} is not at least 1")
    for key, most in _MOST.items():
        if getattr(settings, key) > most:
            raise ConfigError(f"{path}: key '{key}': {getattr(settings, key)} is more than {most}")
    check_days(settings.first_day, settings.as_of, str(path))
    check_blocks(settings.storage, settings.checks, settings.service_reference, str(path))
    check_root(settings.root, str(path))
    if settings.warehouse is not None:
        check_warehouse(settings.warehouse, str(path))
    if settings.athena is not None:
        check_athena(settings.athena, f"{path}: athena")
    if settings.cloudtrail is not None:
        check_cloudtrail(settings.cloudtrail, f"{path}: cloudtrail")
    if settings.workers is not None and settings.workers < 1:
        raise ConfigError(f"{path}: key 'workers': {settings.workers} is not at least 1")
    if settings.late_days < 0 or settings.late_hours < 24 * settings.late_days:
        raise ConfigError(
            f"{path}: key 'late_hours': {settings.late_hours} is less than 24 x late_days ({settings.late_days}): a day"
            " would be called final while its late deliveries may still arrive"
        )
    for number, account in enumerate(settings.accounts):
        if isinstance(account.scps, tuple) and () in account.scps:
            raise ConfigError(
                f"{path}: key 'accounts[{number}].scps[{account.scps.index(())}]': [] is a level without files, but AWS"
                " attaches at least one SCP at every level; name them all, FullAWSAccess included"
            )
    check_names(settings.accounts, str(path))
    if settings.organization is not None:
        check_organization(settings.organization, f"{path}: organization")
    for number, account in enumerate(settings.accounts):
        check_reached(account, f"{path}: accounts[{number}]")
    check_risk_weights(settings.risk_weights, f"{path}: key 'risk_weights")
    check_schedule(settings.schedule, f"{path}: key 'schedule")
    check_trails(settings.trails, f"{path}: trails")
    for number, account in enumerate(settings.accounts):
        check_trails(account.trails, f"{path}: accounts[{number}].trails")
    names = [text for account in settings.accounts for text in (account.name, account.id)]
    check_exclusions(settings.exclusions, names, f"{path}: exclusions")


def _kind(value: object) -> str:
    if isinstance(value, list | dict):
        return f"{'a list' if isinstance(value, list) else 'keys and values'} ({str(value)[:40]!r})"
    return "nothing" if value is None else f"{value!r}"[:60]
