"""The needed fields of a CloudTrail record, as they are decoded."""

from typing import Any

import msgspec


class Issuer(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.sessionContext.sessionIssuer`."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None


class SessionAttributes(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.sessionContext.attributes`."""

    creation_date: str | None = None


class SessionContext(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.sessionContext`."""

    session_issuer: Issuer | None = None
    attributes: SessionAttributes | None = None
    source_identity: str | None = None
    # Only whether it is there matters.
    ec2_role_delivery: Any = None


class OnBehalfOf(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.onBehalfOf`, the user of IAM Identity Center."""

    user_id: str | None = None


class InScopeOf(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.inScopeOf`, the Lambda function, ECS task, ... that the credentials were issued to."""

    issuer_type: str | None = None
    credentials_issued_to: str | None = None


class UserIdentity(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity`, see `identity` for what its fields mean."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None
    invoked_by: str | None = None
    session_context: SessionContext | None = None
    on_behalf_of: OnBehalfOf | None = None
    access_key_id: str | None = None
    in_scope_of: InScopeOf | None = None
    identity_provider: str | None = None


_ABSENT = msgspec.Raw(b"null")


class Fields(msgspec.Struct, gc=False, kw_only=True):
    """The needed fields of one CloudTrail record but `userIdentity`; their names are those of the log in snake case.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """

    # In the order of the log: the decoder looks for the next field first.
    event_time: str = msgspec.field(name="eventTime")
    event_source: str = msgspec.field(name="eventSource")
    event_name: str = msgspec.field(name="eventName")
    error_code: str | None = msgspec.field(default=None, name="errorCode")
    # Only whether there is one matters, so any type will do.
    error_message: Any = msgspec.field(default=None, name="errorMessage")
    # Raw parts are decoded only where an event issues a session, see `assumption`.
    request: msgspec.Raw = msgspec.field(default=_ABSENT, name="requestParameters")
    response: msgspec.Raw = msgspec.field(default=_ABSENT, name="responseElements")
    additional: msgspec.Raw = msgspec.field(default=_ABSENT, name="additionalEventData")
    event_id: str | None = msgspec.field(default=None, name="eventID")
    resources: msgspec.Raw = msgspec.field(default=_ABSENT, name="resources")
    event_type: str | None = msgspec.field(default=None, name="eventType")
    recipient_account_id: str | None = msgspec.field(default=None, name="recipientAccountId")
    shared_event_id: str | None = msgspec.field(default=None, name="sharedEventID")


class Record(Fields, gc=False, kw_only=True):
    """A record and who acted."""

    user_identity: UserIdentity = msgspec.field(name="userIdentity")


class Event(Fields, gc=False, kw_only=True):
    """A record with its `userIdentity` as written: most are those of earlier records, byte for byte."""

    user_identity: msgspec.Raw = msgspec.field(name="userIdentity")


_identity = msgspec.json.Decoder(UserIdentity)


def identity_of(raw: bytes | msgspec.Raw) -> UserIdentity:
    """Decode a `userIdentity`. Raises msgspec.DecodeError and UnicodeDecodeError."""
    return _identity.decode(raw)
