"""A server that speaks as much of CloudTrail, EC2 and STS as LookupEvents needs: moto knows no LookupEvents."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCOUNT = "111111111111"


@dataclass
class Lookup:
    """Events by region, newest first in pages of `page`; `asked` are region, end, token and moment of each request.

    `errors` are codes that regions answer with; `fail_after` so many requests every one is answered `ExpiredToken`.
    """

    url: str
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    page: int = 50
    account: str = ACCOUNT
    asked: list[tuple[str, datetime, str | None, float]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    fail_after: int | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look_up(self, region: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        start, end = (datetime.fromtimestamp(body[name], UTC) for name in ("StartTime", "EndTime"))
        with self.lock:
            self.asked.append((region, end, body.get("NextToken"), time.monotonic()))
            expired = self.fail_after is not None and len(self.asked) > self.fail_after
        code = self.errors.get(region) or ("ExpiredTokenException" if expired else None)
        if code:
            return 400, {"__type": code, "message": "no"}
        found = [event for event in self.events[region] if start <= _time(event) <= end]
        found.sort(key=_time, reverse=True)
        first = int(body.get("NextToken") or 0)
        page = found[first : first + min(self.page, body["MaxResults"])]
        answer: dict[str, Any] = {
            "Events": [{"EventId": event["eventID"], "CloudTrailEvent": json.dumps(event)} for event in page]
        }
        if first + len(page) < len(found):
            answer["NextToken"] = str(first + len(page))
        return 200, answer


def _time(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["eventTime"])


@contextmanager
def lookup_server() -> Iterator[Lookup]:
    """Run it on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            scope = re.search(r"Credential=\w+/\d+/([\w-]+)/", self.headers["Authorization"])
            if self.headers.get("X-Amz-Target", "").endswith(".LookupEvents"):
                status, answer = lookup.look_up(scope.group(1) if scope else "", json.loads(body))
                self._answer(status, "application/x-amz-json-1.1", json.dumps(answer))
            elif "Action=GetCallerIdentity" in body:
                self._answer(200, "text/xml", _identity(lookup.account))
            else:
                self._answer(200, "text/xml", _regions(sorted(lookup.events)))

        def _answer(self, status: int, kind: str, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    lookup = Lookup(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield lookup
    finally:
        server.shutdown()
        server.server_close()


def _identity(account: str) -> str:
    return (
        f"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )


def _regions(names: list[str]) -> str:
    items = "".join(f"<item><regionName>{name}</regionName></item>" for name in names)
    return f"<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>"
