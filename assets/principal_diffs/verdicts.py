"""The verdict on every permission: a chain of reasons, the first that holds decides."""

from collections.abc import Mapping

import polars as pl

from assets.principal_diffs.codes import REASON, STATUS
from assets.principal_diffs.schema import REASONS

UNKNOWN_REASONS = (
    "missing_policy",
    "unknown_action",
    "unverified",
    "not_recorded",
    "selectors_unknown",
    "excluded_by_trail",
    "only_errors",
    "maybe_needed",
    "other_account",
    "role_last_used",
    "too_new",
    "low_coverage",
)

# Services whose resources carry policies of their own, so that a call can succeed without an identity policy
# (IAM User Guide, "AWS services that work with IAM", column "Resource-based policies").
RESOURCE_POLICIES = frozenset(
    [
        "acm-pca",
        "apigateway",
        "aoss",
        "backup",
        "backup-storage",
        "bedrock-agentcore",
        "cloudtrail",
        "cloudwatch",
        "codeartifact",
        "codebuild",
        "dataexchange",
        "dynamodb",
        "ecr",
        "ecr-public",
        "elasticfilesystem",
        "elasticmapreduce",
        "es",
        "events",
        "execute-api",
        "geo",
        "glacier",
        "glue",
        "iot",
        "kafka",
        "kinesis",
        "kms",
        "lambda",
        "lex",
        "logs",
        "mediastore",
        "mediaconvert",
        "mq",
        "network-firewall",
        "organizations",
        "ram",
        "redshift-serverless",
        "refactor-spaces",
        "rekognition",
        "route53resolver",
        "s3",
        "s3-object-lambda",
        "s3-outposts",
        "s3express",
        "s3tables",
        "s3vectors",
        "schemas",
        "secretsmanager",
        "ses",
        "signer",
        "sns",
        "sqs",
        "ssm",
        "ssm-contacts",
        "ssm-incidents",
        "states",
        "sts",
        "verifiedpermissions",
        "vpc-lattice",
        "vpce",
        "waf",
        "wafv2",
        "xray",
    ]
)

# These make or list the resource itself: no policy of a resource can have allowed them.
_NO_RESOURCE_YET = r"(?i)^[a-z0-9-]+:(Create[A-Z].*|ListAllMyBuckets)$"
# But for what these make: it belongs to something with a policy that is there (a key, a catalogue, a domain, ...).
_OF_A_RESOURCE = (
    r"(?i)^(kms:CreateGrant|glue:Create.*|codeartifact:CreateRepository|ecr:CreateRepository|organizations:Create.*"
    r"|s3express:CreateSession|s3tables:Create(Namespace|Table)|s3vectors:CreateIndex)$"
)


# The first part of the chain's end: what the list of actions says of an action whose use cannot be seen.
_UNSEEN = {"never": "not_recorded", "data": "selectors_unknown", "excluded": "excluded_by_trail"}

STATUS_OF: Mapping[str, str] = {
    **dict.fromkeys(REASONS, "not_granted"),
    **dict.fromkeys(("called", "called_by_service"), "used"),
    **dict.fromkeys(("never_called", "only_denied"), "unused"),
    **dict.fromkeys(UNKNOWN_REASONS, "unknown"),
}
"""The status that a reason means."""


def unseen(recorded: pl.Series) -> pl.Series:
    """Return why a use of the action would not be seen (`REASON`), null where it would: of `recorded`."""
    return recorded.fill_null("never").replace_strict(_UNSEEN, default=None, return_dtype=REASON)


def use() -> pl.Expr:
    """Return what was performed as the reason (`REASON`) that it is for a verdict, `never_called` where nothing counts.

    Of `events`, `own_events`, `denied_events`, `error_events` and `maybe_events`.
    """
    return (
        pl.when((pl.col("events") > 0) & (pl.col("own_events") > 0))
        .then(_reason("called"))
        .when(pl.col("events") > 0)
        .then(_reason("called_by_service"))
        .when(pl.col("error_events") > 0)
        .then(_reason("only_errors"))
        .when(pl.col("maybe_events") > 0)
        .then(_reason("maybe_needed"))
        .when(pl.col("denied_events") > 0)
        .then(_reason("only_denied"))
        .otherwise(_reason("never_called"))
    )


def decide(rows: pl.DataFrame, *, min_covered_days: int, all_covered_days: int) -> pl.DataFrame:
    """Add `status` and `reason` (`STATUS`, `REASON`) to granted and performed actions.

    In: one row a principal and action with `granted`, `use` (of `use`), `covered_days`, `unseen` (of `unseen`),
    `unverified`, `unknown_action`, `problem`, `foreign`, `used_elsewhere`, `without_grant` (of `without_grant`, where
    there was a use). The rules are DESIGN.md section 3, *Verdicts*: `unused` needs a record that would have shown the
    use, and whatever stands in the way of knowing comes before it.
    """
    granted = (
        pl.when(_used_as("called", "called_by_service"))
        .then(pl.col("use"))
        .when(pl.col("problem"))
        .then(_reason("missing_policy"))
        .when(pl.col("unknown_action"))
        .then(_reason("unknown_action"))
        .when(pl.col("unverified"))
        .then(_reason("unverified"))
        .when(pl.col("unseen").is_not_null())
        .then(pl.col("unseen"))
        .when(_used_as("only_errors", "maybe_needed"))
        .then(pl.col("use"))
        .when(pl.col("foreign"))
        .then(_reason("other_account"))
        .when(pl.col("used_elsewhere"))
        .then(_reason("role_last_used"))
        .when(pl.col("covered_days") < min_covered_days)
        .then(_reason("too_new" if all_covered_days >= min_covered_days else "low_coverage"))
        .otherwise(pl.col("use"))
    )
    # A principal with an unread policy may well be granted it there, and an action whose name is only a guess may
    # be granted under its real one: neither is known, neither is a `+`.
    not_granted = (
        pl.when(pl.col("problem"))
        .then(_reason("missing_policy"))
        .when(pl.col("unverified"))
        .then(_reason("unverified"))
        .otherwise(pl.col("without_grant"))
    )
    statuses = pl.Series([STATUS_OF[reason] for reason in REASON.categories], dtype=STATUS)
    return rows.with_columns(reason=pl.when("granted").then(granted).otherwise(not_granted)).with_columns(
        status=pl.lit(statuses).gather(pl.col("reason").to_physical())
    )


def without_grant() -> pl.Expr:
    """Return the reason (`REASON`) for a use that no grant allows, nor allowed before, of `action`."""
    service = pl.col("action").str.split(":").list.first().str.to_lowercase()
    needs_none = pl.col("action").str.contains(_NO_RESOURCE_YET) & ~pl.col("action").str.contains(
        _OF_A_RESOURCE
    )
    return (
        pl.when(pl.col("action").str.starts_with("sts:AssumeRole"))
        .then(_reason("trust_policy"))
        .when(service.is_in(RESOURCE_POLICIES) & ~needs_none)
        .then(_reason("possibly_resource_policy"))
        .otherwise(_reason("revoked"))
    )


def _reason(name: str) -> pl.Expr:
    return pl.lit(name, REASON)


def _used_as(*names: str) -> pl.Expr:
    return pl.any_horizontal(pl.col("use") == _reason(name) for name in names)
