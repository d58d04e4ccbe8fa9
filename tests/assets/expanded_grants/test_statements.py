from typing import Any

import pytest

from assets.expanded_grants.statements import read_statements

GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def test_one_object_or_a_list_are_the_same() -> None:
    assert read_statements({"Statement": GOOD}) == read_statements({"Statement": [GOOD]})


def test_a_bad_statement_keeps_the_numbers_of_the_others() -> None:
    statements, problems = read_statements({"Statement": [{**GOOD, "Effect": "Perhaps", "Sid": "Odd"}, GOOD]})
    assert [statement.index for statement in statements] == [1]
    assert problems == ('statement 0 (Odd): Effect is "Perhaps", not Allow or Deny',)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"Effect": None}, "has no Effect"),
        ({"NotAction": "x:y"}, "has both Action and NotAction"),
        ({"NotResource": "x"}, "has both Resource and NotResource"),
        ({"Action": {}}, "Action is {}, not a string or a list of strings"),
        ({"Action": [""]}, 'Action is [""], not a string or a list of strings'),
        ({"Resource": []}, "Resource is [], not a string or a list of strings"),
        ({"Condition": ["x"]}, 'Condition is ["x"], not an object'),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], text: str) -> None:
    assert read_statements({"Statement": {**GOOD, **change}}) == ((), (f"statement 0: {text}",))


@pytest.mark.parametrize(
    ("change", "everywhere"),
    [
        ({}, True),
        ({"Resource": "**"}, True),
        ({"Resource": ["arn:aws:s3:::b", "*"]}, True),
        ({"Condition": {}}, True),
        ({"Resource": "arn:*"}, False),
        ({"Resource": "?"}, False),
        ({"Condition": {"Bool": {"x": "y"}}}, False),
    ],
)
def test_everywhere(change: dict[str, Any], everywhere: bool) -> None:
    (statement,), _ = read_statements({"Statement": {**GOOD, **change}})
    assert statement.everywhere is everywhere


def test_not_resource_is_never_everywhere() -> None:
    (statement,), _ = read_statements({"Statement": {"Effect": "Allow", "Action": "a:b", "NotResource": "*"}})
    assert not statement.everywhere


def test_the_text_of_a_condition_does_not_depend_on_the_order_of_its_keys() -> None:
    texts = [
        read_statements({"Statement": {**GOOD, "Condition": condition}})[0][0].condition
        for condition in ({"A": {"x": "1", "y": "2"}}, {"A": {"y": "2", "x": "1"}})
    ]
    assert texts[0] == texts[1] == '{"A":{"x":"1","y":"2"}}'
