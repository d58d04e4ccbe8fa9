"""IAM data read from AWS: GetAccountAuthorizationDetails, all pages, as one document."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from assets.aws_access.access import AwsAccess
from assets.aws_access.failures import in_words
from assets.iam_snapshots.authorization_details import LISTS

PAGE = 1000
"""Entries a page: the most that IAM gives."""


@dataclass(frozen=True)
class LiveIam:
    """The IAM data of one account as it is at `now` (UTC), the start of the run.

    What is stored of the same day stands, unless `anew`. For other days it has nothing to offer.
    """

    access: AwsAccess
    now: datetime
    anew: bool = False
    label: str = "get-account-authorization-details"
    taken_at_source: str = "live"

    def stands_for(self, day: date, today: date, stored: Collection[datetime]) -> datetime | None:
        """Return when the snapshot that stands for the day was or will be taken, None for any but this day."""
        del today  # `as_of` is for logs that have ended; AWS shows what is true now
        if day != self.now.date():
            return None
        same = [time for time in stored if time.astimezone(UTC).date() == day]
        return self.now if self.anew or not same else max(same)

    @property
    def offered(self) -> tuple[datetime, ...]:
        """Nothing for a past day."""
        return ()

    def gives(self, taken_at: datetime, stored: Collection[datetime]) -> bool:
        """Whether AWS is to be asked for the snapshot of that time: one taken in this very second may be stored."""
        return taken_at == self.now and (self.anew or taken_at not in stored)

    @property
    def changed_at(self) -> datetime | None:
        """Unknown without asking AWS."""
        return None

    def refusal(self, day: date) -> str:
        """Say why there is nothing for a past day where nothing is stored."""
        return (
            f"'iam: live' shows what is granted now, not on {day}, and no snapshot is stored that a past day could be"
            " filled from; take today's: cloudtracker snapshot --account NAME"
        )

    def read(self) -> bytes:
        """Return the document. Raises `InputError` or `RunError` naming the account and AWS's reason."""
        connection = self.access.connect()
        with in_words(self.access.place, "iam"):
            pages = connection.client("iam").get_paginator("get_account_authorization_details")
            return merged(pages.paginate(PaginationConfig={"PageSize": PAGE}))


def merged(pages: Any) -> bytes:
    """Return all pages as one document in the format of the AWS CLI: entries sorted by ARN, times ISO 8601."""
    lists: dict[str, list[dict[str, Any]]] = {key: [] for key in LISTS.values()}
    for page in pages:
        for key, entries in lists.items():
            entries.extend(page.get(key, ()))
    for entries in lists.values():
        entries.sort(key=lambda entry: str(entry["Arn"]))
    return json.dumps(lists, default=_text, ensure_ascii=False, separators=(",", ":")).encode()


def _text(value: object) -> str:
    assert isinstance(value, datetime)
    return value.astimezone(UTC).isoformat(timespec="seconds")
