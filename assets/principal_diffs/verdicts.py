"""The verdict on every permission: a chain of reasons, the first that holds decides."""

import polars as pl

UNKNOWN_REASONS = (
    "missing_policy",
    "unknown_action",
    "unverified",
    "not_recorded",
    "selectors_unknown",
    "excluded_by_trail",
    "only_errors",
    "maybe_needed",
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


def decide(rows: pl.DataFrame, *, min_covered_days: int, all_covered_days: int) -> pl.DataFrame:
    """Add `status` and `reason` to granted and performed actions.

    In: one row a principal and action with `granted`, `was_granted`, `events`, `own_events`, `denied_events`,
    `error_events`, `maybe_events`, `covered_days`, `recorded`, `unverified`, `unknown_action`, `problem`,
    `used_elsewhere`. The rules are DESIGN.md section 3, *Verdicts*: `unused` needs a record that would have shown
    the use, and whatever stands in the way of knowing comes before it.
    """
    performed = pl.col("events") > 0
    granted = (
        pl.when(performed & (pl.col("own_events") > 0))
        .then(pl.lit("called"))
        .when(performed)
        .then(pl.lit("called_by_service"))
        .when(pl.col("problem"))
        .then(pl.lit("missing_policy"))
        .when(pl.col("unknown_action"))
        .then(pl.lit("unknown_action"))
        .when(pl.col("unverified"))
        .then(pl.lit("unverified"))
        .when(pl.col("recorded") == "never")
        .then(pl.lit("not_recorded"))
        .when(pl.col("recorded") == "data")
        .then(pl.lit("selectors_unknown"))
        .when(pl.col("recorded") == "excluded")
        .then(pl.lit("excluded_by_trail"))
        .when(pl.col("error_events") > 0)
        .then(pl.lit("only_errors"))
        .when(pl.col("maybe_events") > 0)
        .then(pl.lit("maybe_needed"))
        .when(pl.col("used_elsewhere"))
        .then(pl.lit("role_last_used"))
        .when(pl.col("covered_days") < min_covered_days)
        .then(pl.lit("too_new" if all_covered_days >= min_covered_days else "low_coverage"))
        .when(pl.col("denied_events") > 0)
        .then(pl.lit("only_denied"))
        .otherwise(pl.lit("never_called"))
    )
    return (
        rows.with_columns(reason=pl.when("granted").then(granted).otherwise(_not_granted()))
        .filter(pl.col("granted") | performed)
        .with_columns(
            status=pl.when(pl.col("reason").is_in(["called", "called_by_service"]))
            .then(pl.lit("used"))
            .when(pl.col("reason").is_in(UNKNOWN_REASONS))
            .then(pl.lit("unknown"))
            .when(pl.col("granted"))
            .then(pl.lit("unused"))
            .otherwise(pl.lit("not_granted"))
        )
    )


def _not_granted() -> pl.Expr:
    # A principal with an unread policy may well be granted it there, and an action whose name is only a guess may
    # be granted under its real one: neither is known, neither is a `+`.
    service = pl.col("action").str.split(":").list.first().str.to_lowercase()
    return (
        pl.when(pl.col("problem"))
        .then(pl.lit("missing_policy"))
        .when(pl.col("unverified"))
        .then(pl.lit("unverified"))
        .when(pl.col("was_granted"))
        .then(pl.lit("revoked"))
        .when(pl.col("action").str.starts_with("sts:AssumeRole"))
        .then(pl.lit("trust_policy"))
        .when(service.is_in(RESOURCE_POLICIES) & ~pl.col("action").str.contains(_NO_RESOURCE_YET))
        .then(pl.lit("possibly_resource_policy"))
        .otherwise(pl.lit("revoked"))
    )
