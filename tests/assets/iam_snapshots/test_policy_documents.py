import json
from urllib.parse import quote

import pytest

from assets.iam_snapshots.policy_documents import decode_document

DOCUMENT = {
    "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a%7Bb/${aws:username}"}
}


@pytest.mark.parametrize(
    "value",
    [
        DOCUMENT,
        json.dumps(DOCUMENT),
        json.dumps(DOCUMENT, indent=4),
        quote(json.dumps(DOCUMENT)),
        quote(json.dumps(DOCUMENT), safe=""),
    ],
    ids=["object", "text", "indented text", "URL-encoded", "URL-encoded, slashes too"],
)
def test_every_form_is_the_same_document(value: object) -> None:
    document = decode_document(value)
    assert document.body == DOCUMENT
    assert document.problem == ""


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "is missing"),
        ("", "neither JSON nor URL-encoded JSON"),
        ("{cut", "neither JSON nor URL-encoded JSON"),
        ("%7B%22Statement%22", "neither JSON nor URL-encoded JSON"),
        ("%5B1%5D", "is a list, not an object"),
        ([1], "is a list, not an object"),
        (7, "is a int, not an object"),
    ],
)
def test_what_cannot_be_decoded_keeps_its_reason_and_has_no_body(value: object, reason: str) -> None:
    document = decode_document(value)
    assert document.body is None
    assert reason in document.problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"Statement": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"Statement": [{"Sid": "\\ud83d"}]}', "neither JSON nor URL-encoded JSON"),
    ],
)
def test_text_that_no_document_can_be_made_of_is_a_problem(text: str, problem: str) -> None:
    found = decode_document(text)
    assert found.body is None
    assert problem in found.problem
    assert decode_document('{"Statement": [{"Sid": "\\ud83d\\ude42"}]}').body == {
        "Statement": [{"Sid": "🙂"}]
    }
