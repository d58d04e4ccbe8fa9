"""The catalogue of a frame is made once, as long as the frame says the same."""

import polars as pl

from assets.aws_actions.catalogue import Catalogue


def frame(*actions: str, level: str = "Read", unverified: bool = False) -> pl.DataFrame:
    """A table `iam_actions`, as far as it is looked at."""
    return pl.DataFrame({"action": actions, "access_level": level, "unverified": unverified})


def test_what_says_the_same_is_one_catalogue() -> None:
    first = Catalogue.from_frame(frame("s3:GetObject", "IAM:getUser"))
    assert first.actions == ("IAM:getUser", "s3:GetObject")
    more = frame("s3:GetObject", "IAM:getUser").with_columns(recorded=pl.lit("data"))
    assert Catalogue.from_frame(more) is first


def test_whatever_differs_is_another() -> None:
    first = Catalogue.from_frame(frame("s3:GetObject"))
    assert Catalogue.from_frame(frame("s3:GetObject", "s3:PutObject")).actions[1:] == ("s3:PutObject",)
    assert Catalogue.from_frame(frame("s3:GetObject", level="Write")).access_levels == ("Write",)
    assert Catalogue.from_frame(frame("s3:GetObject", unverified=True)).unverified == {"s3:GetObject"}
    assert Catalogue.from_frame(frame("s3:GetObject")) == first
