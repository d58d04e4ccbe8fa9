"""Queries through PyAthena: run, told what they cost, stopped with the run, their results deleted."""

import logging
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import polars as pl

from assets.cloudtrail_usage.athena.results import delete_below
from assets.cloudtrail_usage.sources.aws import Connection, client
from assets.cloudtrail_usage.sources.aws_faults import explained
from assets.errors import CloudTrackerError, ConfigError, RunError

if TYPE_CHECKING:
    from types import FrameType

DOLLARS_A_BYTE = 5.0 / 2**40
"""What scanning costs: $5 a terabyte in most regions (https://aws.amazon.com/athena/pricing/)."""
RESULTS = "cloudtracker"


@dataclass(frozen=True)
class AthenaPlace:
    """Where Athena runs: region and workgroup (None: boto3's and Athena's own), where results go for a while.

    `output_bucket` None is the bucket that the console makes, `aws-athena-query-results-<account>-<region>`.
    """

    region: str | None = None
    workgroup: str | None = None
    output_bucket: str | None = None
    endpoint_url: str | None = None
    poll_seconds: float = 1.0

    @property
    def connection(self) -> Connection:
        """Who calls Athena, and where."""
        return Connection(region=self.region, endpoint_url=self.endpoint_url)


@dataclass
class Scanned:
    """What queries have read: bytes that Athena bills, and their number."""

    bytes: int = 0
    queries: int = 0

    @property
    def dollars(self) -> float:
        """What that costs at `DOLLARS_A_BYTE`."""
        return self.bytes * DOLLARS_A_BYTE


class QueryError(RunError):
    """Athena ended a query; `reason` is what AWS says."""

    def __init__(self, query_id: str, reason: str) -> None:
        """Say which query it was."""
        super().__init__(f"Athena: query {query_id or '(not started)'} failed: {reason}")
        self.reason = reason


@dataclass
class Athena:
    """Runs statements one after the other, inside `with athena.results():`.

    There, `bucket` takes the results, below `staging` (`s3://bucket/cloudtracker/<random>/`).
    """

    place: AthenaPlace
    database: str
    scanned: Scanned = field(default_factory=Scanned)
    bucket: str = ""
    staging: str = ""
    _connection: Any = None
    _strays: list[str] = field(default_factory=list)

    @contextmanager
    def results(self) -> Iterator[None]:
        """Connect; when the block ends, however it ends, whatever the queries wrote is deleted."""
        region = self.place.region or _default_region()
        self.bucket = self.place.output_bucket or f"aws-athena-query-results-{self._account()}-{region}"
        self.staging = f"s3://{self.bucket}/{RESULTS}/{uuid4()}/"
        self._connection = self._connected(region)
        try:
            yield
        except BaseException:
            # What ended the run is what matters, not that its results could not be deleted either.
            with suppress(CloudTrackerError):
                self._clean()
            raise
        self._clean()

    def _clean(self) -> None:
        self._connection.close()
        for place in (self.staging, *self._strays):
            delete_below(place, self.place.region)

    def statement(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement that reads no logs, and return its rows. Raises QueryError."""
        from pyathena.cursor import Cursor

        with self._connection.cursor(Cursor) as cursor:
            self._execute(cursor, sql, None)
            rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        return rows

    def unload(self, sql: str, parameters: Mapping[str, object]) -> pl.DataFrame:
        """Run a query whose rows go through Parquet files in S3, and return them. Raises QueryError."""
        from pyathena.polars.cursor import PolarsCursor

        with self._connection.cursor(PolarsCursor, unload=True) as cursor:
            self._execute(cursor, sql, dict(parameters))
            frame: pl.DataFrame = cursor.as_polars()
        return frame

    def _execute(self, cursor: Any, sql: str, parameters: Mapping[str, object] | None) -> None:
        from pyathena.error import Error

        started: list[str] = []
        try:
            with _interruptible():
                cursor.execute(sql, parameters, on_start_query_execution=started.append)
        except BaseException as error:
            # PyAthena itself stops a query that is interrupted.
            if not isinstance(error, KeyboardInterrupt):
                self._stop(started)
            if isinstance(error, Error):
                raise self._failed(error, started) from None
            raise
        finally:
            self._remember(cursor)

    def _remember(self, cursor: Any) -> None:
        # A cursor without a query has neither; one that failed has both.
        with suppress(Exception):
            self.scanned.bytes += cursor.data_scanned_in_bytes or 0
            self.scanned.queries += 1
            if cursor.output_location and not cursor.output_location.startswith(self.staging):
                # The workgroup puts results where it wants them.
                self._strays.append(cursor.output_location.removesuffix(".csv").removesuffix(".txt"))

    def _stop(self, started: list[str]) -> None:
        for query_id in started:
            # It may have ended by itself, and what stopped the run is what matters.
            with suppress(Exception):
                self._connection.client.stop_query_execution(QueryExecutionId=query_id)

    def _failed(self, error: Exception, started: list[str]) -> Exception:
        if error.__cause__ is not None:
            fault = explained(error.__cause__, "Athena")
            return fault if isinstance(fault, RunError) else _refused(fault)
        return QueryError("".join(started[:1]), str(error))

    def _connected(self, region: str) -> Any:
        from boto3.session import Config
        from pyathena import connect

        # What it warns of is in the errors that are raised.
        logging.getLogger("pyathena").setLevel(logging.CRITICAL)
        options: dict[str, Any] = {
            "s3_staging_dir": self.staging,
            "region_name": region,
            "work_group": self.place.workgroup or "",
            "schema_name": self.database,
            "poll_interval": self.place.poll_seconds,
            "config": Config(connect_timeout=4, retries={"mode": "standard", "total_max_attempts": 3}),
        }
        if self.place.endpoint_url:
            options["endpoint_url"] = self.place.endpoint_url
        return connect(**options)

    def _account(self) -> str:
        try:
            sts = client("sts", Connection(region=self.place.region), first=True)
            return str(sts.get_caller_identity()["Account"])
        except Exception as error:
            raise _refused(explained(error, "sts:GetCallerIdentity")) from None


def _refused(fault: Exception) -> Exception:
    """Return an error of ours for what AWS refuses or does not answer."""
    return RunError(f"Athena: {fault.strerror or fault}") if isinstance(fault, OSError) else fault


def _default_region() -> str:
    import boto3

    region = boto3.Session().region_name
    if not region:
        raise ConfigError(
            "no region for Athena; set 'athena: {region: ...}' to that of the log bucket, or AWS_REGION"
        )
    return str(region)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Make SIGINT and SIGTERM end a query at once: elsewhere a run answers them between two partitions only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: "FrameType | None") -> None:
    raise KeyboardInterrupt
