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

# arn:aws:iam::aws:policy/ReadOnlyAccess, also arn:aws-cn and arn:aws-us-gov: no account of its own.
_AWS_MANAGED = r"^arn:aws[a-z-]*:iam::aws:policy/"


def only_aws_managed(grants: pl.DataFrame, sources: pl.DataFrame) -> pl.Series:
    """Say of each grant whether all that grants it are AWS-managed policies (IAM user guide, "Managed policies").

    In: `granted_by` of `expanded_grants`; `id` and `policy_arn` of `grant_sources`. Out: Boolean, in that order.
    """
    theirs = sources.filter(pl.col("policy_arn").str.contains(_AWS_MANAGED))["id"]
    if not theirs.len():
        return pl.repeat(False, grants.height, eager=True, dtype=pl.Boolean)
    by = pl.col("granted_by")
    inside = by.list.eval(pl.element().is_in(theirs.implode())).list.all()
    return grants.select((by.list.len() > 0) & inside).to_series()


def removable() -> pl.Expr:
    """Return the column `removable`, of `granted`, `service_linked`, `sso` and `only_aws_managed`."""
    return (
        pl.when(~pl.col("granted"))
        .then(pl.lit(""))
        .when("service_linked")
        .then(pl.lit("service_linked_role"))
        .when("sso")
        .then(pl.lit("sso_role"))
        .when("only_aws_managed")
        .then(pl.lit("aws_managed_policy"))
        .otherwise(pl.lit("yes"))
        .alias("removable")
    )
