"""A server between the product and moto that breaks answers as a test says: S3 on a bad day."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

STATUS = {"SlowDown": 503, "NoSuchKey": 404, "AccessDenied": 403, "ExpiredToken": 400}


@dataclass
class Fault:
    """What happens to requests whose path and query hold `where`: an error `code`, `cut`, `drop` or `slow`.

    The first `after` of them pass, then it happens `times` times (always, where that is None).
    """

    where: str
    what: str
    times: int | None = None
    after: int = 0
    _seen: int = 0

    def strikes(self, target: str) -> bool:
        if self.where not in target:
            return False
        self._seen += 1
        return self._seen > self.after and (self.times is None or self._seen <= self.after + self.times)


@dataclass
class Proxy:
    """The proxy at `url`; `faults` may be changed at any time, `asked` holds the requests that came.

    `signed` holds how they were signed, `busiest` says how many it answered at once.
    """

    url: str
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    busy: int = 0
    busiest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault_of(self, target: str) -> str | None:
        with self.lock:
            self.asked.append(target)
            return next((fault.what for fault in self.faults if fault.strikes(target)), None)


@contextmanager
def fault_proxy(behind: str) -> Iterator[Proxy]:
    """Run a proxy in front of a server."""
    there = urlsplit(behind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            with proxy.lock:
                proxy.busy += 1
                proxy.busiest = max(proxy.busy, proxy.busiest)
            try:
                self._forward()
            finally:
                with proxy.lock:
                    proxy.busy -= 1

        def _forward(self) -> None:
            what = proxy.fault_of(unquote(self.path))
            proxy.signed.append(self.headers.get("Authorization") or "")
            if what == "drop":
                self.close_connection = True
                return
            if what == "slow":
                time.sleep(0.1)
            if what in STATUS:
                self._answer(STATUS[what], {}, f"<Error><Code>{what}</Code></Error>".encode())
                return
            length = int(self.headers.get("Content-Length") or 0)
            upstream = http.client.HTTPConnection(there.hostname or "", there.port, timeout=30)
            upstream.request(self.command, self.path, self.rfile.read(length), dict(self.headers))
            answer = upstream.getresponse()
            body = answer.read()
            upstream.close()
            self._answer(answer.status, dict(answer.getheaders()), body, cut=what == "cut")

        def do_POST(self) -> None:
            self.do_GET()

        def do_HEAD(self) -> None:
            self.do_GET()

        def _answer(self, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in (
                    "content-length",
                    "transfer-encoding",
                    "connection",
                    "date",
                    "server",
                ):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
            self.close_connection = self.close_connection or cut

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy = Proxy(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
