"""Numbers that no float can hold: JSON allows them, and msgspec refuses them wherever they stand."""

import json
from pathlib import Path

import pytest

from assets.cloudtrail_usage.rejections import Reason
from tests.assets.cloudtrail_usage.log_files import event, put, read_one, rejections


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5000, '{"of": [0, 1e400]}'])
def test_a_number_that_nothing_can_hold_costs_no_event_where_any_type_will_do(
    tmp_path: Path, number: str
) -> None:
    # The half of a pair is in a field that is not looked at.
    records = [event("e1", more={"a": "\ud83d"}, errorMessage="##"), event("e2", eventName="List\u00e9")]
    text = json.dumps({"Records": records}).replace('"##"', number)
    put(tmp_path / "logs", text.encode())
    tables = read_one(tmp_path / "logs")
    assert rejections(tables) == []
    assert sorted(tables.usage.select("event_name", "outcome").rows()) == [
        ("ListBuckets", "error"),
        ("List\u00e9", "ok"),
    ]


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("eventTime", Reason.BAD_EVENT_TIME),
        ("eventName", Reason.WRONG_TYPE),
        ("userIdentity", Reason.WRONG_TYPE),
    ],
)
def test_such_a_number_in_a_needed_field_rejects_its_record(
    tmp_path: Path, field: str, reason: Reason
) -> None:
    records = [event("e1", **{field: "##"}), event("e2"), event("e3", errorMessage="~~", **{field: "##"})]
    text = json.dumps({"Records": records}).replace('"##"', "1e999").replace('"~~"', "1e999")
    put(tmp_path / "logs", text.encode())
    assert rejections(read_one(tmp_path / "logs")) == [(0, reason), (2, reason)]
