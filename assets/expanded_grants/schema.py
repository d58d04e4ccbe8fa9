"""Columns of `expanded_grants`, `grant_sources` and `grant_problems` that other tables may rely on."""

import polars as pl

TIME = pl.Datetime("us", "UTC")
Columns = dict[str, pl.DataType]

GRANTS: Columns = {
    "principal_arn": pl.String(),
    "principal_id": pl.String(),
    "principal_type": pl.String(),
    "principal_name": pl.String(),
    "action": pl.String(),
    "access_level": pl.String(),
    "restricted": pl.Boolean(),
    "granted_by": pl.List(pl.String()),
    "restricted_by": pl.List(pl.String()),
    "first_granted": TIME,
    "unverified": pl.Boolean(),
    "unknown_action": pl.Boolean(),
    "only_aws_managed": pl.Boolean(),
}
GRANTS_KEY = ("principal_arn", "action")

SOURCES: Columns = {
    "id": pl.String(),
    "policy_arn": pl.String(),
    "policy_name": pl.String(),
    "policy_kind": pl.String(),
    "used_as": pl.String(),
    "attached_to": pl.String(),
    "group": pl.String(),
    "statement": pl.Int64(),
    "sid": pl.String(),
    "pattern": pl.String(),
    "pattern_kind": pl.String(),
    "effect": pl.String(),
    "condition": pl.String(),
    "resources": pl.String(),
    "not_resources": pl.Boolean(),
}
SOURCES_KEY = ("id",)

PROBLEMS: Columns = {"principal_arn": pl.String(), "problem": pl.String(), "detail": pl.String()}
PROBLEMS_KEY = ("principal_arn", "problem", "detail")
PROBLEM_CODES = ("invalid_statement", "missing_boundary", "missing_group", "missing_policy")

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "expanded_grants": {
        "": "What each user and role may do, and which statements say so",
        "principal_arn": "ARN of the user or role",
        "principal_id": "its unique id (AIDA..., AROA...), never reused for the same name",
        "principal_type": "user or role",
        "principal_name": "its name",
        "action": "IAM action in canonical spelling (s3:GetObject)",
        "access_level": "List, Read, Tagging, Write or Permissions management; empty for an unknown action",
        "restricted": "only on some resources, only under a condition, or partly denied",
        "granted_by": "ids in grant_sources of the statements that allow it, sorted",
        "restricted_by": "ids in grant_sources of Denies, boundary and SCP statements that limit it, sorted",
        "first_granted": "first stored snapshot that grants it, where an earlier one did not; UTC",
        "unverified": "only the name of an API operation suggests that the action exists",
        "unknown_action": "written out in a policy, but not known to the catalogue",
        "only_aws_managed": "all that grants it are AWS-managed policies: they can be detached or replaced, not edited",
    },
    "grant_sources": {
        "": "The statements that grants refer to: one row a pattern and a carrier of its policy",
        "id": "hash of the row's other columns",
        "policy_arn": "ARN of a managed policy; null for an inline one",
        "policy_name": "name of the policy",
        "policy_kind": "managed or inline",
        "used_as": "identity (grants), boundary or scp (both only limit)",
        "attached_to": "ARN of the user, role or group that carries it; of an SCP its organization level",
        "group": "name of the group through which it comes, else empty",
        "statement": "position of the statement in its document, from 0",
        "sid": "Sid of the statement, else empty",
        "pattern": "the pattern as written; of NotAction, all of them",
        "pattern_kind": "Action or NotAction",
        "effect": "Allow or Deny",
        "condition": "Condition as JSON text, else empty",
        "resources": "Resource or NotResource as a JSON list",
        "not_resources": "resources are NotResource",
    },
    "grant_problems": {
        "": "What makes a principal's grants uncertain: missing documents, invalid statements",
        "principal_arn": "ARN of the user or role",
        "problem": "invalid_statement, missing_boundary, missing_group or missing_policy",
        "detail": "which policy or group, and what is wrong",
    },
}
