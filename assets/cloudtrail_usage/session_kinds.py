"""Sessions and kinds of events of a day as numbers in the order of `session_usage`, and back."""

from copy import copy

import polars as pl

from assets.cloudtrail_usage.counted import SUMS
from assets.cloudtrail_usage.day_keys import DayKeys
from assets.cloudtrail_usage.event_ids import with_texts
from assets.cloudtrail_usage.schema import SESSION_USAGE, as_columns
from assets.cloudtrail_usage.session_keys import SESSION_IDENTITY, SESSION_SCHEMA
from assets.coded_text import coded_rows
from assets.errors import RunError

# Columns of the usage, in their order there, and what a key calls them.
ORDER = {
    "role_id": "principal_id",
    "role_arn": "principal_arn",
    "role_account": "principal_account",
    "session_type": "principal_type",
}


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

    def __init__(self, keys: DayKeys) -> None:
        """Take the day's keys."""
        # The table names the id of a principal before its ARN.
        principals = keys.principals.select(**{name: pl.col(of) for name, of in ORDER.items()})
        ordered = principals.with_row_index("principal").sort(*ORDER)
        self._principals, self._events = ordered.select(*ORDER), keys.events
        renumbered = ordered.select("principal").with_row_index("ordered")
        self._of_code = keys.codes.join(renumbered, on="principal").select(
            "code", "event", principal="ordered"
        )

    def coded(self, principals: pl.Series, events: pl.Series) -> "SessionKinds":
        """Return those of these numbers alone, whose text is codes in `table`: the codes of what is there, no more.

        Text takes twice as long to write, and is written for each session and kind of event.
        """
        some = copy(self)
        some._principals = coded_rows(self._principals, principals)
        some._events = coded_rows(self._events, events)
        return some

    def usage(self, partial: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the table, sorted by its key, of what was counted by session and code."""
        return self.table(self.numbered(partial, sessions), sessions)

    def numbered(self, partial: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
        """Return what was counted with the numbers of its `principal`, session (`session_rank`) and `event`."""
        ranked = sessions.select("session_code", "session_rank")
        numbers = partial.join(ranked, on="session_code").join(self._of_code, on="code")
        return numbers.drop("session_code", "code")

    def table(self, numbered: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the table, sorted by its key; numbers may be there any number of times.

        Text is codes where it is in `sessions`, and where these are `coded`.
        """
        ranks = ("principal", "session_rank", "event")
        counted = numbered.group_by(ranks).agg(**SUMS).sort(ranks)
        usage = pl.concat(
            [
                counted,
                self._principals[counted["principal"]],
                sessions.drop("session_rank")[counted["session_rank"]],
                self._events[counted["event"]],
            ],
            how="horizontal",
        )
        named = usage.with_columns(
            session_name=pl.col("session").str.splitn(":", 2).struct.field("field_1").fill_null("")
        )
        schema = named.schema
        columns = {
            name: schema[name] if isinstance(schema[name], pl.Enum) else stored
            for name, stored in SESSION_USAGE.items()
        }
        return as_columns(with_texts(named, "last_event_id"), columns)
