"""Who used a role, and who may: `cloudtracker who`."""

from dataclasses import asdict
from typing import Any

import polars as pl

from assets.expanded_grants.limits import limits_on
from assets.iam_snapshots.principals import principals
from assets.partitions import Partition
from assets.role_sessions.caller_policies import denied_on, granted_on
from assets.role_sessions.origins import ORIGIN, rank_of
from assets.role_sessions.schema import CERTAINTIES
from assets.role_sessions.trust import Candidate, may_assume, read_trust
from pipeline.answers import Question, covered, details
from pipeline.lake import Lake
from pipeline.role_use import RoleUse, actions_by, role_use
from pipeline.settings import AccountSettings, Settings
from pipeline.verdict_rules import verdict_rules

_ASSUME = "sts:AssumeRole"
_ID_PREFIX = {"user": "AIDA", "role": "AROA"}
_MAY = {
    "status": pl.String(),
    "kind": pl.String(),
    "principal": pl.String(),
    "name": pl.String(),
    "account": pl.String(),
    "may": pl.String(),
    "because": pl.String(),
}


def users_of(
    lake: Lake, settings: Settings, question: Question, role: dict[str, Any]
) -> tuple[pl.DataFrame, RoleUse]:
    """Return everybody who used the role in the window, and the sessions that say so.

    A row an origin: `kind`, `origin_type`, `origin_name`, `origin_arn`, `origin_id`, `origin_account`, `through`
    (the chains, sorted), `sessions` (of services: AssumeRole calls), `events`, `last_used` (UTC: the last event, or
    the last AssumeRole), `actions`, `only` (actions that nobody else used in it), `certainty` (the weakest).
    Sorted by name.
    """
    use = role_use(lake, settings, question, role)
    # Whoever is federated has a name; the id may be that of one sign-in.
    federated = pl.col("origin_type").is_in(["saml_user", "web_identity_user"]) & (
        pl.col("origin_name") != ""
    )
    sessions = use.sessions.with_columns(
        origin_id=pl.when(federated).then(pl.lit("")).otherwise("origin_id")
    ).with_columns(origin=pl.concat_str("kind", *ORIGIN, separator="\x1f"))
    told = sessions.select("day", "session_id", "origin")
    use = RoleUse(sessions, use.events.join(told, on=["day", "session_id"], how="left"))
    actions = actions_by(use, lake, "origin")
    by_origin = (
        actions.with_columns(alone=~pl.col("action").is_duplicated())
        .group_by("origin")
        .agg(pl.col("action").sort().alias("actions"), pl.col("action").filter("alone").sort().alias("only"))
    )
    service = pl.col("kind") == "service"
    rows = (
        sessions.group_by("kind", *ORIGIN, "origin")
        .agg(
            pl.col("through").unique().sort(),
            pl.when(service.first())
            .then(pl.col("assumptions").sum())
            .otherwise(pl.col("session_id").n_unique().cast(pl.Int64))
            .alias("sessions"),
            pl.col("events").sum(),
            pl.max_horizontal("last_seen", "assumed_at").max().alias("last_used"),
            rank_of("certainty").max().replace_strict(dict(enumerate(CERTAINTIES)), return_dtype=pl.String),
        )
        .join(by_origin, on="origin", how="left")
    )
    empty = pl.lit([], pl.List(pl.String))
    rows = rows.with_columns(pl.col("actions", "only").fill_null(empty)).drop("origin")
    columns = ["kind", *ORIGIN, "through", "sessions", "events", "last_used", "actions", "only", "certainty"]
    return rows.select(columns).sort("origin_name", "origin_arn", *columns[:5]), use


def trusted_accounts(settings: Settings, role: dict[str, Any]) -> list[AccountSettings]:
    """Return the accounts with IAM data whose users and roles the role's trust policy may let in."""
    trust = read_trust(role["trust"])
    named = {trusted.account for trusted in trust} | {role["principal_arn"].split(":")[4]}
    anyone = any(trusted.kind == "anyone" for trusted in trust)
    return [one for one in settings.accounts if one.iam and (anyone or one.id in named)]


def may_of(
    lake: Lake, settings: Settings, question: Question, role: dict[str, Any], sessions: pl.DataFrame
) -> pl.DataFrame:
    """Return who may assume the role on the window's last day, and whether they did in the window.

    Columns of `trust.May` and `status`: `used`, `unused` (a trust that nobody needed), or `unknown`, where the logs
    have too few complete days, what is trusted cannot be evaluated, or a session was begun by somebody whom the logs
    do not name and who may be it. Sorted by kind and principal.
    """
    candidates = [
        candidate
        for account in trusted_accounts(settings, role)
        for candidate in _candidates(lake, question, account, role)
    ]
    found = [asdict(may) for may in may_assume(role["trust"], role["principal_arn"], candidates)]
    callers = _callers(sessions)
    enough = len(covered(lake, question)) >= verdict_rules(settings, question.account).min_covered_days
    kinds = [_federation(may) for may in found]
    ids = {candidate.arn: candidate.id for candidate in candidates}
    for may in found:
        id_ = ids.get(may["principal"], "")
        # Of two identity providers of a kind the sessions do not say which vouched.
        vague = bool(_federation(may)) and kinds.count(_federation(may)) > 1
        if may["kind"] == "unknown" or vague:
            may["status"] = "unknown"
        elif any(_is(caller, may, id_) for caller in callers):
            may["status"] = "used"
        elif any(_may_be(caller, may, id_) for caller in callers):
            may["status"] = "unknown"
            may["because"] += ", and who began some of its sessions is not in the logs"
        else:
            may["status"] = "unused" if enough else "unknown"
    return pl.DataFrame(found, schema=_MAY)


def _candidates(
    lake: Lake, question: Question, account: AccountSettings, role: dict[str, Any]
) -> list[Candidate]:
    role_arn = role["principal_arn"]
    end = [Partition(question.window.end, account.id)]
    snapshot = lake.scan("iam_snapshots", end).drop("day", "account").collect()
    if not snapshot.height:
        return []
    grants = lake.scan("expanded_grants", end).filter(pl.col("action") == _ASSUME).collect()
    sources = {row["id"]: row for row in lake.scan("grant_sources", end).collect().to_dicts()}
    granted = {
        row["principal_arn"]: granted_on(
            role_arn,
            [sources[one] for one in row["granted_by"]],
            [sources[one] for one in row["restricted_by"]],
        )
        for row in grants.to_dicts()
    }
    # What could not be read may grant it, but for a boundary, which grants nothing.
    problems = lake.scan("grant_problems", end).filter(pl.col("problem") != "missing_boundary")
    unread = set(problems.select("principal_arn").collect()["principal_arn"])
    denied = _denied(lake, question, role) if account.id == question.account.id else {}
    return [
        Candidate(
            row["principal_arn"],
            row["principal_id"],
            row["principal_type"],
            row["principal_name"],
            account.id,
            granted.get(row["principal_arn"], "unknown" if row["principal_arn"] in unread else "no"),
            denied.get(row["principal_arn"], "no"),
        )
        for row in principals(snapshot).to_dicts()
    ]


def _denied(lake: Lake, question: Question, role: dict[str, Any]) -> dict[str, str]:
    """Return what keeps those of the role's account whom its trust policy names: they need no grant of their own."""
    named = {one.principal: one.kind for one in read_trust(role["trust"]) if one.allow}
    named = {arn: kind for arn, kind in named.items() if kind in _ID_PREFIX}
    if not named:
        return {}
    limits = limits_on(
        details(lake, question),
        _ASSUME,
        named,
        question.scps.read(),
        management_account=question.scps.management_account,
    )
    return {arn: denied_on(role["principal_arn"], named[arn], limit) for arn, limit in limits.items()}


def _callers(sessions: pl.DataFrame) -> list[dict[str, Any]]:
    """Return who called AssumeRole on the role itself: the role before it in the chain, else the origin.

    `unnamed`: neither is known. A source identity says who began the chain, and not through which roles.
    """
    earlier = pl.col("chain").list
    return (
        sessions.select(
            *ORIGIN,
            unnamed=(earlier.len() < 2)
            & ((pl.col("origin_type") == "unknown") | (pl.col("link") == "source_identity")),
            before=pl.when(earlier.len() > 1).then(earlier.get(-2, null_on_oob=True)),
        )
        .unique()
        .to_dicts()
    )


def _may_be(caller: dict[str, Any], may: dict[str, Any], id_: str) -> bool:
    """Say whether the logs leave open that the caller is it: of another account's they may have only the id.

    Source: IAM User Guide, "IAM identifiers", for what the ids of users and roles begin with.
    """
    if caller["unnamed"]:
        return True
    if caller["before"] or caller["origin_type"] != "account" or may["kind"] not in _ID_PREFIX:
        return False
    told = next((kind for kind, prefix in _ID_PREFIX.items() if caller["origin_id"].startswith(prefix)), "")
    if told and (id_ or told != may["kind"]):
        return False
    return bool(caller["origin_account"] == may["account"])


def _is(caller: dict[str, Any], may: dict[str, Any], id_: str) -> bool:
    kind, principal = may["kind"], may["principal"]
    before = caller["before"]
    if kind == "anyone":
        return True
    if kind in _ID_PREFIX:
        if not before and caller["origin_type"] == "account" and id_:
            return bool(caller["origin_id"] == id_)
        return bool(principal == (before or caller["origin_arn"]))
    if kind == "account":
        return bool(principal == (before.split(":")[4] if before else caller["origin_account"]))
    if before:
        return False
    if kind == "service":
        return bool(caller["origin_type"] == "service" and caller["origin_name"] == principal)
    by_saml = ("saml_user", "identity_center_user")
    return caller["origin_type"] in (by_saml if _federation(may) == "saml" else ("web_identity_user",))


def _federation(may: dict[str, Any]) -> str:
    if may["kind"] != "federated":
        return ""
    return "saml" if ":saml-provider/" in may["principal"] else "oidc"
