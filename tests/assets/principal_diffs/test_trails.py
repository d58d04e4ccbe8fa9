"""Trails whose settings begin within the window that is asked about."""

from datetime import date

import pytest

from assets.principal_diffs.coverage import Window
from assets.principal_diffs.trails import UNTOLD, Selector, Trail, in_force

WINDOW = Window(date(2026, 6, 26), date(2026, 6, 30))
BEFORE, FIRST, WITHIN, LATER, AFTER = (date(2026, 6, day) for day in (20, 26, 28, 29, 30))
EVENTS, OBJECTS = Selector(None), Selector("AWS::S3::Object")
WRITING, READING = Selector(None, read=False), Selector(None, write=False)
WITHOUT_KMS = Selector(None, without_sources=frozenset({"kms.amazonaws.com"}))


def trail(since: date | None, *selectors: Selector) -> Trail:
    return Trail(selectors, since)


@pytest.mark.parametrize(
    ("trails", "recorded"),
    [
        ([], None),
        ([trail(None, WRITING)], {WRITING}),
        ([trail(BEFORE, WRITING)], {WRITING}),
        ([trail(FIRST, WRITING)], {WRITING}),
        # What it leaves out is not recorded over the window, whatever was before.
        ([trail(WITHIN, WRITING)], {WRITING}),
        ([trail(AFTER, WRITING)], {WRITING}),
        ([trail(WITHIN, EVENTS, OBJECTS)], {EVENTS}),
        ([trail(WITHIN, OBJECTS)], set()),
        ([trail(date(2026, 7, 1), WRITING)], None),
        # One that comes to another adds nothing that was there all the time.
        ([trail(None, EVENTS), trail(WITHIN, OBJECTS)], {EVENTS}),
        ([trail(None, WRITING), trail(WITHIN, READING)], {WRITING}),
        ([trail(WITHIN, WITHOUT_KMS), trail(LATER, EVENTS)], {WITHOUT_KMS}),
        ([trail(WITHIN, WRITING), trail(LATER, READING)], {WRITING}),
    ],
)
def test_what_the_parts_of_a_window_agree_on_holds_over_it(
    trails: list[Trail], recorded: set[Selector] | None
) -> None:
    found = in_force(trails, WINDOW)
    assert (
        (found == ())
        if recorded is None
        else ({selector for one in found for selector in one.selectors} == recorded)
    )


def test_where_nobody_says_what_is_recorded_all_management_events_are() -> None:
    assert UNTOLD == (EVENTS,)
