"""The parts of a record that say which session it issued: decoded for those few events only.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html and the API reference of
AWS STS.
"""

from typing import TypeVar

import msgspec


class Request(msgspec.Struct, gc=False, rename="camel"):
    """`requestParameters`; `account` and `role...` are those of a SwitchRole."""

    role_arn: str | None = None
    role_session_name: str | None = None
    source_identity: str | None = None
    external_id: str | None = None
    principal_arn: str | None = None
    name: str | None = None
    account: str | None = None
    role_name: str | None = None
    role: str | None = None


class Credentials(msgspec.Struct, gc=False, rename="camel"):
    """`responseElements.credentials`, without the token."""

    access_key_id: str | None = None
    expiration: str | None = None


class AssumedRoleUser(msgspec.Struct, gc=False, rename="camel"):
    """`responseElements.assumedRoleUser`."""

    assumed_role_id: str | None = None
    arn: str | None = None


class FederatedUser(msgspec.Struct, gc=False, rename="camel"):
    """`responseElements.federatedUser`."""

    federated_user_id: str | None = None


class Response(msgspec.Struct, gc=False, rename="camel"):
    """`responseElements`."""

    credentials: Credentials | None = None
    assumed_role_user: AssumedRoleUser | None = None
    federated_user: FederatedUser | None = None
    source_identity: str | None = None
    provider: str | None = None
    audience: str | None = None
    subject: str | None = None
    subject_from_web_identity_token: str | None = None


class Resource(msgspec.Struct, gc=False):
    """An entry of `resources`."""

    type: str | None = None
    arn: str | None = msgspec.field(default=None, name="ARN")


class Additional(msgspec.Struct, gc=False):
    """`additionalEventData` of a SwitchRole."""

    switch_from: str | None = msgspec.field(default=None, name="SwitchFrom")
    account: str | None = None
    role: str | None = None
    role_name: str | None = msgspec.field(default=None, name="roleName")


_T = TypeVar("_T")
_request = msgspec.json.Decoder(Request | None)
_response = msgspec.json.Decoder(Response | None)
_additional = msgspec.json.Decoder(Additional | None)
_resources = msgspec.json.Decoder(list[Resource] | None)


def request_of(raw: msgspec.Raw) -> Request:
    """Decode `requestParameters`; what is of another shape says nothing."""
    return _decoded(_request, raw) or Request()


def response_of(raw: msgspec.Raw) -> Response:
    """Decode `responseElements`."""
    return _decoded(_response, raw) or Response()


def additional_of(raw: msgspec.Raw) -> Additional:
    """Decode `additionalEventData`."""
    return _decoded(_additional, raw) or Additional()


def roles_in(raw: msgspec.Raw) -> list[str]:
    """Return the ARNs of the roles among `resources`."""
    resources = _decoded(_resources, raw) or []
    return [one.arn for one in resources if one.type == "AWS::IAM::Role" and one.arn]


def _decoded(decoder: "msgspec.json.Decoder[_T]", raw: msgspec.Raw) -> _T | None:
    # A record is not lost for them: the event itself is read, and its session stays unknown.
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
