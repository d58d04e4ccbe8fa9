"""Invented policy documents: everything that IAM's grammar allows, and some of what it does not."""

import json
import random
from typing import Any
from urllib.parse import quote

from tests.second_opinion.vocabulary import Vocabulary

Json = dict[str, Any]

_CONDITION = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
_BROKEN: tuple[Any, ...] = (
    {"Effect": "allow", "Action": "iam:*", "Resource": "*"},
    {"Action": "iam:*", "Resource": "*"},
    {"Effect": "Allow", "Action": "iam:*", "NotAction": "s3:*", "Resource": "*"},
    {"Effect": "Allow", "Resource": "*"},
    {"Effect": "Allow", "Action": [], "Resource": "*"},
    {"Effect": "Deny", "NotAction": [], "Resource": "*"},
    {"Effect": "Allow", "Action": "iam:*"},
    {"Effect": "Allow", "Action": [7], "Resource": "*"},
    {"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": "x"},
    "allow all",
)


class Documents:
    """Makes documents of the words of a vocabulary; `broken` is how often a statement cannot be read."""

    def __init__(self, rnd: random.Random, words: Vocabulary, broken: float) -> None:
        self._rnd, self._words, self._broken = rnd, words, broken
        # Of what grants everything once is enough, and not in each account.
        self._wide = rnd.random() < 0.3

    def policy(self) -> Json:
        """Return what a user, role or group may do."""
        return self._document([self._statement() for _ in range(self._rnd.randint(1, 4))])

    def limit(self) -> Json:
        """Return what a boundary or SCP leaves: usually much."""
        rnd = self._rnd
        statements = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
        if rnd.random() < 0.4:
            some = rnd.sample(self._words.prefixes, min(len(self._words.prefixes), 4))
            statements = [{"Effect": "Allow", "Action": [f"{one}:*" for one in some], **self._resource()}]
        if rnd.random() < 0.3:
            statements.append({"Effect": "Allow", "NotAction": self._patterns(), **self._resource()})
        for _ in range(rnd.choice([0, 0, 1, 2])):
            statements.append({"Effect": "Deny", "Action": self._patterns(), **self._resource()})
        if rnd.random() < 0.15:
            most = [f"{one}:*" for one in rnd.sample(self._words.prefixes, min(len(self._words.prefixes), 4))]
            statements.append({"Effect": "Deny", "NotAction": [*most, "iam:*"], **self._resource()})
        return self._document(statements)

    def written(self, document: Json) -> Any:
        """Return a document as one tool or another writes it."""
        chance = self._rnd.random()
        text = json.dumps(document)
        return quote(text) if chance < 0.1 else text if chance < 0.2 else document

    def _document(self, statements: list[Any]) -> Json:
        rnd = self._rnd
        if rnd.random() < self._broken:
            statements.insert(rnd.randint(0, len(statements)), rnd.choice(_BROKEN))
        elif rnd.random() < self._broken / 4:
            return {"Version": "2012-10-17"}
        single = len(statements) == 1 and rnd.random() < 0.5
        return {"Version": "2012-10-17", "Statement": statements[0] if single else statements}

    def _statement(self) -> Json:
        rnd = self._rnd
        deny = rnd.random() < 0.2
        statement: Json = {"Effect": "Deny" if deny else "Allow"}
        if rnd.random() < 0.3:
            statement["Sid"] = "Some"
        chance = rnd.random()
        if self._wide and not deny and chance < 0.2:
            self._wide = False
            statement |= {"Action": "*"} if chance < 0.1 else {"NotAction": self._listed()}
        elif deny and chance < 0.12:
            # Everything else is taken away: what stays is a few services.
            statement["NotAction"] = [*(f"{one}:*" for one in self._words.prefixes), *self._listed()]
        else:
            statement["Action"] = self._patterns()
        return {**statement, **self._resource()}

    def _patterns(self) -> Any:
        some = self._listed()
        return some[0] if len(some) == 1 and self._rnd.random() < 0.7 else some

    def _listed(self) -> list[str]:
        return [self._words.pattern() for _ in range(self._rnd.choice([1, 1, 2, 3, 6]))]

    def _resource(self) -> Json:
        rnd = self._rnd
        chance = rnd.random()
        found: Json = {"Resource": "*"}
        if chance < 0.1:
            found = {"Resource": "arn:aws:s3:::bucket/*"}
        elif chance < 0.15:
            found = {"Resource": ["arn:aws:s3:::bucket/*", "*"]}
        elif chance < 0.2:
            found = {"NotResource": rnd.choice(["arn:aws:s3:::bucket/*", "*"])}
        elif chance < 0.25:
            found = {"Resource": ["*"]}
        if rnd.random() < 0.12:
            found["Condition"] = _CONDITION
        elif rnd.random() < 0.05:
            found["Condition"] = {}
        return found
