"""Read the output of `aws iam get-account-authorization-details`.

Shapes: IAM API reference, GetAccountAuthorizationDetails (`UserDetail`, `RoleDetail`, `GroupDetail`,
`ManagedPolicyDetail`). Every key but `Arn` may be missing: the CLI leaves out empty lists.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from assets.errors import InputError
from assets.iam_snapshots.file_text import read_text
from assets.iam_snapshots.policy_documents import PolicyDocument, decode_document
from assets.uncollected import uncollected

LISTS = {
    "user": "UserDetailList",
    "role": "RoleDetailList",
    "group": "GroupDetailList",
    "policy": "Policies",
}
SERVICE_LINKED = "/aws-service-role/"
"""The path below which service-linked roles live (IAM user guide)."""
# Made once: json.dumps makes one each time that it is asked for something of its own.
_compact = json.JSONEncoder(separators=(",", ":")).encode
HOW_TO_GET_IT = "write it anew with: aws iam get-account-authorization-details > FILE"


@dataclass(frozen=True)
class InlinePolicy:
    """A policy embedded in one user, role or group."""

    name: str
    document: PolicyDocument


@dataclass(frozen=True)
class AttachedPolicy:
    """A reference to a managed policy."""

    name: str
    arn: str


@dataclass(frozen=True)
class Entity:
    """A user, role or group: what the three have in common, and `text`, its JSON as AWS returned it."""

    kind: str
    arn: str
    id: str
    name: str
    path: str
    created_at: datetime | None
    text: str = field(repr=False)
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    groups: tuple[str, ...] = ()
    boundary: str = ""
    last_used: datetime | None = None

    @property
    def trust(self) -> str:
        """A role's trust policy: see `trust_text`."""
        return trust_text(msgspec.json.decode(self.text).get("AssumeRolePolicyDocument"))

    @property
    def service_linked(self) -> bool:
        """Whether AWS owns it: SCPs skip service-linked roles."""
        return self.kind == "role" and self.path.startswith(SERVICE_LINKED)


@dataclass(frozen=True)
class ManagedPolicy:
    """A managed policy with the document of its default version."""

    arn: str
    id: str
    name: str
    path: str
    created_at: datetime | None
    document: PolicyDocument
    text: str = field(repr=False)


@dataclass(frozen=True)
class AccountDetails:
    """Everything that one file says, each list sorted by ARN."""

    users: tuple[Entity, ...]
    roles: tuple[Entity, ...]
    groups: tuple[Entity, ...]
    policies: tuple[ManagedPolicy, ...]


_NOT_AS_WRITTEN = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, RecursionError)


class _File(msgspec.Struct):
    users: list[msgspec.Raw] | None = msgspec.field(default=None, name="UserDetailList")
    roles: list[msgspec.Raw] | None = msgspec.field(default=None, name="RoleDetailList")
    groups: list[msgspec.Raw] | None = msgspec.field(default=None, name="GroupDetailList")
    policies: list[msgspec.Raw] | None = msgspec.field(default=None, name="Policies")
    truncated: bool | str | None = msgspec.field(default=None, name="IsTruncated")
    # What a page ends with that others follow: AWS CLI's with --max-items, and IAM's own.
    next_token: Any = msgspec.field(default=None, name="NextToken")
    marker: Any = msgspec.field(default=None, name="Marker")


@uncollected()
def parse_details(raw: bytes, label: str) -> AccountDetails:
    """Parse a file's bytes; `label` names the file in errors.

    Raises InputError when it is empty, cut short, no JSON, another JSON, one page of several, or holds an
    entry that cannot be identified. A policy document that cannot be decoded is no error: it is kept with its
    reason.
    """
    file = _decode(read_text(raw, label), label)
    return AccountDetails(
        users=tuple(_entities("user", file.users, label)),
        roles=tuple(_entities("role", file.roles, label)),
        groups=tuple(_entities("group", file.groups, label)),
        policies=tuple(_policies(file.policies, label)),
    )


def _decode(text: str, label: str) -> _File:
    try:
        file = msgspec.json.decode(text, type=_File)
    except RecursionError:
        raise InputError(f"{label}: is nested too deeply; {HOW_TO_GET_IT}") from None
    except msgspec.DecodeError:
        # The slower parser of the standard library is only asked where the fault lies.
        raise InputError(f"{label}: {_fault(text)}; {HOW_TO_GET_IT}") from None
    if file.users is None and file.roles is None:
        raise InputError(
            f"{label}: has neither UserDetailList nor RoleDetailList, so it is not the output of "
            f"get-account-authorization-details; {HOW_TO_GET_IT}"
        )
    if file.truncated in (True, "true", "True") or file.next_token or file.marker:
        why = "NextToken" if file.next_token else "Marker" if file.marker else "IsTruncated is true"
        raise InputError(
            f"{label}: the snapshot is truncated ({why}): it holds one page only; "
            "run get-account-authorization-details again without --max-items and --no-paginate"
        )
    return file


def _fault(text: str) -> str:
    try:
        value = json.loads(text)
    except RecursionError:
        return "is nested too deeply"
    except json.JSONDecodeError as error:
        at = f"at line {error.lineno}, column {error.colno}"
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            return f"the JSON is cut short {at}"
        if error.msg == "Extra data":
            return f"a second JSON value begins {at}: several outputs were written into one file"
        return f"is not JSON: {error.msg} {at}"
    if not isinstance(value, dict):
        return (
            f"holds a JSON {_json_type(value)}, not the object that get-account-authorization-details writes"
        )
    for key in LISTS.values():
        if not isinstance(value.get(key, []), list):
            return f"{key} holds a JSON {_json_type(value[key])}, not a list"
    return "is not the output of get-account-authorization-details"


def _json_type(value: object) -> str:
    names = {list: "list", dict: "object", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")


def _entries(kind: str, raws: list[msgspec.Raw] | None, label: str) -> Iterable[tuple[dict[str, Any], str]]:
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for position, raw in enumerate(raws or ()):
        text = msgspec.json.format(bytes(raw), indent=-1).decode()
        entry = msgspec.json.decode(text)
        place = f"{label}: {LISTS[kind]}[{position}]"
        if not isinstance(entry, dict):
            raise InputError(f"{place} is a {_json_type(entry)}, not an object; {HOW_TO_GET_IT}")
        arn = entry.get("Arn")
        if not isinstance(arn, str) or not arn:
            raise InputError(f"{place} has no Arn, so nobody knows whose it is; {HOW_TO_GET_IT}")
        if arn in found and found[arn][1] != text:
            raise InputError(f"{place}: {arn} is listed twice with different contents; {HOW_TO_GET_IT}")
        found[arn] = (entry, text)
    for arn in sorted(found):
        yield found[arn]


def _entities(kind: str, raws: list[msgspec.Raw] | None, label: str) -> Iterable[Entity]:
    title = kind.capitalize()
    for entry, text in _entries(kind, raws, label):
        arn = entry["Arn"]
        try:
            boundary = entry.get("PermissionsBoundary") or {}
            yield Entity(
                kind=kind,
                arn=arn,
                id=_text(entry, f"{title}Id"),
                name=_text(entry, f"{title}Name") or arn.rpartition("/")[2],
                path=_text(entry, "Path") or "/",
                created_at=utc_time(entry.get("CreateDate")),
                text=text,
                inline=tuple(_inline(entry.get(f"{title}PolicyList") or ())),
                attached=tuple(
                    AttachedPolicy(_text(policy, "PolicyName"), _named(policy, "PolicyArn"))
                    for policy in entry.get("AttachedManagedPolicies") or ()
                ),
                groups=_texts(entry, "GroupList"),
                boundary=_named(boundary, "PermissionsBoundaryArn") if boundary else "",
                last_used=utc_time((entry.get("RoleLastUsed") or {}).get("LastUsedDate")),
            )
        except _NOT_AS_WRITTEN as error:
            raise InputError(f"{label}: {arn} is not as IAM writes it ({error!r}); {HOW_TO_GET_IT}") from None


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key) or ""
    if not isinstance(value, str):
        raise TypeError(f"{key} is a JSON {_json_type(value)}, not a string")
    return value


def _named(entry: Mapping[str, Any], key: str) -> str:
    value = _text(entry, key)
    if not value:
        raise KeyError(key)
    return value


def _texts(entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = entry.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{key} is no list of strings")
    return tuple(values)


def _inline(policies: Iterable[Mapping[str, Any]]) -> Iterable[InlinePolicy]:
    for policy in policies:
        yield InlinePolicy(_named(policy, "PolicyName"), decode_document(policy.get("PolicyDocument")))


def _policies(raws: list[msgspec.Raw] | None, label: str) -> Iterable[ManagedPolicy]:
    for entry, text in _entries("policy", raws, label):
        arn = entry["Arn"]
        try:
            yield ManagedPolicy(
                arn=arn,
                id=_text(entry, "PolicyId"),
                name=_text(entry, "PolicyName") or arn.rpartition("/")[2],
                path=_text(entry, "Path") or "/",
                created_at=utc_time(entry.get("CreateDate")),
                document=_default_version(entry),
                text=text,
            )
        except _NOT_AS_WRITTEN as error:
            raise InputError(f"{label}: {arn} is not as IAM writes it ({error!r}); {HOW_TO_GET_IT}") from None


def _default_version(policy: Mapping[str, Any]) -> PolicyDocument:
    versions = policy.get("PolicyVersionList") or ()
    wanted = policy.get("DefaultVersionId")
    for version in versions:
        # Only the default version is in force; IsDefaultVersion and DefaultVersionId say the same.
        if version.get("IsDefaultVersion") is True or (wanted and version.get("VersionId") == wanted):
            return decode_document(version.get("Document"))
    return PolicyDocument(None, f"its default version {wanted or '(unnamed)'} is not in the snapshot")


def trust_text(value: object) -> str:
    """Return a trust policy (`AssumeRolePolicyDocument`) as JSON text without spaces, "" for none."""
    if value is None:
        return ""
    document = decode_document(value)
    return _compact(value if document.body is None else document.body)


def utc_time(value: object) -> datetime | None:
    """Read a time, ISO 8601 in its variants, or seconds since 1970 as AWS CLI version 1 could write them; UTC.

    Raises ValueError.
    """
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    time = datetime.fromisoformat(str(value))
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
