import time

import pytest

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.patterns import PatternIndex, has_wildcard
from tests.assets.expanded_grants.grant_cases import small_catalogue

INDEX = PatternIndex(small_catalogue())


def test_expand_joins_and_sorts() -> None:
    assert INDEX.expand(["sts:*", "ec2:?escribe*", "EC2:DescribeImages"]) == [
        "ec2:DescribeImages",
        "ec2:DescribeInstances",
        "sts:AssumeRole",
    ]


def test_expand_nothing() -> None:
    assert INDEX.expand([]) == []
    assert INDEX.expand(["", "s3", "s3:", "nosuch:*"]) == []


def test_expand_not_is_the_rest() -> None:
    assert INDEX.expand_not(["*"]) == []
    assert INDEX.expand_not(["s3:*", "ec2:*", "iam:*", "lambda:*", "sts:*"]) == [
        "organizations:DescribeOrganization"
    ]


def test_order_is_that_of_the_canonical_spelling() -> None:
    """Where lower case sorts otherwise than the canonical spelling, the spelling counts."""
    names = ("a:Getb", "a:GetC", "a:getA")
    index = PatternIndex(Catalogue(("a:getA", "a:Getb", "a:GetC"), ("", "", "")))
    assert index.actions == tuple(sorted(names)) == ("a:GetC", "a:Getb", "a:getA")
    assert index.expand(["A:GET?"]) == ["a:GetC", "a:Getb", "a:getA"]
    assert index.expand(["a:geta"]) == ["a:getA"]
    assert index.expand(["a:get*b"]) == ["a:Getb"]


@pytest.mark.parametrize("special", [".", "+", "(", "[a-z]", "^", "$", "|", "\\", "{2}"])
def test_only_star_and_question_mark_are_special(special: str) -> None:
    assert INDEX.expand([f"s3:GetObjec{special}*", f"s3:Get{special}bject?*", f"s3:*{special}Object"]) == []


def test_a_star_takes_as_little_as_it_must() -> None:
    """Taking the last possible place for one part would leave nothing for the next."""
    index = PatternIndex(Catalogue(("s:aab", "s:abab"), ("", "")))
    assert index.expand(["s:*a*ab"]) == ["s:aab", "s:abab"]
    assert index.expand(["s:*?b*ab"]) == ["s:abab"]


def test_many_stars_do_not_take_long() -> None:
    started = time.process_time()
    assert INDEX.expand(["*" + "e*" * 40 + "x", "s3:" + "*?" * 30 + "t", "*s*i*n*t*n*z*q"]) == []
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("pattern", "expected"), [("*", True), ("s3:?", True), ("s3:Get", False), ("s3:[a]", False)]
)
def test_has_wildcard(pattern: str, expected: bool) -> None:
    assert has_wildcard(pattern) is expected
