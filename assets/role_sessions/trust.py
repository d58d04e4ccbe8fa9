"""Who may assume a role: its trust policy, and what the callers' own policies grant.

Sources: IAM User Guide, "Policy evaluation logic" (within one account a trust policy that names the user or role is
enough; a trusted account, or another account's principal, needs a grant of its own as well; an explicit Deny wins over
both), and IAM JSON policy reference, "Principal".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assets.iam_snapshots.policy_documents import decode_document
from assets.role_sessions.caller_policies import matches

_ASSUMING = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:iam::)?([0-9]{12})(?::root)?")
_ENTITY = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):(user|role)/.+")
_UNKNOWN = "unknown"
_GRANTED = {
    "yes": "its own policies grant sts:AssumeRole",
    "conditional": "its own policies grant sts:AssumeRole under limits",
    _UNKNOWN: "a policy of its own that may grant sts:AssumeRole could not be read",
}


@dataclass(frozen=True)
class Trusted:
    """One principal of a trust policy.

    `kind`: `user`, `role`, `account`, `anyone`, `service`, `federated` or `unknown`; `allow` is the statement's
    Effect; `conditional`: it has a Condition.
    """

    kind: str
    principal: str
    account: str
    allow: bool
    conditional: bool


@dataclass(frozen=True)
class Candidate:
    """A user or role of a configured account.

    `granted`: sts:AssumeRole on the role, by its own policies: `yes`, `conditional`, `no` (also where they deny it),
    `unknown` (those that could be read do not, and others could not be read).
    `denied`: whether they take it away where a trust policy alone would be enough: see `caller_policies.denied_on`.
    """

    arn: str
    id: str
    kind: str
    name: str
    account: str
    granted: str
    denied: str = "no"


@dataclass(frozen=True)
class May:
    """Somebody who may assume the role: `may` is `yes`, `conditional` or `unknown`, `because` says why."""

    kind: str
    principal: str
    name: str
    account: str
    may: str
    because: str


def read_trust(document: object) -> list[Trusted]:
    """Return the principals of a trust policy's statements that are about assuming the role, in their order.

    What cannot be evaluated (NotPrincipal, NotAction, no policy at all) is a principal of the kind `unknown`.
    """
    decoded = decode_document(document)
    if decoded.body is None:
        return [Trusted(_UNKNOWN, decoded.problem, "", True, False)]
    statements = decoded.body.get("Statement", [])
    return [
        trusted
        for statement in (statements if isinstance(statements, list) else [statements])
        for trusted in _of_statement(statement)
    ]


def _of_statement(statement: object) -> Iterator[Trusted]:
    if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
        yield Trusted(_UNKNOWN, "a statement that cannot be read", "", True, False)
        return
    allow, conditional = statement["Effect"] == "Allow", bool(statement.get("Condition"))
    if "NotAction" in statement:
        yield Trusted(_UNKNOWN, "NotAction", "", allow, conditional)
        return
    patterns = [pattern.lower() for pattern in _texts(statement.get("Action"))]
    if not any(matches(pattern, action) for pattern in patterns for action in _ASSUMING):
        return
    if "NotPrincipal" in statement:
        yield Trusted(_UNKNOWN, "NotPrincipal", "", allow, conditional)
        return
    principal = statement.get("Principal")
    named = principal.items() if isinstance(principal, Mapping) else [("AWS", principal)]
    for kind, names in named:
        for name in _texts(names):
            yield Trusted(*_principal(kind, name), allow, conditional)


def _principal(kind: str, name: str) -> tuple[str, str, str]:
    if kind in ("Service", "Federated"):
        return kind.lower(), name, ""
    if kind != "AWS":
        return _UNKNOWN, f"{kind} {name}", ""
    if name == "*":
        return "anyone", "*", ""
    if account := _ACCOUNT.fullmatch(name):
        return "account", account[1], account[1]
    if entity := _ENTITY.fullmatch(name):
        return entity[2], name, entity[1]
    # The unique id of somebody who was deleted since, a single session, or a CanonicalUser.
    return _UNKNOWN, name, ""


def may_assume(document: object, role_arn: str, candidates: Iterable[Candidate]) -> list[May]:
    """Return everybody who may assume the role, sorted by kind and principal.

    `candidates` are all users and roles of the accounts whose policies are known. Of a trusted account that is not
    among them the account itself is returned: who in it may, its own policies say.
    """
    trust = read_trust(document)
    everyone = list(candidates)
    known = {one.account for one in everyone}
    home = _account_of(role_arn)
    found = [may for one in everyone if (may := _candidate(one, trust, home))]
    for trusted in dict.fromkeys(one for one in trust if one.allow):
        if trusted.kind in ("user", "role") and trusted.account in known:
            if trusted.principal not in {one.arn for one in everyone}:
                found.append(
                    _said(trusted, _UNKNOWN, "trusted, and not among the users and roles of its account")
                )
        elif trusted.kind == "account" and trusted.account in known:
            if not any(may.account == trusted.account for may in found):
                found.append(
                    _said(trusted, "conditional", "trusted, but none of its users and roles is granted it")
                )
        else:
            found.append(_outside(trusted, trust))
    return sorted(set(found), key=lambda may: (may.kind, may.principal, may.may, may.because))


def _candidate(one: Candidate, trust: list[Trusted], home: str) -> May | None:
    direct = [trusted for trusted in trust if trusted.allow and trusted.principal == one.arn]
    account = [
        trusted
        for trusted in trust
        if trusted.allow
        and (trusted.kind == "anyone" or (trusted.kind, trusted.account) == ("account", one.account))
    ]
    local = one.account == home
    # A role may assume itself only where its trust policy says so, as for anybody else.
    alone = direct and local
    if not (direct or account) or one.denied == "yes" or (not alone and one.granted == "no"):
        return None
    reasons = direct if alone else [*direct, *account]
    sure = any(not trusted.conditional for trusted in reasons)
    because = ["the trust policy names it" if direct else "the trust policy names its account"]
    if not direct and all(trusted.kind == "anyone" for trusted in account):
        because = ["the trust policy names anyone"]
    if not sure:
        because.append("under a condition")
    may = "yes" if sure else "conditional"
    if not alone:
        because.append(_GRANTED[one.granted])
        may = may if one.granted == "yes" else one.granted
    if one.denied == "conditional":
        because.append("a Deny, a boundary or a service control policy limits it")
        may = may if may == _UNKNOWN else "conditional"
    return _denied(May(one.kind, one.arn, one.name, one.account, may, ", ".join(because)), trust)


def _outside(trusted: Trusted, trust: list[Trusted]) -> May:
    if trusted.kind == _UNKNOWN:
        return _said(trusted, _UNKNOWN, "cannot be evaluated")
    told = {
        "service": "the trust policy names the service",
        "federated": "the trust policy names the identity provider",
        "anyone": "the trust policy names anyone; of accounts not configured here nothing is known",
    }.get(trusted.kind, "the trust policy names it; the policies of its account are not known")
    may = _said(trusted, "conditional" if trusted.conditional else "yes", told)
    if trusted.conditional:
        may = _with(may, "conditional", "under a condition")
    return _denied(may, trust) or _said(trusted, _UNKNOWN, "trusted and denied at once")


def _denied(may: May, trust: list[Trusted]) -> May | None:
    """Apply the policy's Deny statements: None where one takes it away."""
    for trusted in trust:
        if trusted.allow:
            continue
        hit = trusted.kind == "anyone" or trusted.principal == may.principal
        hit = hit or (trusted.kind == "account" and trusted.account == may.account != "")
        if hit and not trusted.conditional:
            return None
        if hit:
            may = _with(may, "conditional", "a Deny has a condition")
        elif trusted.kind == _UNKNOWN:
            may = _with(may, _UNKNOWN, f"a Deny with {trusted.principal} is not evaluated")
    return may


def _with(may: May, status: str, because: str) -> May:
    return May(may.kind, may.principal, may.name, may.account, status, f"{may.because}, {because}")


def _said(trusted: Trusted, may: str, because: str) -> May:
    name = trusted.principal.rpartition("/")[2] if trusted.kind in ("user", "role") else trusted.principal
    return May(trusted.kind, trusted.principal, name, trusted.account, may, because)


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _account_of(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else ""
