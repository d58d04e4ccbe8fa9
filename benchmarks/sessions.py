"""The sessions of roles in generated logs: issued by an AssumeRole event, then used for a while."""

from random import Random
from typing import NamedTuple

from benchmarks.population import Principal, Zipf, unique_id

# Of the events of a role, so many begin with a new session.
_NEW = 0.015
_KEPT = 12
SERVICES = ("lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com")


class Session(NamedTuple):
    """A session: the `userIdentity` of its events, the JSON of what `AssumeRole` returned, and who asked for it."""

    identity: str
    issued: str
    request: str
    caller: str


class Sessions:
    """The sessions that an account's roles have at the moment."""

    def __init__(self, account: str, roles: list[Principal], users: list[Principal], random: Random) -> None:
        """Start without sessions."""
        self._account, self._roles, self._users, self._random = account, roles, users, random
        self._zipf = Zipf(len(users))
        self._open: dict[int, list[Session]] = {}

    def of(self, role: int, time: str) -> tuple[Session, bool]:
        """Return a session of a role, and whether it is new."""
        known = self._open.setdefault(role, [])
        if known and self._random.random() >= _NEW:
            return known[int(self._random.random() * len(known))], False
        session = self._issue(role, time)
        known.append(session)
        if len(known) > _KEPT:
            del known[0]
        return session, True

    def user(self) -> str:
        """Return the `userIdentity` of some user."""
        user = self._users[self._zipf.pick(self._random)]
        key = unique_id("AKIA", user.id)[:20]
        return (
            f'{{"type":"IAMUser","principalId":"{user.id}","arn":"{user.arn}","accountId":"{self._account}",'
            f'"accessKeyId":"{key}","userName":"{user.name}"}}'
        )

    def _issue(self, number: int, time: str) -> Session:
        role, bits = self._roles[number], self._random.getrandbits(96)
        kind = number % 4
        if kind == 3:
            name = f"engineer-{bits % 40}@example.com"
        else:
            name = f"i-0{bits % 200:016x}" if kind == 1 else f"{role.name}-{bits % 100_000}"
        key = unique_id("ASIA", bits)[:20]
        identity = (
            f'{{"type":"AssumedRole","principalId":"{role.id}:{name}","arn":"arn:aws:sts::{self._account}:assumed-role/'
            f'{role.name}/{name}","accountId":"{self._account}","accessKeyId":"{key}","sessionContext":{{"sessionIssuer":'
            f'{{"type":"Role","principalId":"{role.id}","arn":"{role.arn}","accountId":"{self._account}","userName":'
            f'"{role.name}"}},"webIdFederationData":{{}},"attributes":{{"creationDate":"{time}","mfaAuthenticated":"false"}}}}}}'
        )
        token = f"{self._random.getrandbits(1200):0300x}"
        issued = (
            f'{{"credentials":{{"accessKeyId":"{key}","sessionToken":"{token}","expiration":"Jun 30, 2026, 11:59:59 PM"}},'
            f'"assumedRoleUser":{{"assumedRoleId":"{role.id}:{name}","arn":"arn:aws:sts::{self._account}:assumed-role/'
            f'{role.name}/{name}"}}}}'
        )
        request = f'{{"roleArn":"{role.arn}","roleSessionName":"{name}","durationSeconds":3600}}'
        return Session(identity, issued, request, self._caller(kind))

    def _caller(self, kind: int) -> str:
        """Return who asked: a service for most roles, a user, or a session of another role (a chain)."""
        if kind in (0, 1):
            return f'{{"type":"AWSService","invokedBy":"{SERVICES[int(self._random.random() * 3)]}"}}'
        others = [sessions[-1] for sessions in self._open.values() if sessions]
        if kind == 2 and others:
            return others[int(self._random.random() * len(others))].identity
        return self.user()
