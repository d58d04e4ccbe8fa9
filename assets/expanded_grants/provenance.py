"""Where a grant comes from: ids for pairs of rule and carrier, and an action's mark for the set of its rules.

Principals have thousands of grants but few different sets of sources. So each rule gets a random-looking
64-bit mark, an action's marks are summed over a principal's policies, and equal sums mean equal sets: the
lists of ids are built once for each set instead of once for each grant.
"""

import json
from array import array
from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import polars as pl

from assets.expanded_grants.attachments import Carrier
from assets.expanded_grants.evaluate import Rule
from assets.expanded_grants.schema import SOURCES

_MASK = (1 << 64) - 1
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, eq=False)
class MarkedRules:
    """Some rules of a policy: a mark for each action (0: none matches), and the rules behind each mark."""

    marks: pl.Series
    lookup: Sequence[int]
    rules: dict[int, tuple[Rule, ...]]


def mark_rules(rules: Iterable[Rule], size: int, first_number: int, *, without: int = 0) -> MarkedRules:
    """Mark the `size` actions with the rules that match them, except the actions of the bit set `without`.

    `first_number` numbers the rules: no two of an account may share a number.
    """
    marks = array("Q", bytes(8 * size))
    members: dict[int, tuple[Rule, ...]] = {0: ()}
    for number, rule in enumerate(rules, start=first_number):
        mark = _mark(number)
        for at in rule.actions.indices:
            if not (without and without >> at & 1):
                before = marks[at]
                marks[at] = after = (before + mark) & _MASK
                if after not in members:
                    members[after] = (*members[before], rule)
    # From bytes: a list of integers would take ten times as long.
    series = pl.Series([marks.tobytes()]).bin.reinterpret(dtype=pl.Array(pl.UInt64, size))[0]
    return MarkedRules(series, marks, members)


def _mark(number: int) -> int:
    # splitmix64: neighbouring numbers give unrelated marks, so that no sum of marks is met by chance.
    value = (number + 1) * 0x9E3779B97F4A7C15 & _MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31


class _Ids(dict[Rule, str]):
    """The ids of one carrier's rules, made when they are first asked for."""

    def __init__(self, salt: bytes, digests: dict[Rule, bytes]) -> None:
        super().__init__()
        self._salt = salt
        self._digests = digests

    def __missing__(self, rule: Rule) -> str:
        digest = self._digests.get(rule)
        if digest is None:
            digest = self._digests[rule] = _digest(_rule_row(rule))
        # Twelve letters, 72 bits: Polars keeps strings up to that length in place.
        salted = blake2b(self._salt + digest, digest_size=9).digest()
        found = self[rule] = b2a_base64(salted, newline=False).translate(_URL_SAFE).decode()
        return found


class SourceBook:
    """Collects the sources that grants refer to, and hands out their ids."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ids: dict[Carrier, _Ids] = {}
        self._digests: dict[Rule, bytes] = {}

    def id_of(self, carrier: Carrier, rule: Rule) -> str:
        """Return the id of a rule in a carrier's hand: a hash of everything that its row says."""
        return self.ids_of(carrier)[rule]

    def ids_of(self, carrier: Carrier) -> Mapping[Rule, str]:
        """Return the ids of all rules in a carrier's hand: each is a source once it has been looked up."""
        ids = self._ids.get(carrier)
        if ids is None:
            ids = self._ids[carrier] = _Ids(_digest(_carrier_row(carrier)), self._digests)
        return ids

    def frame(self) -> pl.DataFrame:
        """Return the table `grant_sources`: columns of `SOURCES`, sorted by id."""
        rules = {rule: number for number, rule in enumerate(self._digests)}
        carriers = pl.DataFrame(
            [_carrier_row(carrier) for carrier in self._ids], _columns(_CARRIER), orient="row"
        )
        statements = pl.DataFrame([_rule_row(rule) for rule in rules], _columns(_RULE), orient="row")
        counts = [len(ids) for ids in self._ids.values()]
        codes = pl.DataFrame(
            {
                "id": pl.Series(
                    [found for ids in self._ids.values() for found in ids.values()], dtype=pl.String
                ),
                "carrier": pl.int_range(len(counts), eager=True)
                .repeat_by(pl.Series(counts, dtype=pl.UInt32))
                .explode(),
                "rule": pl.Series(
                    [rules[rule] for ids in self._ids.values() for rule in ids], dtype=pl.UInt32
                ),
            }
        )
        return (
            pl.concat(
                [codes["id"].to_frame(), carriers[codes["carrier"]], statements[codes["rule"]]],
                how="horizontal",
            )
            .select(list(SOURCES))
            .unique("id")
            .sort("id")
        )


_CARRIER = ("policy_arn", "policy_name", "policy_kind", "used_as", "attached_to", "group")
_RULE = ("statement", "sid", "pattern", "pattern_kind", "effect", "condition", "resources", "not_resources")


def _columns(names: tuple[str, ...]) -> dict[str, pl.DataType]:
    return {name: SOURCES[name] for name in names}


def _carrier_row(carrier: Carrier) -> tuple[object, ...]:
    policy = carrier.policy
    return policy.arn, policy.name, policy.kind, carrier.used_as, carrier.attached_to, carrier.group


def _rule_row(rule: Rule) -> tuple[object, ...]:
    statement = rule.statement
    return (
        statement.index,
        statement.sid,
        rule.pattern,
        "NotAction" if statement.negated else "Action",
        "Allow" if statement.allow else "Deny",
        statement.condition,
        json.dumps(statement.resources),
        statement.not_resources,
    )


def _digest(row: tuple[object, ...]) -> bytes:
    return blake2b(json.dumps(row).encode(), digest_size=32).digest()
