"""Sessions and what issued them: Athena's tables are those of the local reader."""

from pathlib import Path
from typing import Any

import polars as pl

from tests.assets.cloudtrail_usage.athena.identities import ISSUED, ROLE_ARN, session
from tests.assets.cloudtrail_usage.athena.readings import local, made, reading, same
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, ALICE, DAY, event, put
from tests.athena_server import FakeAws
from tests.aws import upload


def test_sessions_and_what_issued_them(athena_aws: FakeAws, tmp_path: Path) -> None:
    root = tmp_path / "logs"
    attributes = {"attributes": {"creationDate": "2024-03-05T09:00:00Z", "mfaAuthenticated": "false"}}
    deploy = session("bob", **ISSUED)
    context = {**deploy["sessionContext"], **attributes, "sourceIdentity": "bob@example.com"}
    named = {**deploy, "sessionContext": context, "onBehalfOf": {"userId": "u-1"}}
    instance = {**deploy, "sessionContext": {**context, "ec2RoleDelivery": "2.0"}}
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    scoped = {**deploy, "inScopeOf": {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": function}}
    vague = {**deploy, "inScopeOf": {"issuerType": "unknown"}}
    linked = session(
        "x", **{**ISSUED, "arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/R"}
    )
    by_service = {**session("nightly", **ISSUED), "accessKeyId": "ASIANIGHTLY"}
    token = {**ALICE, "accessKeyId": "ASIATOKEN", "sessionContext": attributes}
    federated = {
        "type": "FederatedUser",
        "principalId": f"{ACCOUNT}:carol",
        "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/carol",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIACAROL",
        "sessionContext": {
            "sessionIssuer": {
                "type": "IAMUser",
                "principalId": "AIDAALICE",
                "arn": ALICE["arn"],
                "accountId": ACCOUNT,
                "userName": "alice",
            }
        },
    }
    acting = [named, instance, scoped, vague, linked, by_service, token, federated]
    # Sessions of one instance, with other names and keys, are one row.
    acting += [{**instance, "principalId": "AROADEPLOY:i-2", "accessKeyId": "ASIAOTHER"}]
    acting += [{**ALICE, "accessKeyId": "AKIALONGLIVED"}, {**named, "accessKeyId": "ASIASECOND"}]
    put(root, [event(f"act{n}", userIdentity=who) for n, who in enumerate(acting)])

    def issue(event_id: str, who: dict[str, Any], name: str = "AssumeRole", **more: Any) -> dict[str, Any]:
        return event(event_id, eventSource="sts.amazonaws.com", eventName=name, userIdentity=who, **more)

    def given(key: str, session: str) -> dict[str, Any]:
        return {
            "credentials": {
                "accessKeyId": key,
                "expiration": "Mar 5, 2024, 11:00:00 AM",
                "sessionToken": "t",
            },
            "assumedRoleUser": {
                "assumedRoleId": f"AROADEPLOY:{session}",
                "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/{session}",
            },
        }

    asked = {
        "roleArn": ROLE_ARN,
        "roleSessionName": "bob",
        "externalId": "e",
        "sourceIdentity": "bob@example.com",
    }
    lambda_ = {"type": "AWSService", "invokedBy": "scheduler.amazonaws.com"}
    issuing = [
        issue(
            "i1",
            {**ALICE, "accessKeyId": "AKIALONGLIVED"},
            requestParameters=asked,
            responseElements=given("ASIAEXAMPLE", "bob"),
            sharedEventID="s1",
        ),
        issue(
            "i2",
            lambda_,
            requestParameters={"roleArn": ROLE_ARN},
            responseElements=given("ASIANIGHTLY", "nightly"),
        ),
        issue(
            "i3",
            named,
            requestParameters=None,
            responseElements=None,
            errorCode="AccessDenied",
            errorMessage=f"User: x is not authorized to perform: sts:AssumeRole on resource: {ROLE_ARN}",
        ),
        issue(
            "i4",
            ALICE,
            "GetSessionToken",
            requestParameters=None,
            responseElements={"credentials": {"accessKeyId": "ASIATOKEN"}},
        ),
        issue(
            "i5",
            ALICE,
            "GetFederationToken",
            requestParameters={"name": "carol"},
            responseElements={
                "credentials": {"accessKeyId": "ASIACAROL"},
                "federatedUser": {"federatedUserId": f"{ACCOUNT}:carol"},
            },
        ),
        issue(
            "i6",
            {"type": "SAMLUser", "userName": "dan", "identityProvider": "idp"},
            "AssumeRoleWithSAML",
            requestParameters={"principalArn": "arn:aws:iam::1:saml-provider/x"},
            responseElements=given("ASIADAN", "dan"),
            resources=[
                {"type": "AWS::IAM::SAMLProvider", "ARN": "p"},
                {"type": "AWS::IAM::Role", "ARN": ROLE_ARN},
            ],
        ),
        event(
            "i7",
            eventSource="signin.amazonaws.com",
            eventName="SwitchRole",
            eventType="AwsConsoleSignIn",
            userIdentity=named,
            additionalEventData={"SwitchFrom": ALICE["arn"]},
        ),
    ]
    put(root, issuing, "issuing.json.gz")
    put(root, [issuing[0], issuing[1]], region="eu-west-1")
    upload(athena_aws.url, root, "sessions")
    here = local(root, ACCOUNT, [DAY])
    assert here[0].assumptions.height == len(issuing)
    assert here[0].sessions.filter(pl.col("service") == "ec2.amazonaws.com")["events"].to_list() == [2]
    same(here, made(reading(athena_aws, "sessions"), ACCOUNT, [DAY]))
