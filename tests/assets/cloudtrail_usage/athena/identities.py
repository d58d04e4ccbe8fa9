"""Who acts in the logs that both engines read."""

from typing import Any

from tests.assets.cloudtrail_usage.log_files import ACCOUNT

ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/path/deploy"
ISSUED = {"principalId": "AROADEPLOY", "arn": ROLE_ARN, "accountId": ACCOUNT}


def session(name: str, **issuer: str | None) -> dict[str, Any]:
    """Return the `userIdentity` of a session of the role, whose issuer is told as far as given."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROADEPLOY:{name}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "deploy", **issuer}},
    }
