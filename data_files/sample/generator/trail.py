"""A trail: it turns a call into a CloudTrail record and remembers when the record is delivered.

Source: CloudTrail User Guide, "CloudTrail record contents".
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .cast import Caller, Json, stamp
from .dice import Dice

GLOBAL_SERVICES = frozenset({"iam", "cloudfront", "sso"})
_READING = ("Describe", "Get", "List", "Lookup", "BatchGet", "BatchCheck", "AssumeRole", "Decrypt", "Head")
_SHORT_DELAY = timedelta(minutes=5)


@dataclass(frozen=True)
class Delivery:
    """A record, the account whose bucket folder it goes to, and when CloudTrail writes it there."""

    record: Json
    account: str
    region: str
    at: datetime


@dataclass
class Trail:
    """The deliveries of one scene."""

    scene: str
    deliveries: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Give the scene its dice."""
        self.dice = Dice(self.scene)

    def call(
        self,
        caller: Caller,
        when: datetime,
        event: str,
        parameters: Json | None = None,
        *,
        region: str = "us-east-1",
        error: str = "",
        message: str = "",
        response: Json | None = None,
        via: str = "",
        delay: timedelta = _SHORT_DELAY,
        **fields: Any,
    ) -> Json:
        """Write one record and return it.

        event: service and name, as in `ec2 DescribeInstances`. via: the service that calls on behalf of the
        caller. fields: replace or add record fields (eventType, managementEvent, resources, ...).
        """
        service, name = event.split(" ")
        region = "us-east-1" if service in GLOBAL_SERVICES else region
        host = f"{via}.amazonaws.com" if via else ""
        record: Json = {
            "eventVersion": "1.11" if service in ("s3", "sts", "iam", "ec2") else "1.09",
            "userIdentity": caller.identity | ({"invokedBy": host} if via else {}),
            "eventTime": stamp(when),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": host or caller.address,
            "userAgent": host or caller.agent,
        }
        if error:
            record |= {"errorCode": error, "errorMessage": message or f"{error} when calling {name}"}
        record |= {
            "requestParameters": parameters,
            "responseElements": None if error else response,
            "requestID": self.dice.s3_request_id() if service == "s3" else self.dice.uuid(),
            "eventID": self.dice.uuid(),
            "readOnly": name.startswith(_READING),
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": caller.account,
            "eventCategory": "Management",
        }
        if not via and "invokedBy" not in caller.identity:
            record["tlsDetails"] = {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": _host(service, region),
            }
        if caller.console:
            record["sessionCredentialFromConsole"] = "true"
        record |= caller.extra | fields
        self.deliveries.append(Delivery(record, record["recipientAccountId"], region, when + delay))
        return record

    def data_event(
        self, caller: Caller, when: datetime, event: str, bucket: str, key: str, region: str
    ) -> Json:
        """Write an S3 object-level record, as a trail with data events enabled has them."""
        arn = f"arn:aws:s3:::{bucket}"
        resources = [
            {"type": "AWS::S3::Object", "ARN": f"{arn}/{key}"},
            {"accountId": caller.account, "type": "AWS::S3::Bucket", "ARN": arn},
        ]
        return self.call(
            caller,
            when,
            event,
            {"bucketName": bucket, "key": key},
            region=region,
            managementEvent=False,
            eventCategory="Data",
            resources=resources,
        )


def _host(service: str, region: str) -> str:
    return f"{service}.amazonaws.com" if service in GLOBAL_SERVICES else f"{service}.{region}.amazonaws.com"
