import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.errors import InputError
from assets.iam_snapshots.authorization_details import AccountDetails, parse_details
from assets.iam_snapshots.schema import COLUMNS, DESCRIPTIONS, KEY, KINDS
from assets.iam_snapshots.snapshot import details_of, details_of_some, snapshot_rows

TAKEN = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
DETAILS = {
    "UserDetailList": [
        {"UserName": "bob", "UserId": "AIDA2", "Arn": "arn:aws:iam::012345678901:user/bob", "Path": "/"},
        {
            "UserName": "alice",
            "UserId": "AIDA1",
            "Arn": "arn:aws:iam::012345678901:user/team/alice",
            "Path": "/team/",
            "CreateDate": "2017-09-02T18:02:14Z",
        },
    ],
    "GroupDetailList": [{"GroupName": "g", "GroupId": "AGPA1", "Arn": "arn:aws:iam::012345678901:group/g"}],
    "RoleDetailList": [{"RoleName": "r", "RoleId": "AROA1", "Arn": "arn:aws:iam::012345678901:role/r"}],
    "Policies": [{"PolicyName": "p", "PolicyId": "ANPA1", "Arn": "arn:aws:iam::aws:policy/p"}],
}
RAW = json.dumps(DETAILS, indent=4).encode()


def rows(raw: bytes = RAW, account: str = "012345678901") -> pl.DataFrame:
    return snapshot_rows(raw, "demo.json", TAKEN, "file_time", account)


def test_a_row_for_each_entry_and_one_for_the_file() -> None:
    snapshot = rows()
    assert dict(snapshot.schema) == COLUMNS
    assert snapshot.select("kind", "name", "id", "path").rows() == [
        ("document", "demo.json", "", ""),
        ("group", "g", "AGPA1", "/"),
        ("policy", "p", "ANPA1", "/"),
        ("role", "r", "AROA1", "/"),
        ("user", "bob", "AIDA2", "/"),
        ("user", "alice", "AIDA1", "/team/"),
    ]
    assert snapshot.equals(snapshot.sort(KEY))
    assert set(snapshot["kind"]) == set(KINDS)
    assert snapshot["taken_at"].unique().to_list() == [TAKEN]
    assert snapshot["taken_at_source"].unique().to_list() == ["file_time"]
    alice = snapshot.row(by_predicate=pl.col("name") == "alice", named=True)
    assert alice["created_at"] == datetime(2017, 9, 2, 18, 2, 14, tzinfo=UTC)
    assert json.loads(alice["document"]) == DETAILS["UserDetailList"][1]


@pytest.mark.parametrize("raw", [RAW, b"\xef\xbb\xbf" + RAW], ids=["plain", "byte order mark"])
def test_the_file_is_kept_unchanged_and_read_back(raw: bytes, tmp_path: Path) -> None:
    rows(raw).write_parquet(tmp_path / "part-0.parquet")
    stored = pl.read_parquet(tmp_path / "part-0.parquet")
    assert stored.row(0, named=True)["document"].encode() == raw
    assert details_of(stored) == parse_details(raw, "demo.json")


def test_utf_16_is_kept_as_its_text() -> None:
    assert rows(RAW.decode().encode("utf-16"))["document"][0] == RAW.decode()


def test_a_file_of_another_account_names_both() -> None:
    with pytest.raises(InputError, match=r"demo\.json.*account 012345678901.*account 111111111111"):
        rows(account="111111111111")


def test_a_file_of_several_accounts_is_accepted_for_each_of_them() -> None:
    other = {"Arn": "arn:aws:iam::111111111111:user/carol"}
    raw = json.dumps({**DETAILS, "UserDetailList": [*DETAILS["UserDetailList"], other]}).encode()
    assert rows(raw, "111111111111").equals(rows(raw))


def test_an_account_without_anybody() -> None:
    snapshot = rows(b'{"UserDetailList": [], "RoleDetailList": []}')
    assert snapshot["kind"].to_list() == ["document"]


def test_a_partition_without_the_document() -> None:
    with pytest.raises(InputError, match="0 rows of kind 'document'"):
        details_of(rows().filter(pl.col("kind") != "document"))


def test_every_column_is_described() -> None:
    assert list(DESCRIPTIONS["iam_snapshots"]) == ["", *COLUMNS]


def test_of_some_users_and_roles_only_what_they_carry_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def policy(name: str) -> dict[str, str]:
        return {"PolicyName": name, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"}

    bob, alice = DETAILS["UserDetailList"]
    (role,), (group,), (managed,) = (
        DETAILS[key] for key in ("RoleDetailList", "GroupDetailList", "Policies")
    )
    p, q, b, other = (
        {**managed, "PolicyName": n, "Arn": policy(n)["PolicyArn"]} for n in ("p", "q", "b", "other")
    )
    details = {
        "UserDetailList": [
            {**bob, "AttachedManagedPolicies": [policy("other")]},
            {**alice, "GroupList": ["g", "gone"]},
        ],
        "RoleDetailList": [
            {
                **role,
                "AttachedManagedPolicies": [policy("p")],
                "PermissionsBoundary": {"PermissionsBoundaryArn": b["Arn"]},
            },
            {**role, "RoleName": "s", "Arn": f"{role['Arn']}s"},
        ],
        "GroupDetailList": [
            {**group, "AttachedManagedPolicies": [policy("q")]},
            {**group, "GroupName": "h", "Arn": "arn:h"},
        ],
        "Policies": [p, q, b, other],
    }
    snapshot = rows(json.dumps(details).encode())
    whole = details_of(snapshot)
    parsed: list[int] = []

    def counted(raw: bytes, label: str) -> AccountDetails:
        parsed.append(len(raw))
        return parse_details(raw, label)

    monkeypatch.setattr("assets.iam_snapshots.snapshot.parse_details", counted)
    some = details_of_some(snapshot.lazy(), {alice["Arn"], role["Arn"], "arn:of:nobody"})
    assert (some.users, some.roles, some.groups) == (whole.users[1:], whole.roles[:1], whole.groups[:1])
    assert [one.name for one in some.policies] == ["b", "p", "q"]
    assert set(some.policies) < set(whole.policies)
    assert max(parsed) < len(json.dumps(details))
    nobody = details_of_some(snapshot.lazy(), ())
    assert not (nobody.users or nobody.roles or nobody.groups or nobody.policies)
    with pytest.raises(InputError, match="0 rows of kind 'document'"):
        details_of_some(snapshot.filter(pl.col("kind") != "document").lazy(), ())
