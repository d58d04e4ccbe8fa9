"""What was done in a role, and by whom: read from `role_sessions` and `session_usage`."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.aws_actions.mapping import EventMapping
from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE
from assets.partitions import Partition
from assets.role_sessions.origins import rank_of
from assets.role_sessions.schema import CERTAINTIES
from assets.role_sessions.units import unit
from pipeline.answers import Question
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from pipeline.settings import Settings

_OTHERS = "of_others"


@dataclass(frozen=True)
class RoleUse:
    """The use of one role in a window.

    `sessions`: `role_sessions` of the role, with `day`, `account`, `mine` (begun by whoever was asked about) and
    `through` (the chain in names). `events`: what was done in them, as `session_usage` has it, with the same two
    and `certainty`.
    """

    sessions: pl.DataFrame
    events: pl.DataFrame

    @property
    def mine(self) -> pl.DataFrame:
        """The sessions of whoever was asked about."""
        return self.sessions.filter("mine")


def role_use(
    lake: Lake, settings: Settings, question: Question, role: dict[str, Any], mine: pl.Expr | None = None
) -> RoleUse:
    """Return how a role (a row of `iam_snapshots.principals`) of the question's account was used in its window.

    A role of that name and another id, deleted since, is another role. `mine` says which sessions are asked about.
    """
    partitions = [Partition(day, question.account.id) for day in question.window.days]
    this = (pl.col("role_arn") == role["principal_arn"]) & (
        (pl.col("role_id") == role["principal_id"])
        | (pl.col("role_id") == "")
        | pl.lit(not role["principal_id"])
    )
    names = {account.id: account.name for account in settings.accounts}
    sessions = (
        lake.scan("role_sessions", partitions)
        .filter(this)
        .with_columns(mine=mine if mine is not None else pl.lit(True), through=through(names))
        .collect()
    )
    parts = sessions.select(
        "day", "role_id", "session_id", "mine", "through", "certainty", unit="units"
    ).explode("unit")
    events = (
        lake.scan("session_usage", partitions)
        .filter(this)
        .with_columns(unit=unit())
        .collect()
        .join(parts.drop_nulls("unit"), on=["day", "role_id", "unit"], how="left")
        .with_columns(pl.col("mine").fill_null(False))
    )
    return RoleUse(sessions, events)


def through(names: dict[str, str]) -> pl.Expr:
    """Return a chain as text: who, then the roles, those of another account than the origin's with its name."""
    role = pl.element()
    account = role.str.split(":").list.get(4, null_on_oob=True)
    shown = account.replace(names) + "/" + role.str.split("/").list.last()
    who = (
        pl.when(pl.col("origin_name") != "")
        .then("origin_name")
        .otherwise(
            pl.when(pl.col("origin_account") != "")
            .then("account " + pl.col("origin_account"))
            .otherwise(pl.lit("somebody unknown"))
        )
    )
    # Where only a role is known at the beginning, it stands in the chain already.
    start = pl.when(pl.col("origin_type") == "role").then(pl.lit("...")).otherwise(who)
    return start + " > " + pl.col("chain").list.eval(shown).list.join(" > ")


def of_source(source: dict[str, Any]) -> pl.Expr:
    """Say which rows of `role_sessions` a user or role (a row of `principals`) is behind, through whatever chain.

    A source identity names its bearer, where nothing else does. A role is behind whatever its sessions went on to.
    """
    arn, id_, name = source["principal_arn"], source["principal_id"], source["principal_name"]
    same_id = (pl.col("origin_id") == id_) | (pl.col("origin_id") == "") | pl.lit(not id_)
    begun: pl.Expr = (pl.col("origin_arn") == arn) & same_id
    if source["principal_type"] == "role":
        earlier = pl.col("chain").list.head(pl.col("chain").list.len().cast(pl.Int64) - 1)
        return begun | earlier.list.contains(arn)
    borne: pl.Expr = (
        (pl.col("link") == "source_identity") & (pl.col("origin_arn") == "") & (pl.col("origin_name") == name)
    )
    return begun | borne


def usage_of(use: RoleUse) -> pl.LazyFrame:
    """Return these events as `cloudtrail_usage` of the role; what others did shows only that the logs know the role."""
    rows = use.events.with_columns(
        event_type=pl.when("mine").then("event_type").otherwise(pl.lit(_OTHERS)),
        principal_arn="role_arn",
        principal_id="role_id",
        principal_account="role_account",
        principal_type=pl.lit("role"),
        via_service=pl.lit(False),
        services=pl.lit([], pl.List(pl.String)),
        error_codes=pl.lit([], pl.List(pl.String)),
    )
    return rows.lazy().select(*CLOUDTRAIL_USAGE, "day", "account")


def actions_by(use: RoleUse, lake: Lake, by: str) -> pl.DataFrame:
    """Return which actions were used, `by` a column of the events: `action`, `by`, `certainty` (the surest)."""
    mapping = EventMapping.from_frames(lake.read("aws_actions"), lake.read("iam_actions"), DATA_FILES)
    calls = use.events.filter(
        pl.col("mine") & (pl.col("event_type") == "AwsApiCall") & (pl.col("outcome") == "ok")
    )
    needs = mapping.map_pairs(calls.select("event_source", "event_name").unique()).filter(
        (pl.col("need") == "primary") & pl.col("action").is_not_null()
    )
    ranks = dict(enumerate(CERTAINTIES))
    return (
        calls.join(needs, on=["event_source", "event_name"])
        .group_by("action", by)
        .agg(rank_of("certainty").min().replace_strict(ranks, return_dtype=pl.String))
        .sort("action", by)
    )
