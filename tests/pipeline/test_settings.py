"""The configuration: what it means, and that every error names the file, the key and the value."""

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from assets.errors import ConfigError, UsageError
from pipeline.found_accounts import FoundAccount, FoundOrganization, accounts_file
from pipeline.settings import Settings, load_settings

ORIGINAL = """\
athena:
  s3_bucket: my_log_bucket
  path: my_prefix
accounts:
  - name: demo
    id: 111111111111
    iam: account-data/demo_iam.json
"""


def _load(folder: Path, text: str) -> Settings:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_the_originals_configuration_works_unchanged(tmp_path: Path) -> None:
    settings = _load(tmp_path, ORIGINAL)
    assert settings.athena is not None
    assert (settings.athena.s3_bucket, settings.athena.path) == ("my_log_bucket", "my_prefix")
    assert settings.account("demo").id == settings.account("111111111111").id == "111111111111"
    assert settings.lookback_days == 90


def test_the_service_reference_is_off_unless_somebody_switches_it_on(tmp_path: Path) -> None:
    reference = _load(tmp_path, ORIGINAL).service_reference
    assert (reference.enabled, reference.url) == (False, "https://servicereference.us-east-1.amazonaws.com/")
    assert _load(tmp_path, "service_reference: {enabled: true}\n" + ORIGINAL).service_reference.enabled


def test_an_empty_prefix_means_none(tmp_path: Path) -> None:
    settings = _load(tmp_path, ORIGINAL.replace("my_prefix", "''"))
    assert settings.athena is not None
    assert settings.athena.path == ""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("111111111111", "111111111111"),
        ("'012345678901'", "012345678901"),
        ("012345678901", "012345678901"),
        # All digits below 8: YAML 1.1 takes it for an octal number and silently makes another of it.
        ("012345670123", "012345670123"),
        ("1111-2222-3333", "111122223333"),
    ],
)
def test_account_ids_survive_yaml(tmp_path: Path, written: str, read: str) -> None:
    assert _load(tmp_path, ORIGINAL.replace("111111111111", written)).accounts[0].id == read


@pytest.mark.parametrize("written", ["12345678901", "1111111111111", "abc", "''", "1e11", "null", "true"])
def test_what_is_no_account_id_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml: accounts\[0\]\.id: .* 12 digits"):
        _load(tmp_path, ORIGINAL.replace("111111111111", written))


def test_lost_zeros_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="leading zeros"):
        _load(tmp_path, ORIGINAL.replace("111111111111", "12345678901"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loockback_days: 3\n" + ORIGINAL, "unknown key 'loockback_days'; did you mean 'lookback_days'"),
        (ORIGINAL + "    iamm: x\n", r"unknown key 'accounts\[0\].iamm'; did you mean 'iam'"),
        (
            ORIGINAL.replace("s3_bucket", "s3_buckets"),
            "unknown key 'athena.s3_buckets'; did you mean 's3_bucket'",
        ),
        ("elasticsearch: {host: x}\n" + ORIGINAL, "Elasticsearch is no longer an engine"),
        ("lookback_days: many\n" + ORIGINAL, "key 'lookback_days': 'many': must be a whole number"),
        ("lookback_days: 0\n" + ORIGINAL, "key 'lookback_days': 0 is not at least 1"),
        ("late_hours: 2\n" + ORIGINAL, "a day would be called final"),
        ("storage: here\n" + ORIGINAL, r"key 'storage' holds 'here', not keys and values"),
        ("service_reference: true\n" + ORIGINAL, "key 'service_reference' holds True"),
        (
            "service_reference: {enable: true}\n" + ORIGINAL,
            "'service_reference.enable'; did you mean 'enabled'",
        ),
        (
            "service_reference: {enabled: 1}\n" + ORIGINAL,
            "key 'service_reference.enabled': 1: must be true or false",
        ),
        (
            "service_reference: {url: file:///tmp}\n" + ORIGINAL,
            "key 'service_reference.url': 'file:///tmp' begins neither",
        ),
        ("storage: {root: 's3://b/x'}\n" + ORIGINAL, "key 'storage.root': 's3://b/x' is a URL, .* mount"),
        ("storage: {root: 'file:///x'}\n" + ORIGINAL, "key 'storage.root': 'file:///x' is a URL"),
        (
            "storage: {root: ./env=prod/lake}\n" + ORIGINAL,
            "key 'storage.root': .*/lake lies in 'env=prod'.* without '='",
        ),
        ("checks: {data_docs: 'gs://b/x'}\n" + ORIGINAL, "key 'checks.data_docs': 'gs://b/x' is a URL"),
        (
            "warehouse: {destination: files, url: 'gs://bucket/x'}\n" + ORIGINAL,
            "key 'warehouse.url': 'gs://bucket/x': files takes a directory or s3://bucket/prefix; .*mounted",
        ),
        (
            "warehouse: {destination: files, url: 's3a://bucket/x'}\n" + ORIGINAL,
            "key 'warehouse.url': 's3a://bucket/x'",
        ),
        (
            "warehouse: {url: 's3://bucket/x.duckdb'}\n" + ORIGINAL,
            "key 'warehouse.url': 's3://bucket/x.duckdb': duckdb takes a file; ",
        ),
        ("athena: {s3_bucket: b}\n", "key 'accounts' holds nothing"),
        ("accounts: []\n", "key 'accounts' holds a list"),
        ("accounts: [demo]\n", r"accounts\[0\] holds 'demo'"),
        ("accounts:\n  - {name: 3, id: 111111111111}\n", r"key 'accounts\[0\].name': 3: must be text"),
        ("- a\n", "holds a list"),
        ("a: [\n", r"is not valid YAML: .* \(line 2, column 1\)"),
        ("storage: {root: a}\nstorage: {root: b}\n" + ORIGINAL, "the key 'storage' stands there twice"),
        (ORIGINAL + "  - {name: demo, id: 222222222222}\n", "the name 'demo' stands there twice"),
        (
            ORIGINAL.replace("name: demo", "name: all"),
            r"key 'accounts\[0\].name': 'all' stands for all accounts",
        ),
        (ORIGINAL.replace("name: demo", "name: ''"), r"key 'accounts\[0\].name': '' is empty"),
        (ORIGINAL.replace("name: demo", "name: ' '"), r"key 'accounts\[0\].name': ' ' is empty"),
        (
            ORIGINAL + "  - {name: '111111111111', id: 222222222222}\n",
            r"key 'accounts\[1\].name': '111111111111' is the id of another account than 222222222222; give",
        ),
        (
            ORIGINAL.replace("name: demo", "name: '333333333333'"),
            r"key 'accounts\[0\].name': '333333333333' is the id of another account",
        ),
        (ORIGINAL + "  - {name: other, id: 111111111111}\n", "the id '111111111111' stands there twice"),
    ],
)
def test_errors_name_the_key_and_the_value(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"config\.yaml: .*{message}"):
        _load(tmp_path, text)


@pytest.mark.parametrize("url", ["s3://bucket/x", "S3://bucket/x", "./here", "/mnt/lake"])
def test_files_are_published_to_a_directory_or_s3(tmp_path: Path, url: str) -> None:
    settings = _load(tmp_path, f"warehouse: {{destination: files, url: '{url}'}}\n{ORIGINAL}")
    assert settings.warehouse is not None and settings.warehouse.url == url


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file"):
        load_settings(tmp_path / "nowhere.yaml")


def test_an_account_may_be_called_by_its_own_id(tmp_path: Path) -> None:
    settings = _load(tmp_path, ORIGINAL.replace("name: demo", "name: '111111111111'"))
    assert settings.account("111111111111").name == "111111111111"


def test_what_the_organisation_calls_an_account_does_not_mislead(tmp_path: Path) -> None:
    names = {
        "222222222222": "all",
        "333333333333": " ",
        "444444444444": "111111111111",
        "555555555555": "dev",
    }
    found = FoundOrganization(
        "o-x", "aws", "999999999999", "999999999999", "2026-06-30T00:00:00Z",
        tuple(FoundAccount(account, name, scps=False) for account, name in names.items()),
    )  # fmt: skip
    file = accounts_file(tmp_path / "lake")
    file.parent.mkdir(parents=True)
    file.write_bytes(msgspec.json.encode(found))
    settings = _load(tmp_path, f"storage: {{root: ./lake}}\norganization: {{role_name: Audit}}\n{ORIGINAL}")
    assert [account.name for account in settings.accounts] == [
        "demo",
        "all-222222222222",
        "333333333333",
        "111111111111-444444444444",
        "dev",
    ]
    assert [settings.account(account).id for account in ("111111111111", *names)] == ["111111111111", *names]


def test_an_unknown_account_names_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no account 'demmo'; did you mean 'demo'\? \(there are: demo\)"):
        _load(tmp_path, ORIGINAL).account("demmo")


def test_as_of_stands_for_today_and_everything_has_been_delivered(tmp_path: Path) -> None:
    settings = _load(tmp_path, "as_of: 2026-06-30\n" + ORIGINAL)
    assert settings.today() == date(2026, 6, 30)
    assert settings.now() == datetime(2026, 7, 2, tzinfo=UTC)


def test_paths_lie_beside_the_configuration_else_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _load(tmp_path, ORIGINAL)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (elsewhere / "iam.json").touch()
    assert settings.found("iam.json") == elsewhere / "iam.json"
    (tmp_path / "iam.json").touch()
    assert settings.found("iam.json") == tmp_path / "iam.json"
