"""The report in a real browser: made by the real command, opened from its file."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.trend_report.page import page
from pipeline.cli.main import main
from tests.assets.trend_report.account_days import account_day, source, verdict
from tests.assets.trend_report.chromium import Seen, chromium, in_chromium
from tests.build import allow, iam, record, role, user
from tests.conftest import Account

pytestmark = in_chromium

EVIL = "<img src=x onerror=alert(1)>"
ALICE = user("alice", allow("s3:*", Sid=EVIL), allow("iam:GetUser"))
MALLORY = user(EVIL, allow("ec2:StopInstances", "sqs:*"))
BATCH = role("batch", allow("s3:PutObject"))
ADMIN = role("admin", allow("*"))


@pytest.fixture(scope="module")
def browser(report: Path) -> Iterator[Any]:
    """One browser for all tests here."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, facts: Path) -> Iterator[Path]:
    """The report of a small account, two days after one another, by `cloudtracker run` and `report`."""
    folder = tmp_path_factory.mktemp("account")
    account = Account(folder)
    account.logs.joinpath("AWSLogs").mkdir(parents=True)
    shutil.copytree(facts, account.root)
    account.configure(accounts=[{"name": EVIL, "id": "111111111111", "iam": "iam.json"}])
    account.write_iam(iam(ALICE, MALLORY, BATCH, ADMIN))
    for day in range(26, 31):
        account.log(record(ALICE, "s3:CreateBucket", f"2026-06-{day}T10:00:00Z"))
    account.log(record(MALLORY, "iam:CreateUser", "2026-06-30T11:00:00Z"))
    evil = record(ADMIN, "ec2:StopInstances", "2026-06-30T12:00:00Z")
    evil["userIdentity"]["arn"] += EVIL
    account.log(evil)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DAGSTER_HOME", str(folder / "dagster"))
        for words in (
            "run --account all --from 2026-06-29 --to 2026-06-30",
            "report --account all --output page.html",
        ):
            patch.setattr(sys, "argv", ["cloudtracker", *words.split()])
            try:
                main()
            except SystemExit as end:
                assert not end.code
        yield folder / "page.html"


@pytest.fixture
def seen(browser: Any, report: Path) -> Iterator[Seen]:
    """The report, opened; at the end it must have said nothing and asked for nothing but itself."""
    opened = Seen(browser, report)
    yield opened
    assert opened.said == []
    assert opened.asked == [report.as_uri()]
    opened.page.context.close()


def test_it_opens_with_the_riskiest_first(seen: Seen) -> None:
    assert seen.names[0] == "admin"
    assert sorted(seen.names) == sorted(["admin", "alice", "batch", EVIL])
    assert seen.page.locator("#numbers .card").count() == 6
    assert seen.page.locator("#trend svg").count() == 3


def test_what_iam_and_the_logs_say_is_text(seen: Seen) -> None:
    page = seen.page
    assert page.locator("h1").inner_text() == f"{EVIL} (111111111111)"
    for opener in page.locator("#people .opener").all():
        opener.click()
    for summary in page.locator("#people .person summary").all():
        summary.click()
    assert page.locator("#people .unfolded").count() == 4
    assert page.get_by_text(f"Statement 0 “{EVIL}”").count() == 1
    assert page.locator("img, iframe, object, embed, link, [onerror]").count() == 0
    assert page.locator("script").count() == 2


def test_a_script_that_slipped_in_would_not_run(browser: Any, report: Path) -> None:
    opened = Seen(browser, report)
    opened.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"document.title=1\">');"
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title=1'}))"
    )
    opened.page.wait_for_timeout(200)
    assert opened.page.title() != "1"
    assert any("Content Security Policy" in text for text in opened.said)
    opened.page.context.close()


def test_columns_sort_by_button_and_say_so(seen: Seen) -> None:
    head = seen.page.locator("#people th[role=columnheader]").first
    assert head.get_attribute("aria-sort") == "none"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    up = seen.names
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert seen.names == up[::-1]
    assert "sorted by user or role" in seen.page.locator("#people .said").inner_text()


def test_the_search_finds_names_arns_and_what_is_filtered(seen: Seen) -> None:
    field = seen.page.get_by_label("Search").first
    field.fill("ALI")
    assert seen.names == ["alice"]
    assert seen.page.locator("#people .said").inner_text() == "1 of 4 users and roles, sorted by risk"
    field.fill("role/batch")
    assert seen.names == ["batch"]
    field.fill("user/<img")
    assert seen.names == [EVIL]
    field.fill("nobody at all")
    assert seen.names == []
    field.fill("")
    seen.page.get_by_role("button", name="Roles", exact=True).click()
    assert sorted(seen.names) == ["admin", "batch"]
    seen.page.get_by_role("button", name="Never seen").click()
    assert seen.names == ["batch"]


def test_a_principal_unfolds_into_what_grants_what_it_does_not_use(seen: Seen) -> None:
    seen.page.locator("#people .opener", has_text="alice").click()
    person = seen.page.locator("#people .person")
    assert "arn:aws:iam::111111111111:user/alice" in person.inner_text()
    statements = person.locator(".statements > li")
    assert statements.count() == 2
    assert "takes away 1 unused and 0 used actions" in statements.nth(1).inner_text()
    person.locator("summary", has_text="iam").first.click()
    assert "iam:GetUser" in person.locator(".names").inner_text()
    assert "granted by #2" in person.locator(".names").inner_text()
    assert "s3:CreateBucket" in person.inner_html()


def test_it_works_by_keyboard(seen: Seen) -> None:
    page = seen.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("alice")
    while not page.evaluate("document.activeElement.classList.contains('opener')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.unfolded') !== null")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator("#people .unfolded").count() == 0
    assert page.evaluate("document.activeElement.classList.contains('opener')")


def test_it_is_named_for_screen_readers(seen: Seen) -> None:
    tree = seen.page.locator("#people").aria_snapshot()
    assert 'table "Users and roles with their risk and permissions"' in tree
    assert 'columnheader "Risk"' in tree
    assert 'rowheader "admin role"' in tree
    assert 'searchbox "Search"' in tree
    unnamed = seen.page.evaluate(
        "[...document.querySelectorAll('button, a, summary')].filter((one) => !one.textContent.trim()).length"
    )
    assert unnamed == 0


def test_a_link_opens_the_principal(seen: Seen) -> None:
    seen.page.locator("#missing .link", has_text=EVIL).click()
    assert seen.page.locator("#people .unfolded").count() == 1
    assert "iam:CreateUser" in seen.page.locator("#people .person").inner_text()
    assert seen.page.evaluate("document.activeElement.closest('#people') !== null")


def test_it_fits_a_phone_and_follows_the_dark(browser: Any, report: Path) -> None:
    phone = Seen(browser, report, viewport={"width": 360, "height": 740}, color_scheme="dark")
    for opener in phone.page.locator("#people .opener").all():
        opener.click()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 360
    dark = phone.page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = Seen(browser, report, color_scheme="light")
    assert light.page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    for opened in (phone, light):
        opened.page.context.close()


def test_roles_nobody_assumed_are_told_from_those_in_which_nothing_was_done(
    browser: Any, tmp_path: Path
) -> None:
    roles = [
        verdict(name, "s3:GetObject", "unused", ["a"], principal_type="role") for name in ("idle", "taken")
    ]
    day = account_day(roles, [source("a", "s3:*")])
    taken = pl.when(pl.col("principal_name") == "taken")
    people = day.people.with_columns(
        assumptions=taken.then(3).otherwise(0), assumed_at=taken.then(pl.col("created_at"))
    )
    path = tmp_path / "page.html"
    path.write_bytes(page([replace(day, people=people)], "demo"))
    opened = Seen(browser, path)
    rows = opened.page.locator("#idle tbody tr").all_inner_texts()
    said = {row.split()[0]: " ".join(row.split()) for row in rows}
    assert "nobody assumed it" in said["idle"]
    assert "assumed, and nothing done in it 1 3 2026-06-29" in said["taken"]
    once = people.with_columns(assumptions=taken.then(1).otherwise(0))
    path.write_bytes(page([replace(day, people=once)], "demo"))
    opened.page.reload()
    opened.page.locator("#people tbody .opener", has_text="taken").click()
    assert "1 time, last 2026-06-29" in opened.page.locator(".person .facts").inner_text()
    opened.page.context.close()


def test_whoever_cannot_be_known_to_be_idle_is_not_called_so(browser: Any, tmp_path: Path) -> None:
    """Without logs, and without an earlier day in the window, the page says that it does not know."""
    day = account_day(
        [verdict("gone", "s3:GetObject", "unknown", ["a"], principal_type="role")], [source("a", "s3:*")]
    )
    people = day.people.with_columns(
        activity=pl.lit("unknown"), last_seen=pl.lit(None, pl.Datetime("us", "UTC"))
    )
    path = tmp_path / "page.html"
    path.write_bytes(page([replace(day, people=people, series=day.series.tail(1), covered=())], "demo"))
    opened = Seen(browser, path)
    row = opened.page.locator("#people tbody tr").first
    assert "not known" in row.inner_text()
    assert "never" not in row.inner_text()
    row.locator(".opener").click()
    assert "never" not in opened.page.locator(".person .facts").inner_text()
    assert opened.page.locator("#changed p").inner_text().endswith("the window holds no earlier stored day.")
    assert "no earlier stored day in the window" in opened.page.locator("#numbers").inner_text()
    assert opened.page.locator("#idle-title").inner_text() == "Users and roles that the logs do not show"
    assert "cannot be known" in opened.page.locator("#idle").inner_text()
    assert "whatever the logs show as used is granted" in opened.page.locator("#missing").inner_text()
    assert "Used, as far as the logs tell: nothing" in opened.page.locator(".person").inner_text()
    card = " ".join(opened.page.locator(".card.without_use").inner_text().split())
    assert card == "No use seen not known of 1 user or role the logs are complete on no day"
    opened.page.context.close()


def test_on_paper_every_row_is_there_and_no_button(browser: Any, tmp_path: Path) -> None:
    verdicts = [verdict(f"user-{n}", "s3:GetObject", "unused", ["a"]) for n in range(300)]
    path = tmp_path / "page.html"
    path.write_bytes(page([account_day(verdicts, [source("a", "s3:*")])], "demo"))
    opened = Seen(browser, path)
    assert len(opened.names) < 300
    assert opened.page.pdf()
    assert len(opened.names) == 300
    opened.page.emulate_media(media="print")
    assert not opened.page.locator("#people .bar").is_visible()
    opened.page.context.close()


def test_no_share_is_drawn_longer_than_the_whole(browser: Any, tmp_path: Path) -> None:
    """Where a policy could not be read, more is unknown than is granted: what was used without a known grant."""
    day = account_day([verdict("alice", "s3:GetObject", "unknown", ["a"])], [source("a", "s3:*")])
    path = tmp_path / "page.html"
    path.write_bytes(page([replace(day, people=day.people.with_columns(unknown=pl.lit(4)))], "demo"))
    opened = Seen(browser, path)
    part = opened.page.locator("#people .share .part.unknown").first
    assert part.evaluate("one => one.style.width") == "100%"
    opened.page.context.close()
