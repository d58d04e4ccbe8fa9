import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assets.cloudtrail_usage.identity import PRINCIPAL_TYPES, principal_of
from assets.cloudtrail_usage.records import UserIdentity
from assets.cloudtrail_usage.schema import DESCRIPTIONS

CASES = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parents[2] / "cases" / "identities").glob("*.json"))
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_principal_of_case(case: dict[str, Any]) -> None:
    identity = msgspec.convert(case["userIdentity"], UserIdentity)
    assert principal_of(identity, case["region"])._asdict() == case["principal"], case["rule"]


def test_cases_name_their_source_and_cover_every_type() -> None:
    assert len(CASES) >= 25
    assert all(
        case["source"].startswith("https://docs.aws.amazon.com/awscloudtrail/") for case in CASES.values()
    )
    assert {case["principal"]["type"] for case in CASES.values()} == set(PRINCIPAL_TYPES)


def test_no_principal_is_a_session() -> None:
    assert not [name for name, case in CASES.items() if ":sts:" in case["principal"]["arn"]]


def test_what_stands_in_the_place_of_an_account_is_described() -> None:
    """Whoever joins by the account has to know what is none."""
    others = {case["principal"]["account"] for case in CASES.values()}
    words = {account for account in others if account and not account.isdigit()}
    assert words == {"ANONYMOUS_PRINCIPAL"}
    described = DESCRIPTIONS["cloudtrail_usage"]["principal_account"]
    assert all(word in described for word in words)
