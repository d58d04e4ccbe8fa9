"""Documents within IAM's limits."""

import json

from assets.right_sized_policies.documents import MOST_CHARACTERS, documents, size


def _statement(sid: str, actions: list[str], resources: list[str]) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def test_white_space_is_not_counted() -> None:
    assert size({"Version": "2012-10-17", "Statement": []}) == len('{"Version":"2012-10-17","Statement":[]}')
    assert size({"a": "b c"}) == len('{"a":"bc"}')


def test_a_long_statement_is_cut_and_nothing_is_lost() -> None:
    actions = [f"service{n}:SomeActionWithAName{n}" for n in range(900)]
    resources = [f"arn:aws:service:::thing-{n}/*" for n in range(3)]
    made = documents([_statement("Used1", actions, resources), _statement("Used2", ["s3:GetObject"], ["*"])])
    assert len(made) > 4
    assert all(size(one) <= MOST_CHARACTERS for one in made)
    found = [statement for one in made for statement in one["Statement"]]
    assert [action for one in found if one["Resource"] == resources for action in one["Action"]] == actions
    assert found[-1]["Action"] == ["s3:GetObject"]
    for one in made:
        sids = [statement["Sid"] for statement in one["Statement"]]
        assert len(sids) == len(set(sids))
        assert all(sid.isalnum() for sid in sids)


def test_many_resources_are_cut_too() -> None:
    resources = [f"arn:aws:s3:::bucket-{n:04d}-{'x' * 40}/*" for n in range(300)]
    made = documents([_statement("Used1", ["s3:GetObject", "s3:PutObject"], resources)])
    assert all(size(one) <= MOST_CHARACTERS for one in made)
    pairs = {
        (action, resource)
        for one in made
        for statement in one["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    assert pairs == {(action, one) for action in ("s3:GetObject", "s3:PutObject") for one in resources}


def test_what_cannot_be_cut_stands_alone() -> None:
    long = {
        "Sid": "Deny1",
        "Effect": "Deny",
        "NotAction": [f"s3:A{n}" for n in range(900)],
        "Resource": ["*"],
    }
    made = documents([_statement("Used1", ["s3:GetObject"], ["*"]), long])
    assert [[one["Sid"] for one in document["Statement"]] for document in made] == [["Used1"], ["Deny1"]]
    assert json.loads(json.dumps(made)) == made


def test_the_numbers_of_the_sids_are_within_the_limit() -> None:
    for length in range(40, 60):
        parts = [_statement("Used1", [f"s3:{'A' * length}{n:03d}"], ["*"]) for n in range(200)]
        made = documents(parts)
        assert all(size(one) <= MOST_CHARACTERS for one in made)
        assert sum(len(one["Statement"]) for one in made) == len(parts)
