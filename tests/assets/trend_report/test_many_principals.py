"""The report of a large account in a real browser."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from assets.expanded_grants.schema import SOURCES
from assets.principal_diffs.schema import PRINCIPAL_DIFFS
from assets.trend_report.page import page
from tests.assets.trend_report.account_days import day_of, frame, source, verdict
from tests.assets.trend_report.chromium import Seen, chromium, in_chromium

pytestmark = in_chromium


def test_2500_principals_are_small_and_quick(facts: Path, tmp_path: Path) -> None:
    html = page([_many(facts, 2500)], "big")
    assert len(html) < 10_000_000
    path = tmp_path / "page.html"
    path.write_bytes(html)
    with chromium() as browser:
        _is_quick(browser, path)


def _is_quick(browser: Any, path: Path) -> None:
    opened = Seen(browser, path, watched=True)
    opened.page.get_by_label("Search").first.fill("user-2024")
    assert opened.names == ["user-2024"]
    opened.page.locator("#people .opener").click()
    assert opened.page.locator("#people .service").count() > 0
    # Of the processor's time: this machine runs other tests meanwhile.
    assert 0 < opened.cpu_seconds < 1
    assert opened.said == []
    opened.page.context.close()


def _many(facts: Path, people: int) -> Any:
    actions = pl.read_parquet(facts / "iam_actions" / "part-0.parquet").sort("action")
    actions = actions.select("action", "access_level", service=pl.col("action").str.split(":").list.first())
    services = actions["service"].unique(maintain_order=True)
    at = pl.int_range(people, eager=True)
    who = pl.DataFrame({"n": at}).with_columns(
        principal_name=pl.format("user-{}", "n"), first=pl.col("n") * 7 % services.len()
    )
    # Everybody has three services through statements of their own; every hundredth is an administrator.
    few = pl.concat(
        [
            who.with_columns(service=services[(who["first"] + step) % services.len()]).join(
                actions, on="service"
            )
            for step in range(3)
        ]
    )
    admins = (
        who.filter(pl.col("n") % 100 == 0)
        .with_columns(service=pl.lit(""))
        .join(actions.drop("service"), how="cross")
    )
    rows = pl.concat([few, admins.select(few.columns)]).unique(
        ["n", "action"], keep="first", maintain_order=True
    )
    defaults = verdict("x", "y", "unused")
    status = (
        pl.when(pl.col("action").hash(1) % (pl.col("n") + 40) < 3)
        .then(pl.lit("used"))
        .otherwise(pl.lit("unused"))
    )
    arn = pl.format("arn:aws:iam::111111111111:user/{}", "principal_name")
    id_ = pl.format("{}-{}", "n", "service")
    rows = rows.with_columns(principal_arn=arn, status=status, granted_by=pl.concat_list(id_), id=id_)
    missing = {
        name: pl.lit(
            defaults.get(
                name, {pl.Boolean(): False, pl.Int64(): 0}.get(dtype, None if dtype.is_temporal() else "")
            )
        ).cast(dtype)
        for name, dtype in PRINCIPAL_DIFFS.items()
        if name not in rows.columns
    }
    diffs = rows.with_columns(**missing).select(list(PRINCIPAL_DIFFS))
    kinds = rows.unique("id", maintain_order=True)
    sources = [
        source(
            one, f"{service}:*", attached_to=owner, resources=json.dumps([f"arn:aws:{service}:::{owner}/*"])
        )
        for one, service, owner in kinds.select("id", "service", "principal_arn").iter_rows()
    ]
    return day_of(diffs, rows.select("principal_arn", "action", "granted_by"), frame(sources, SOURCES))
