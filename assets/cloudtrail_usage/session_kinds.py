"""Sessions and kinds of events of a day as numbers in the order of `session_usage`, and back."""

import polars as pl

from assets.cloudtrail_usage.counted import SUMS
from assets.cloudtrail_usage.event_ids import with_texts
from assets.cloudtrail_usage.schema import SESSION_USAGE, as_columns
from assets.cloudtrail_usage.session_keys import SESSION_IDENTITY, SESSION_SCHEMA
from assets.errors import RunError

# Columns of the usage, and what a key calls them.
PRINCIPAL = {
    "role_id": "principal_id",
    "role_arn": "principal_arn",
    "role_account": "principal_account",
    "session_type": "principal_type",
}
_EVENT = ("event_source", "event_name", "event_type", "outcome")


def distinct_sessions(sessions: pl.DataFrame) -> pl.DataFrame:
    """Return each session once, in order, its number being `session_rank`.

    Raises RunError when two sessions share a code.
    """
    said = [name for name in SESSION_SCHEMA if name not in SESSION_IDENTITY]
    distinct = sessions.group_by("session_code", *SESSION_IDENTITY).agg(pl.col(said).max())
    if distinct["session_code"].is_duplicated().any():
        raise RunError("two sessions got the same code while logs were read; run it again after an update")
    return distinct.sort(SESSION_IDENTITY).with_row_index("session_rank")


class SessionKinds:
    """The principals and the kinds of events of a day, in order: what is counted is grouped by their numbers."""

    def __init__(self, keys: pl.DataFrame) -> None:
        """Take the day's distinct keys, with `code`."""
        named = keys.select("code", *_EVENT, **{name: pl.col(of) for name, of in PRINCIPAL.items()})
        self._principals = named.select(*PRINCIPAL).unique().sort(*PRINCIPAL).with_row_index("principal")
        self._events = named.select(_EVENT).unique().sort(_EVENT).with_row_index("event")
        self._of_code = (
            named.join(self._principals, on=list(PRINCIPAL))
            .join(self._events, on=_EVENT)
            .select("code", "principal", "event")
        )

    def usage(self, partial: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the table, sorted by its key, of what was counted by session and code."""
        return self.table(self.numbered(partial, sessions), sessions)

    def numbered(self, partial: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
        """Return what was counted with the numbers of its `principal`, session (`session_rank`) and `event`."""
        ranked = sessions.select("session_code", "session_rank")
        numbers = partial.join(ranked, on="session_code").join(self._of_code, on="code")
        return numbers.drop("session_code", "code")

    def table(self, numbered: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the table, sorted by its key; numbers may be there any number of times."""
        ranks = ("principal", "session_rank", "event")
        counted = numbered.group_by(ranks).agg(**SUMS).sort(ranks)
        usage = (
            counted.join(self._principals, on="principal", maintain_order="left")
            .join(sessions, on="session_rank", maintain_order="left")
            .join(self._events, on="event", maintain_order="left")
        )
        named = usage.with_columns(
            session_name=pl.col("session").str.splitn(":", 2).struct.field("field_1").fill_null("")
        )
        return as_columns(with_texts(named, "last_event_id"), SESSION_USAGE)
