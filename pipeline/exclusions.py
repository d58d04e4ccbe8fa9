"""The exclusions of the configuration that concern nobody: a misspelt name would be passed over without a word."""

import polars as pl

from assets.partitions import Partition
from assets.principal_diffs.exclusions import pattern
from pipeline.answers import Question, people
from pipeline.lake import Lake
from pipeline.settings import AccountSettings, Settings, did_you_mean
from pipeline.verdict_settings import ExclusionSettings


def unmatched(lake: Lake, settings: Settings, question: Question) -> list[str]:
    """Return a sentence for each exclusion that concerns the account and matches no user or role.

    One for all accounts may mean a principal of another: their snapshots of the window's last day are looked at, and
    nothing is said where one of them is not stored. What has expired by then excludes nothing, and is not looked at.
    """
    account, end = question.account, question.window.end
    mine = people(lake, question).select("principal_name", "principal_arn")
    told = []
    for number, exclusion in enumerate(settings.exclusions):
        if exclusion.account not in (None, account.name, account.id):
            continue
        if exclusion.expires is not None and end > exclusion.expires:
            continue
        if _matches(exclusion, mine):
            continue
        others = [] if exclusion.account else _with_iam(settings, account)
        if others:
            partitions = [Partition(end, one.id) for one in others]
            if len(lake.existing("iam_snapshots", partitions)) < len(partitions):
                continue
            if _matches(exclusion, _stored(lake, partitions)):
                continue
        place = f"account {account.name}" if not others else "any account"
        near = did_you_mean(exclusion.principal, mine["principal_name"].to_list())
        told.append(
            f"{settings.file}: exclusions[{number}].principal: {exclusion.principal!r} matches no user or role of"
            f" {place} on {end}{near}"
        )
    return told


def _with_iam(settings: Settings, account: AccountSettings) -> list[AccountSettings]:
    return [one for one in settings.accounts if one.iam and one.id != account.id]


def _stored(lake: Lake, partitions: list[Partition]) -> pl.DataFrame:
    rows = lake.scan("iam_snapshots", partitions).filter(pl.col("kind").is_in(["user", "role"]))
    return rows.select(principal_name="name", principal_arn="arn").collect()


def _matches(exclusion: ExclusionSettings, principals: pl.DataFrame) -> bool:
    who = pattern(exclusion.principal)
    found = principals.filter(
        pl.col("principal_name").str.contains(who) | pl.col("principal_arn").str.contains(who)
    )
    return found.height > 0
