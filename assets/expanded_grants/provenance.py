"""Where a grant comes from: the rows of `grant_sources`, and the ids that grants refer to them by."""

import json
import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from json.encoder import encode_basestring_ascii
from operator import add

import polars as pl

from assets.expanded_grants.attachments import Carrier
from assets.expanded_grants.evaluate import Rule
from assets.expanded_grants.schema import SOURCES
from assets.expanded_grants.statements import Statement

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
# Twelve letters, 72 bits: Polars keeps strings up to that length in place.
_ID_BYTES, _ID_LETTERS = 9, 12
_CARRIER = ("policy_arn", "policy_name", "policy_kind", "used_as", "attached_to", "group")
# arn:aws:iam::aws:policy/ReadOnlyAccess, also arn:aws-cn and arn:aws-us-gov: no account of its own.
_AWS_MANAGED = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/")
_STATEMENT = ("statement", "sid", "pattern_kind", "effect", "condition", "resources", "not_resources")


def is_aws_managed(carrier: Carrier) -> bool:
    """Say whether the policy is AWS's: it can be detached, not edited (IAM user guide, "Managed policies")."""
    return _AWS_MANAGED.match(carrier.policy.arn or "") is not None


def with_ids(sources: pl.DataFrame, carriers: Sequence[Carrier], rules: Sequence[Rule]) -> pl.DataFrame:
    """Add `id` to `sources`, whose columns `carrier` and `rule` are positions in the two lists.

    The id of a rule in a carrier's hand is a hash of everything that its row of `grant_sources` says.
    """
    salts = {at: _digest(_carrier_text(carriers[at])) for at in sources["carrier"].unique()}
    used = sources["rule"].unique().to_list()
    digests = dict(zip(used, map(_digest, _texts([rules[at] for at in used])), strict=True))
    both = map(add, map(salts.__getitem__, sources["carrier"]), map(digests.__getitem__, sources["rule"]))
    hashes = b"".join([blake2b(text, digest_size=_ID_BYTES).digest() for text in both])
    # Nine bytes are twelve letters without a remainder: all of them are written in one go.
    letters = b2a_base64(hashes, newline=False).translate(_URL_SAFE).decode()
    ids = [letters[at : at + _ID_LETTERS] for at in range(0, len(letters), _ID_LETTERS)]
    return sources.with_columns(pl.Series("id", ids, dtype=pl.String))


def source_table(sources: pl.DataFrame, carriers: Sequence[Carrier], rules: Sequence[Rule]) -> pl.DataFrame:
    """Return the table `grant_sources` (columns of `SOURCES`, sorted by id) of what `with_ids` returned."""
    rows = sources.unique("id").sort("id")
    statements = {id(rule.statement): rule.statement for rule in rules}
    numbers = {key: number for number, key in enumerate(statements)}
    said = pl.DataFrame(list(map(_statement_row, statements.values())), _columns(_STATEMENT), orient="row")
    held = pl.DataFrame(list(map(_carrier_row, carriers)), _columns(_CARRIER), orient="row")
    patterns = pl.Series("pattern", [rule.pattern for rule in rules], dtype=pl.String)
    statement = pl.Series([numbers[id(rule.statement)] for rule in rules], dtype=pl.UInt32)
    return pl.concat(
        [
            rows.select("id"),
            held[rows["carrier"]],
            said[statement.gather(rows["rule"])],
            patterns.gather(rows["rule"]).to_frame(),
        ],
        how="horizontal",
    ).select(list(SOURCES))


def sources_of(pairs: Sequence[tuple[Carrier, Rule]]) -> pl.DataFrame:
    """Return the table `grant_sources` of these rules in these carriers' hands."""
    carriers, rules = [carrier for carrier, _ in pairs], [rule for _, rule in pairs]
    both = pl.int_range(len(carriers), dtype=pl.UInt32, eager=True)
    codes = pl.DataFrame({"carrier": both, "rule": both})
    return source_table(with_ids(codes, carriers, rules), carriers, rules)


def _columns(names: tuple[str, ...]) -> dict[str, pl.DataType]:
    return {name: SOURCES[name] for name in names}


def _carrier_row(carrier: Carrier) -> tuple[str | None, str, str, str, str, str]:
    policy = carrier.policy
    return policy.arn, policy.name, policy.kind, carrier.used_as, carrier.attached_to, carrier.group


def _carrier_text(carrier: Carrier) -> str:
    # As `json.dumps` writes its row, in a third of the time.
    arn, *texts = _carrier_row(carrier)
    first = "null" if arn is None else encode_basestring_ascii(arn)
    return f"[{', '.join([first, *map(encode_basestring_ascii, texts)])}]"


def _statement_row(statement: Statement) -> tuple[object, ...]:
    return (
        statement.index,
        statement.sid,
        "NotAction" if statement.negated else "Action",
        "Allow" if statement.allow else "Deny",
        statement.condition,
        json.dumps(statement.resources),
        statement.not_resources,
    )


def _texts(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield what is hashed of each rule: a JSON list of what its statement says, the pattern in third place."""
    last, before, after = None, "", ""
    for rule in rules:
        # The rules of a statement follow each other and differ in the pattern only.
        if rule.statement is not last:
            last = rule.statement
            index, sid, *others = _statement_row(last)
            before, after = json.dumps([index, sid])[:-1], json.dumps(others)[1:]
        yield f"{before}, {encode_basestring_ascii(rule.pattern)}, {after}"


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=32).digest()
