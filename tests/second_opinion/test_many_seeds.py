"""Many seeds, and that among them everything occurs that is to be compared: what is never made proves nothing."""

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Account
from tests.second_opinion.checked import Checked, checked
from tests.second_opinion.compare import told

SEEDS = range(1, 41)

# README, Reasons: every status with every reason of it.
VERDICTS = {
    *(("used", reason) for reason in ("called", "called_by_service")),
    *(("unused", reason) for reason in ("never_called", "only_denied")),
    *(
        ("unknown", reason)
        for reason in ("not_recorded", "selectors_unknown", "excluded_by_trail", "only_errors")
    ),
    *(("unknown", reason) for reason in ("maybe_needed", "missing_policy", "unknown_action", "unverified")),
    *(("unknown", reason) for reason in ("role_last_used", "other_account", "too_new", "low_coverage")),
    *(("not_granted", reason) for reason in ("revoked", "trust_policy", "possibly_resource_policy")),
}
# Data dictionary, Closed sets: what a folder of files can hold.
REJECTIONS = {
    *("unexpected_file", "empty_file", "truncated_gzip", "unreadable_gzip", "not_json", "no_records"),
    *(
        "record_not_object",
        "identity_missing",
        "bad_event_time",
        "missing_event_source",
        "missing_event_name",
    ),
    *("wrong_type", "foreign_recipient"),
}
PRINCIPALS = {
    *("user", "role", "root", "account", "service", "saml_user", "web_identity_user", "identity_center_user"),
    "unknown",
}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_many_seeds_agree_and_have_everything(account: Account, facts: Path, tmp_path: Path) -> None:
    found: list[str] = []
    occurred: Counter[Any] = Counter()
    for seed in SEEDS:
        folder = tmp_path / f"seed-{seed}"
        shutil.copytree(facts, folder / "lake")
        opinion = checked(seed, folder, facts)
        if opinion.differences:
            found.append(told(seed, opinion.differences))
        occurred.update(_occurring(opinion))
        shutil.rmtree(folder)
    assert not found, "\n\n".join(found)
    wanted = {*VERDICTS, *REJECTIONS, *PRINCIPALS, "ok", "denied", "error", "via service", "restricted"}
    wanted |= {"late", "duplicate", "unmapped", "not complete", "granted in the window", "two runs"}
    assert wanted <= occurred.keys(), f"never occurred: {wanted - occurred.keys()}"


def _occurring(opinion: Checked) -> Iterable[Any]:
    def rows(table: str) -> Iterable[dict[str, Any]]:
        return (row for day in opinion.made.by_name[table].values() for row in day.values())

    for row in rows("principal_diffs"):
        yield row["status"], row["reason"]
        if row["restricted"]:
            yield "restricted"
    for row in rows("cloudtrail_usage"):
        yield from (row["principal_type"], row["outcome"])
        if row["via_service"]:
            yield "via service"
    for row in rows("log_coverage"):
        if row["late_from"]:
            yield "late"
        if row["duplicates"]:
            yield "duplicate"
        if not row["complete"]:
            yield "not complete"
    yield from (row["reason"] for row in rows("rejected_records"))
    yield from ("unmapped" for _ in rows("unmapped_events"))
    if len(opinion.scenario.runs) > 1:
        yield "two runs"
        yield from _new_grants(opinion)


def _new_grants(opinion: Checked) -> Iterable[str]:
    """Of one user or role some verdicts stand on fewer days than others: those of what was granted later."""
    for day in opinion.made.by_name["principal_diffs"].values():
        days: dict[str, set[int]] = {}
        for row in day.values():
            if row["status"] != "not_granted":
                days.setdefault(row["principal_arn"], set()).add(row["covered_days"])
        if any(len(some) > 1 for some in days.values()):
            yield "granted in the window"
