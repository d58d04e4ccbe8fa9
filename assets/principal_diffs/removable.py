"""Whether a permission can be taken away by itself, or only together with others."""

import polars as pl

REMOVABLE = {
    "yes": "an edit of the policies that grant it takes it away, and nothing else",
    "service_linked_role": "the role is an AWS service's own: its permissions are the service's to change",
    "sso_role": "the role is made by IAM Identity Center: change its permission set, not the role",
    "aws_managed_policy": "only AWS-managed policies grant it: they can be detached or replaced, not edited",
    "": "it is not granted",
}
"""What the column says, in words. The first that holds stands, in the order: role, policy, yes."""

REMOVAL = pl.Enum(list(REMOVABLE))


def of_principal() -> pl.Expr:
    """Return what `removable` is for a principal's grants by itself (`REMOVAL`), of `service_linked` and `sso`."""
    return (
        pl.when("service_linked")
        .then(pl.lit("service_linked_role", REMOVAL))
        .when("sso")
        .then(pl.lit("sso_role", REMOVAL))
        .otherwise(pl.lit("yes", REMOVAL))
    )


def removable() -> pl.Expr:
    """Return `removable` (`REMOVAL`), of `granted`, `only_aws_managed` and, as `removable`, `of_principal`."""
    return (
        pl.when(~pl.col("granted"))
        .then(pl.lit("", REMOVAL))
        .when(pl.col("only_aws_managed") & (pl.col("removable") == pl.lit("yes", REMOVAL)))
        .then(pl.lit("aws_managed_policy", REMOVAL))
        .otherwise("removable")
    )
