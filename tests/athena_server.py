"""A server that speaks Athena's protocol (JSON 1.1) to the real PyAthena, and runs what it is asked for real."""

import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from trino_sql_validator import validate

from tests.athena_engine import Engine, Outcome, QueryError
from tests.aws import caller, moto_server


@dataclass
class Query:
    """A query that was started."""

    id: str
    sql: str
    output: str
    database: str
    state: str = "RUNNING"
    reason: str = ""
    outcome: Outcome = field(default_factory=Outcome)


@dataclass
class FakeAthena:
    """What the server knows and was told; tests set the faults and look at the rest."""

    url: str
    engine: Engine
    queries: dict[str, Query] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    throttle: int = 0
    fail: str = ""
    refuse: str = ""
    hang: bool = False

    @property
    def unloads(self) -> list[Query]:
        """The queries that read logs, in order."""
        return [query for query in self.queries.values() if "UNLOAD" in query.sql]

    def forget(self) -> None:
        """Begin anew: no queries, no tables, no faults."""
        self.queries.clear()
        self.stopped.clear()
        self.engine.tables.clear()
        self.engine.databases = {"default"}
        self.throttle, self.fail, self.refuse, self.hang = 0, "", "", False

    def start(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer StartQueryExecution: the query has run when this returns, unless it hangs."""
        if self.refuse:
            raise RefusedError("AccessDeniedException", self.refuse)
        if self.throttle:
            self.throttle -= 1
            raise RefusedError("TooManyRequestsException", "Rate exceeded")
        query = Query(
            str(uuid.uuid4()),
            asked["QueryString"],
            asked["ResultConfiguration"]["OutputLocation"],
            asked.get("QueryExecutionContext", {}).get("Database", "default"),
        )
        self.queries[query.id] = query
        if "UNLOAD" in query.sql:
            parsed = validate(query.sql)
            assert parsed.valid, parsed.errors
        if self.hang and "UNLOAD" in query.sql:
            return {"QueryExecutionId": query.id}
        try:
            if self.fail and "UNLOAD" in query.sql:
                raise QueryError(self.fail)
            query.outcome = self.engine.run(query.sql, query.database)
            self._leave_results(query)
            query.state = "SUCCEEDED"
        except QueryError as error:
            query.state, query.reason = "FAILED", str(error)
        return {"QueryExecutionId": query.id}

    def stop(self, query_id: str) -> dict[str, Any]:
        """Answer StopQueryExecution."""
        self.stopped.append(query_id)
        query = self.queries[query_id]
        if query.state == "RUNNING":
            query.state, query.reason = "CANCELLED", "Query was cancelled by the user"
        return {}

    def execution(self, query: Query) -> dict[str, Any]:
        """Answer GetQueryExecution."""
        unload = "UNLOAD" in query.sql
        now = time.time()
        status = {"State": query.state, "SubmissionDateTime": now, "StateChangeReason": query.reason}
        statistics: dict[str, Any] = {"DataScannedInBytes": query.outcome.scanned}
        if unload:
            statistics["DataManifestLocation"] = f"{query.output}{query.id}-manifest.csv"
        return {
            "QueryExecution": {
                "QueryExecutionId": query.id,
                "Query": query.sql,
                "StatementType": "DML" if unload else "DDL",
                "SubstatementType": "UNLOAD" if unload else "",
                "ResultConfiguration": {
                    "OutputLocation": f"{query.output}{query.id}" + ("" if unload else ".txt")
                },
                "QueryExecutionContext": {"Database": query.database},
                "Status": status,
                "Statistics": statistics,
                "WorkGroup": "primary",
            }
        }

    def results(self, query: Query) -> dict[str, Any]:
        """Answer GetQueryResults."""
        kind = {"Type": "string", "Precision": 0, "Scale": 0, "Nullable": "UNKNOWN"}
        columns = [{"Name": name, "Label": name, **kind} for name in query.outcome.columns]
        rows = [{"Data": [{"VarCharValue": value} for value in row]} for row in query.outcome.rows]
        return {"UpdateCount": 0, "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": columns}}}

    def _leave_results(self, query: Query) -> None:
        bucket, _, prefix = query.output.removeprefix("s3://").partition("/")
        text = "\n".join(query.outcome.manifest)
        name = f"{query.id}-manifest.csv" if "UNLOAD" in query.sql else f"{query.id}.txt"
        for key in (name, f"{query.id}.metadata"):
            self.engine.s3.put_object(Bucket=bucket, Key=prefix + key, Body=text.encode())


class RefusedError(Exception):
    """An error of the service: its name and message."""


def _handler(athena: FakeAthena) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            action = self.headers["X-Amz-Target"].removeprefix("AmazonAthena.")
            try:
                status, answer = 200, self._answer(action, body)
            except RefusedError as refused:
                status, answer = 400, {"__type": refused.args[0], "message": refused.args[1]}
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _answer(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
            if action == "StartQueryExecution":
                return athena.start(body)
            if action == "StopQueryExecution":
                return athena.stop(body["QueryExecutionId"])
            if action == "GetQueryExecution":
                return athena.execution(athena.queries[body["QueryExecutionId"]])
            if action == "GetQueryResults":
                return athena.results(athena.queries[body["QueryExecutionId"]])
            raise RefusedError("InvalidRequestException", f"unknown action {action}")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def athena_server(s3: Any) -> Iterator[FakeAthena]:
    """Run the server on a port of its own, over that client of S3."""
    athena = FakeAthena("", Engine(s3))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(athena))
    athena.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield athena
    finally:
        server.shutdown()
        server.server_close()


OUTPUT = "query-results"


@dataclass
class FakeAws:
    """Athena, and the S3 that it reads and writes: its URL and a client of it."""

    athena: FakeAthena
    url: str
    s3: Any

    def left_over(self) -> list[str]:
        """Return the objects that lie in the bucket of results."""
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=OUTPUT).get("Contents", [])]


@contextmanager
def fake_aws() -> Iterator[FakeAws]:
    """Run both servers."""
    with moto_server() as url:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        s3 = caller("s3", url)
        s3.create_bucket(Bucket=OUTPUT)
        with athena_server(s3) as athena:
            yield FakeAws(athena, url, s3)
