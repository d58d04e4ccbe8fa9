"""The answer of GetEventSelectors as a file: what is refused, and how it is said. What it means is in tests/cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from assets.errors import InputError
from assets.principal_diffs.event_selectors import read_event_selectors
from assets.principal_diffs.trails import Selector

MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}


def _advanced(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"AdvancedEventSelectors": [{"FieldSelectors": [MANAGEMENT, *conditions]}]}


def test_an_answer_is_read(tmp_path: Path) -> None:
    path = tmp_path / "selectors.json"
    answer = {
        "TrailARN": "arn:aws:cloudtrail:us-east-1:111111111111:trail/all",
        "EventSelectors": [
            {
                "ReadWriteType": "WriteOnly",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
            }
        ],
    }
    path.write_text(json.dumps(answer), encoding="utf-8")
    assert read_event_selectors(path) == (
        Selector(None, read=False, without_sources=frozenset(["kms.amazonaws.com"])),
        Selector("AWS::S3::Object", read=False),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not the output of 'aws cloudtrail get-event-selectors'"),
        ("[]", "has neither EventSelectors nor AdvancedEventSelectors"),
        ('{"trailList": []}', "has neither EventSelectors nor AdvancedEventSelectors"),
        ('{"EventSelectors": [{"ReadWriteType": "Some"}]}', "ReadWriteType is 'Some', none of All, ReadOnly"),
        ('{"EventSelectors": ["x"]}', "is not the output of"),
        ('{"AdvancedEventSelectors": [{"Name": "x"}]}', "'FieldSelectors'"),
        (json.dumps(_advanced({"Field": "readOnly"})), "the field 'readOnly' is compared with nothing"),
        (
            json.dumps(_advanced({"Field": "eventCategory", "Equals": ["Data"]})),
            "the field 'eventCategory' stands twice",
        ),
    ],
)
def test_what_is_no_such_answer_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "selectors.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"selectors\.json: .*" + message):
        read_event_selectors(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.json: there is no such file"):
        read_event_selectors(tmp_path / "nowhere.json")
