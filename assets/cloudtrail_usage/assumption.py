"""Events that issue a session, each to a row of `role_assumptions`."""

import re
from typing import NamedTuple

from assets.cloudtrail_usage.access_keys import KeyHash
from assets.cloudtrail_usage.credential_time import credential_micros
from assets.cloudtrail_usage.identity import account_in, partition_of, principal_of, stable_arn
from assets.cloudtrail_usage.issued import (
    Additional,
    Request,
    Response,
    additional_of,
    request_of,
    response_of,
    roles_in,
)
from assets.cloudtrail_usage.outcome import outcome_of
from assets.cloudtrail_usage.person import is_session, person_of
from assets.cloudtrail_usage.records import Fields, UserIdentity
from assets.cloudtrail_usage.schema import ROLE_ASSUMPTIONS

_ASSUME, _STS, _SIGN_IN = "AssumeRole", "sts.amazonaws.com", "signin.amazonaws.com"
_OTHERS = frozenset({"GetFederationToken", "GetSessionToken", "SwitchRole"})
_REFUSED_ROLE = re.compile(r"on resource: (arn:[^:\s]+:iam::\d*:role/\S+)")
_COLUMNS = list(ROLE_ASSUMPTIONS)
_NAME = _COLUMNS.index("caller_name") - _COLUMNS.index("caller_type")

Row = tuple[str | int | bool | None, ...]
"""The columns of `ROLE_ASSUMPTIONS` in order, times in microseconds since 1970-01-01 UTC."""


def issues_session(source: str, name: str) -> bool:
    """Say whether events of that source and name are AssumeRole*, GetFederationToken, GetSessionToken or SwitchRole."""
    if name[:10] != _ASSUME and name not in _OTHERS:
        return False
    return source == (_SIGN_IN if name == "SwitchRole" else _STS)


class Caller(NamedTuple):
    """Who asked for a session: the identity, and what it says in the columns `caller_type` to `service`, in order."""

    who: UserIdentity
    columns: Row


def caller_of(who: UserIdentity, region: str, key_hash: KeyHash) -> Caller:
    """Return what an identity is in every session that it asks for; `region` names the partition (`principal_of`)."""
    principal, context = principal_of(who, region), who.session_context
    attributes = context.attributes if context is not None else None
    columns = (
        principal.type,
        principal.arn,
        principal.id,
        principal.account,
        person_of(who),
        _session(who),
        credential_micros(attributes.creation_date) if attributes is not None else None,
        key_hash.of(who.access_key_id),
        _source_identity(who),
        _on_behalf_of(who),
        who.invoked_by or (principal.arn if principal.type == "service" else ""),
    )
    return Caller(who, columns)


def assumption_of(
    record: Fields, caller: Caller, event_id: str, time: int, region: str, key_hash: KeyHash
) -> Row:
    """Return the row of an event of a caller that `issues_session`; `time` is its time in microseconds."""
    request, response, who = request_of(record.request), response_of(record.response), caller.who
    additional = additional_of(record.additional) if record.event_name == "SwitchRole" else Additional()
    credentials = response.credentials
    # Where a console session says from where it was switched to, the record's identity is the new session.
    if additional.switch_from and is_session(who):
        asking, issued = _switched_from(additional.switch_from, who), who
        role, session_id = principal_of(who, region).arn, who.principal_id or ""
    else:
        asking, issued = _named(caller.columns, response), UserIdentity()
        role, session_id = _role(record, request, response, additional, region), _issued_id(response)
    return (
        event_id,
        record.shared_event_id or "",
        time,
        record.event_name,
        outcome_of(record.event_source, record.error_code, bool(record.error_message)),
        record.error_code or "",
        *asking,
        role,
        account_in(role),
        key_hash.of(credentials.access_key_id if credentials is not None else issued.access_key_id),
        session_id,
        request.role_session_name or request.name or session_id.partition(":")[2],
        request.source_identity or response.source_identity or _source_identity(issued),
        credential_micros(credentials.expiration) if credentials is not None else None,
        _provider(record, who, request, response),
        bool(request.external_id),
        region,
    )


def _named(columns: Row, response: Response) -> Row:
    """Return a caller's columns; who has no human name has that of the token that was shown."""
    return columns if columns[_NAME] else (*columns[:_NAME], _subject(response), *columns[_NAME + 1 :])


def _switched_from(arn: str, who: UserIdentity) -> Row:
    """Return the columns of the caller of a SwitchRole to the session that `who` is."""
    stable = stable_arn(arn)
    kind = {"user": "user", "role": "role", "root": "root"}.get(_kind(stable), "unknown")
    name = stable.rpartition("/")[2] if kind == "user" else person_of(UserIdentity(arn=arn))
    return (
        kind,
        stable,
        "",
        account_in(stable),
        name,
        "",
        None,
        "",
        "",
        _on_behalf_of(who),
        who.invoked_by or "",
    )


def _session(who: UserIdentity) -> str:
    """Return the id of the session that asked, or ""; of another account's caller only roles' are told apart."""
    principal_id = who.principal_id or ""
    foreign = who.type == "AWSAccount" and principal_id.startswith("AROA") and ":" in principal_id
    return principal_id if foreign or is_session(who) else ""


def _source_identity(who: UserIdentity) -> str:
    return (who.session_context.source_identity if who.session_context is not None else None) or ""


def _on_behalf_of(who: UserIdentity) -> str:
    return (who.on_behalf_of.user_id if who.on_behalf_of is not None else None) or ""


def _subject(response: Response) -> str:
    return response.subject or response.subject_from_web_identity_token or ""


def _role(record: Fields, request: Request, response: Response, additional: Additional, region: str) -> str:
    if record.event_name == "SwitchRole":
        return _named_role(request, additional, region)
    if request.role_arn:
        return request.role_arn
    for arn in roles_in(record.resources):
        return arn
    if response.assumed_role_user is not None and response.assumed_role_user.arn:
        return stable_arn(response.assumed_role_user.arn)
    # A refused call has no parameters; its message names the role.
    refused = _REFUSED_ROLE.search(record.error_message) if isinstance(record.error_message, str) else None
    return refused.group(1) if refused else ""


def _named_role(request: Request, additional: Additional, region: str) -> str:
    account = request.account or additional.account
    name = request.role_name or request.role or additional.role_name or additional.role or ""
    if name.startswith("arn:"):
        return name
    return f"arn:{partition_of(region)}:iam::{account}:role/{name}" if account and name else ""


def _issued_id(response: Response) -> str:
    if response.assumed_role_user is not None:
        return response.assumed_role_user.assumed_role_id or ""
    return (response.federated_user.federated_user_id if response.federated_user is not None else None) or ""


def _provider(record: Fields, who: UserIdentity, request: Request, response: Response) -> str:
    saml = request.principal_arn if record.event_name == "AssumeRoleWithSAML" else None
    return response.provider or saml or who.identity_provider or response.audience or ""


def _kind(arn: str) -> str:
    return arn.split(":", 5)[-1].partition("/")[0]
