"""The keys `trails` and `exclusions` of the configuration."""

from datetime import date
from pathlib import Path

import pytest

from assets.errors import ConfigError
from assets.principal_diffs.exclusions import Exclusion
from assets.principal_diffs.trail_readings import LogPlace
from assets.principal_diffs.trails import Selector, Trail
from pipeline.settings import Settings, load_settings
from pipeline.sources import log_place
from pipeline.verdict_rules import verdict_rules

ACCOUNTS = """\
accounts:
  - name: demo
    id: 111111111111
    trails: [{management: none, data_events: [{type: "AWS::SQS::Queue", write: false}]}]
  - {name: other, id: 222222222222}
"""
EXCLUSION = "exclusions: [{principal: p, action: 'a:*', reason: r, owner: o"


def _load(folder: Path, text: str) -> Settings:
    path = folder / "config.yaml"
    path.write_text(text + ACCOUNTS, encoding="utf-8")
    return load_settings(path)


def test_an_account_has_its_own_trails_and_those_for_all(tmp_path: Path) -> None:
    text = (
        "trails:\n"
        "  - management: write\n"
        "    exclude_sources: [kms, rdsdata.amazonaws.com]\n"
        "    since: 2026-01-02\n"
        "    data_events:\n"
        "      - {type: AWS::S3::Object, resources: all}\n"
        "      - {type: AWS::DynamoDB::Table, resources: [arn:aws:dynamodb:us-east-1:111111111111:table/one]}\n"
    )
    settings = _load(tmp_path, text)
    everyones = Trail(
        (
            Selector(
                None, read=False, without_sources=frozenset(["kms.amazonaws.com", "rdsdata.amazonaws.com"])
            ),
            Selector("AWS::S3::Object"),
        ),
        date(2026, 1, 2),
    )
    assert verdict_rules(settings, settings.account("other")).trails == (everyones,)
    own = Trail((Selector("AWS::SQS::Queue", write=False),))
    assert verdict_rules(settings, settings.account("demo")).trails == (own, everyones)


def test_what_trails_record_says_nothing_of_lookup_events(tmp_path: Path) -> None:
    settings = _load(tmp_path, "cloudtrail: {lookup: true}\n")
    with pytest.raises(ConfigError, match=r"account demo: 'trails' says.*LookupEvents gives all management"):
        verdict_rules(settings, settings.account("demo"))
    assert verdict_rules(settings, settings.account("other")).trails == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("cloudtrail: {path: ./logs}\n", LogPlace()),
        ("cloudtrail: {path: ./logs, org_id: o-x}\n", LogPlace(organization=True)),
        (
            "cloudtrail: {path: 's3://bucket/some/where/', org_id: o-x}\n",
            LogPlace("bucket", "some/where", True),
        ),
        ("cloudtrail: {path: 's3://bucket'}\n", LogPlace("bucket")),
        ("athena: {s3_bucket: bucket, path: /some/}\n", LogPlace("bucket", "some")),
        ("", LogPlace()),
    ],
)
def test_the_trails_that_count_are_those_whose_files_are_read(
    tmp_path: Path, text: str, place: LogPlace
) -> None:
    assert log_place(_load(tmp_path, text)) == place


@pytest.mark.parametrize(("account", "found"), [("demo", ["one", "two"]), ("other", ["one", "three"])])
def test_an_exclusion_is_for_all_accounts_or_for_one(tmp_path: Path, account: str, found: list[str]) -> None:
    text = (
        "exclusions:\n"
        "  - {principal: p, action: 'a:*', reason: one, owner: o, expires: 2026-12-31}\n"
        "  - {principal: p, action: 'a:*', reason: two, owner: o, account: demo}\n"
        "  - {principal: p, action: 'a:*', reason: three, owner: o, account: '222222222222'}\n"
    )
    settings = _load(tmp_path, text)
    exclusions = verdict_rules(settings, settings.account(account)).exclusions
    assert [exclusion.reason for exclusion in exclusions] == found
    assert exclusions[0] == Exclusion("p", "a:*", "one", "o", date(2026, 12, 31))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trails: [{mangement: all}]\n", r"unknown key 'trails\[0\].mangement'; did you mean 'management'"),
        (
            "trails: [{management: some}]\n",
            r"key 'trails\[0\].management': 'some': is none of all, read, write, none$",
        ),
        (
            "warehouse: {destination: mysql}\n",
            r"key 'warehouse.destination': 'mysql': is none of duckdb, postgres, snowflake, ",
        ),
        (
            "trails: [{data_events: [{type: S3}]}]\n",
            r"trails\[0\].data_events\[0\].type: 'S3' is no resource",
        ),
        (
            "trails: [{data_events: [{type: 'AWS::S3::Object', resources: some}]}]\n",
            "'some' is neither 'all'",
        ),
        (
            "trails: [{event_selectors: s.json, management: none}]\n",
            r"trails\[0\].event_selectors: 's.json' says all of it",
        ),
        (EXCLUSION + ", until: 2026-01-01}]\n", r"unknown key 'exclusions\[0\].until'"),
        (EXCLUSION + ", expires: soon}]\n", r"key 'exclusions\[0\].expires': 'soon'"),
        (EXCLUSION + ", account: demmo}]\n", r"exclusions\[0\].account: there is no account 'demmo'"),
        (
            "exclusions: [{principal: p, action: 'a:*', reason: ' ', owner: o}]\n",
            r"exclusions\[0\].reason: is empty",
        ),
        (
            "exclusions: [{principal: p, action: s3, reason: r, owner: o}]\n",
            r"exclusions\[0\].action: 's3' matches no action; write one as s3:GetObject, or a pattern as s3:\*",
        ),
        ("exclusions: [{principal: p, action: 'a:*', reason: r}]\n", r"key 'exclusions\[0\]': .*`owner`"),
    ],
)
def test_errors_name_the_key_and_the_value(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"config\.yaml: .*{message}"):
        _load(tmp_path, text)


def test_errors_in_an_accounts_trails_name_the_account(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    for wrong, message in (
        ("mangement: none", r"unknown key 'accounts\[0\].trails\[0\].mangement'"),
        ("data_events: [{type: x}]", r"accounts\[0\].trails\[0\].data_events\[0\].type: 'x'"),
    ):
        path.write_text(f"accounts: [{{name: demo, id: 111111111111, trails: [{{{wrong}}}]}}]\n")
        with pytest.raises(ConfigError, match=message):
            load_settings(path)
