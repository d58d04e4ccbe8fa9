"""Invented CloudTrail records, good and bad."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.second_opinion.accounts import ACCOUNT, OTHER
from tests.second_opinion.callers import Callers
from tests.second_opinion.vocabulary import Vocabulary

Json = dict[str, Any]

DENIED = (
    *("AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedAccess"),
    *("Client.InvalidUnauthorizedThing", "KMS.UnauthorizedX", "accessDenied", "AuthorizationErrorException"),
    *(
        "AuthorizationError",
        "NotAuthorizedException",
        "Forbidden",
        "ForbiddenException",
        "client.accessdenied",
    ),
)
ERRORS = (
    *(
        "NoSuchEntity",
        "ThrottlingException",
        "Client.DryRunOperation",
        "Server.AccessDenied",
        "ValidationException",
    ),
    *("ResourceNotFoundException", "XAccessDenied"),
)


class Records:
    """Makes records; most callers keep to a few calls, so that some of them are always refused, or always fail."""

    def __init__(self, rnd: random.Random, words: Vocabulary, callers: Callers) -> None:
        self._rnd, self._callers = rnd, callers
        self._calls = [
            (*words.call(), rnd.choice(["ok", "ok", "ok", "denied", "error", ""])) for _ in range(25)
        ]
        self._words = words

    def event(self, at: datetime) -> Json:
        """Return a record of that time."""
        rnd = self._rnd
        source, name, outcome = rnd.choice(self._calls) if rnd.random() < 0.8 else (*self._words.call(), "")
        record: Json = {
            "eventVersion": "1.11",
            "userIdentity": self._callers.identity(),
            "eventTime": self.time(at),
            "eventSource": source,
            "eventName": name,
            "awsRegion": "us-east-1",
            "requestParameters": None,
            "eventID": str(uuid.UUID(int=rnd.getrandbits(128), version=4)),
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
        }
        self._end(record, outcome or rnd.choice(["ok", "ok", "denied", "error"]))
        chance = rnd.random()
        if chance < 0.05:
            record["eventType"] = rnd.choice(["AwsServiceEvent", "AwsConsoleAction", "AwsVpceEvent", ""])
        elif chance < 0.08:
            record |= {"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"}
            record["eventType"] = "AwsConsoleSignIn"
        elif chance < 0.1:
            del record["eventType"]
        elif chance < 0.12:
            del record["recipientAccountId"]
        elif chance < 0.14:
            del record["eventID"]
        elif chance < 0.16:
            record |= {
                "readOnly": "x",
                "awsRegion": 5,
                "requestParameters": [1],
                "additionalEventData": {"a": "é"},
            }
        return record

    def copies(self, record: Json) -> list[Json]:
        """Return what else may be logged of the same call: nearly always the same once more."""
        rnd = self._rnd
        if rnd.random() < 0.2:
            # Without an id it is one event all the same, however its JSON is written.
            record.pop("eventID", None)
            return [dict(reversed(record.items()))]
        chance = rnd.random()
        if chance < 0.7:
            return [dict(record)]
        if chance < 0.8:
            return [dict(record), dict(record)]
        if chance < 0.9:
            # The role owner's copy of a call across accounts: an event of its own.
            shared = str(uuid.UUID(int=rnd.getrandbits(128), version=4))
            record["sharedEventID"] = shared
            copy = {**record, "eventID": str(uuid.UUID(int=rnd.getrandbits(128), version=4))}
            return [
                copy | {"userIdentity": {"type": "AWSAccount", "principalId": "AIDAX", "accountId": OTHER}}
            ]
        copy = dict(record)
        self._end(copy, rnd.choice(["ok", "denied", "error"]))
        return [copy]

    def broken(self, at: datetime) -> Any:
        """Return what is no record that can be read, for one reason."""
        rnd = self._rnd
        record = self.event(at)
        record.setdefault("eventID", "x")
        key, values = rnd.choice(
            [
                ("", [None, 5, "text", [record]]),
                ("userIdentity", [None, ..., "alice", {"type": "IAMUser", "arn": 5}, {"type": ["IAMUser"]}]),
                (
                    "eventTime",
                    [None, ..., 1709632800, "", "yesterday", "2026-06-30 10:00:00Z", "2026-02-30T10:00:00Z"],
                ),
                ("eventTime", ["2026-06-30T10:00:60Z", "2033-07-10T10:00:00Z", "1969-12-31T23:59:59Z"]),
                ("eventSource", [None, ..., "", 5]),
                ("eventName", [None, ..., "", ["a"]]),
                ("eventID", [7]),
                ("eventType", [7]),
                ("errorCode", [{}]),
                ("recipientAccountId", [111111111111, OTHER, ""]),
            ]
        )
        value = rnd.choice(values)
        if not key:
            return value
        if value is ...:
            del record[key]
        else:
            record[key] = value
        return record

    def time(self, at: datetime) -> str:
        """Return a time as CloudTrail writes it, now and then as RFC 3339 allows besides."""
        rnd = self._rnd
        chance = rnd.random()
        if chance < 0.04:
            return f"{at:%Y-%m-%dT%H:%M:%S}.{rnd.randint(0, 999):03}Z"
        if chance < 0.07:
            return f"{at + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00"
        if chance < 0.08:
            return f"{at:%Y-%m-%dt%H:%M:%S}z"
        return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def _end(self, record: Json, outcome: str) -> None:
        rnd = self._rnd
        record.pop("errorCode", None)
        record.pop("errorMessage", None)
        if outcome == "denied":
            record |= {"errorCode": rnd.choice(DENIED), "errorMessage": "not authorized"}
        elif outcome == "error":
            code = rnd.choice(ERRORS)
            record |= rnd.choice(
                [{"errorCode": code}, {"errorCode": code, "errorMessage": "x"}, {"errorMessage": "x"}]
            )
        elif rnd.random() < 0.05:
            record |= {"errorCode": rnd.choice(["", None])}
