"""The table `iam_snapshots` from a file's bytes, and the account's details back from the table."""

import codecs
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import polars as pl

from assets.errors import InputError
from assets.iam_snapshots.authorization_details import (
    LISTS,
    AccountDetails,
    Entity,
    ManagedPolicy,
    parse_details,
)
from assets.iam_snapshots.schema import COLUMNS, KEY

# The kind of the row that holds the file as it was read.
_DOCUMENT = "document"
# What errors would name, of entries that were parsed once already.
_SOME = "iam_snapshots"


def snapshot_rows(
    raw: bytes, label: str, taken_at: datetime, taken_at_source: str, account: str
) -> pl.DataFrame:
    """Return the columns of `schema.COLUMNS`, sorted by kind, arn, name.

    `label` names the file in errors and in the document's row. Raises InputError as `parse_details` does, and
    when the file's users, roles and groups are all of another account than `account`.
    """
    details = parse_details(raw, label)
    _check_account(details, label, account)
    rows = [
        (_DOCUMENT, "", "", label, "", None, _text(raw)),
        *(_row(entity.kind, entity) for entity in (*details.users, *details.roles, *details.groups)),
        *(_row("policy", policy) for policy in details.policies),
    ]
    columns = {name: dtype for name, dtype in COLUMNS.items() if not name.startswith("taken_at")}
    return (
        pl.DataFrame(rows, schema=columns, orient="row")
        .with_columns(
            pl.lit(taken_at, COLUMNS["taken_at"]).alias("taken_at"),
            pl.lit(taken_at_source, pl.String).alias("taken_at_source"),
        )
        .sort(KEY)
    )


def details_of(snapshot: pl.DataFrame) -> AccountDetails:
    """Return the details that a partition of `iam_snapshots` was made from (its row of kind `document`).

    Raises InputError when the partition has no such row.
    """
    check_whole(snapshot)
    row = snapshot.row(by_predicate=pl.col("kind") == _DOCUMENT, named=True)
    return parse_details(row["document"].encode(), row["name"])


def details_of_some(snapshot: pl.LazyFrame, principal_arns: Collection[str]) -> AccountDetails:
    """Return of `details_of` these users and roles, their groups, and the managed policies of them all.

    Nothing else is parsed. Raises InputError as `details_of`.
    """
    check_whole(snapshot.select("kind").collect())
    found = _parsed(snapshot, pl.col("kind").is_in(["user", "role"]) & _one_of("arn", principal_arns))
    names = {name for one in (*found.users, *found.roles) for name in one.groups}
    groups = _parsed(snapshot, (pl.col("kind") == "group") & _one_of("name", names)).groups
    carriers = (*found.users, *found.roles, *groups)
    arns = {policy.arn for one in carriers for policy in one.attached} | {one.boundary for one in carriers}
    policies = _parsed(snapshot, (pl.col("kind") == "policy") & _one_of("arn", arns)).policies
    return replace(found, groups=groups, policies=policies)


def _one_of(column: str, values: Collection[str]) -> pl.Expr:
    return pl.col(column).is_in(pl.Series(sorted(values), dtype=pl.String).implode())


def _parsed(snapshot: pl.LazyFrame, wanted: pl.Expr) -> AccountDetails:
    """Parse some entries, as a file that has no others."""
    rows = snapshot.filter(wanted).select("kind", "document").collect()
    texts = {kind: ",".join(rows.filter(pl.col("kind") == kind)["document"].to_list()) for kind in LISTS}
    lists = ",".join(f'"{LISTS[kind]}":[{text}]' for kind, text in texts.items())
    return parse_details(f"{{{lists}}}".encode(), _SOME)


def check_whole(snapshot: pl.DataFrame) -> None:
    """Raise InputError unless a partition of `iam_snapshots` has one row of kind `document`."""
    documents = (snapshot["kind"] == _DOCUMENT).sum()
    if documents != 1:
        raise InputError(
            f"iam_snapshots: {documents} rows of kind 'document' where there must be one; "
            "materialise the snapshot of that day again"
        )


def _row(kind: str, entry: Entity | ManagedPolicy) -> tuple[object, ...]:
    return kind, entry.arn, entry.id, entry.name, entry.path, entry.created_at, entry.text


def _text(raw: bytes) -> str:
    # A UTF-8 byte order mark stays in the text, so that the stored document is the file, byte for byte.
    utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return raw.decode("utf-16" if utf16 else "utf-8")


def _check_account(details: AccountDetails, label: str, account: str) -> None:
    entities = (*details.users, *details.roles, *details.groups)
    owners = Counter(entity.arn.split(":")[4] for entity in entities if entity.arn.count(":") >= 5)
    # A file may be merged from several accounts; refused is one that has nothing of this account.
    if owners and account not in owners:
        found = ", ".join(owner for owner, _ in owners.most_common())
        raise InputError(
            f"{label}: its users and roles are of account {found}, but the configuration says "
            f"account {account}; name the right file or correct the id"
        )
