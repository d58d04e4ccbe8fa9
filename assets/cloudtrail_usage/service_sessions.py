"""Which sessions of a day belong to an AWS service: they are counted together, or a busy function has a million."""

from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.schema import ROLE_ASSUMPTIONS
from assets.cloudtrail_usage.session_keys import service_code
from assets.cloudtrail_usage.staged_files import part_of, rows_in
from assets.cloudtrail_usage.staging import staged

SESSIONS_AT_A_TIME = 150_000
_ACTED = {"session_code": pl.UInt64(), "session": pl.String(), "key": pl.String()}
_ISSUED = {name: ROLE_ASSUMPTIONS[name] for name in ("assumed_role_id", "key", "service", "caller_type")}
_FOUND = ("session_code", "service")


def service_sessions(staging: Path, day: int, rows_at_a_time: int = SESSIONS_AT_A_TIME) -> pl.DataFrame:
    """Return the `session_code` of the sessions that were issued to an AWS service on that day in that account.

    They have the very key that it was issued or, where a call shows no key, an id that only services got. Those
    that say by themselves whose they are (`person.service_of_session`) are not among them. `service` is the
    service, `service_code` the code of all of its sessions.
    """
    sessions, assumed = staged(staging, day, "sessions"), staged(staging, day, "assumed")
    parts = -(-max(rows_in(sessions), rows_in(assumed)) // rows_at_a_time)
    found = [pl.DataFrame(schema={"session_code": pl.UInt64(), "service": pl.String()})]
    unnamed = pl.col("service") == ""
    for part in range(parts):
        keyed = (pl.col("key") != "") & (pl.col("key").hash() % parts == part)
        acted = part_of(sessions, unnamed & keyed, _ACTED)
        issued = part_of(assumed, keyed & (pl.col("caller_type") == "service"), _ISSUED)
        found.append(acted.join(issued, on="key").select(_FOUND))
        keyless = unnamed & (pl.col("key") == "") & (pl.col("session").hash() % parts == part)
        acted = part_of(sessions, keyless, _ACTED)
        issued = part_of(assumed, pl.col("assumed_role_id").hash() % parts == part, _ISSUED)
        only = _only_by_services(issued)
        found.append(acted.join(only, left_on="session", right_on="assumed_role_id").select(_FOUND))
    one_each = pl.concat(found).group_by("session_code").agg(pl.col("service").min())
    codes = [(service, service_code(service)) for service in one_each["service"].unique()]
    coded = pl.DataFrame(codes, schema={"service": pl.String(), "service_code": pl.UInt64()}, orient="row")
    return one_each.join(coded, on="service")


def _only_by_services(issued: pl.DataFrame) -> pl.DataFrame:
    ids = issued.filter(pl.col("assumed_role_id") != "").group_by("assumed_role_id")
    by_service = (pl.col("caller_type") == "service").all()
    return ids.agg(pl.col("service").min(), only=by_service).filter("only")
