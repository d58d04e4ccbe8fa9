"""A root that reads as a pattern: what is checked is what lies there, not what lies beside it."""

import shutil

from tests.build import allow, iam, record, user
from tests.conftest import Account, Ask

ALICE = user("alice", allow("iam:GetUser"))


def test_a_neighbour_that_the_root_reads_as_a_pattern_of_is_not_checked(account: Account, ask: Ask) -> None:
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "iam:GetUser", "2026-06-30T10:00:00Z"))
    account.configure(lookback_days=1, storage={"root": "./lake[1]"})
    assert ask("run", "--account", "demo").code == 0
    shutil.copytree(account.folder / "lake[1]", account.folder / "lake1")
    for path in (account.folder / "lake1").rglob("*.parquet"):
        path.write_bytes(b"not parquet")
    answer = ask("checks", "--run", "--table", "principal_diffs")
    assert (answer.code, "0 errors" in answer.out) == (0, True), answer
