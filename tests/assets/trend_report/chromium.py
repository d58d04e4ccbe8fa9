"""A real browser, and a page that was opened in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
# Where the tests are made sure of (.ci/run), a missing browser is a failure.
NEEDED = bool(os.environ.get("CLOUDTRACKER_TESTS_NEED_CHROMIUM"))
in_chromium = pytest.mark.skipif(not CHROMIUM.exists() and not NEEDED, reason=f"there is no {CHROMIUM}")


@contextmanager
def chromium() -> Iterator[Any]:
    """Start one. Not before Dagster is done: both want the event loop of the thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        running = started.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


class Seen:
    """A page that was opened, and everything that it said or asked for meanwhile."""

    def __init__(self, browser: Any, path: Path, *, watched: bool = False, **context: Any) -> None:
        """Open it; `watched` counts its `cpu_seconds`."""
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_context(**context).new_page()
        self._session = self.page.context.new_cdp_session(self.page) if watched else None
        if self._session:
            self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", state="attached")

    @property
    def names(self) -> list[str]:
        """The users and roles in the order of the table."""
        return self.page.locator("#people tbody .opener .name").all_inner_texts()

    @property
    def cpu_seconds(self) -> float:
        """How much time of the processor the page has taken: scripts, layout and drawing."""
        assert self._session, "it is not watched"
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")
