"""AWS over HTTP for tests: moto's server, and in front of it one that records calls, injects faults and cuts pages.

moto gives all of GetAccountAuthorizationDetails at once; the front cuts its answer into pages as IAM does.
"""

import http.client
import re
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree

from moto.server import ThreadedMotoServer  # type: ignore[import-untyped]

_PAGED = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@dataclass(frozen=True)
class Call:
    """One request: the service of its signature, the operation, and the body."""

    service: str
    operation: str
    region: str
    body: str

    @property
    def action(self) -> str:
        """As IAM names it, `iam:GetAccountAuthorizationDetails`."""
        return f"{self.service}:{self.operation}"


@dataclass
class Fault:
    """An error instead of an answer, for so many calls of an action whose body holds `within`."""

    action: str
    code: str
    status: int = 400
    times: int = 1_000_000
    within: str = ""
    message: str = "as the test wants it"

    def hits(self, call: Call) -> bool:
        """Whether it is that call's turn."""
        if call.action != self.action or self.within not in call.body or self.times < 1:
            return False
        self.times -= 1
        return True


@dataclass
class Front:
    """The address, what was called, the faults to come, and how many entries a page of IAM holds."""

    moto: tuple[str, int]
    port: int = 0
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    page: int = 1000

    @property
    def url(self) -> str:
        """What AWS_ENDPOINT_URL is to be."""
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        """Forget everything, in moto too."""
        self.calls.clear()
        self.faults.clear()
        self.page = 1000
        connection = http.client.HTTPConnection(*self.moto)
        connection.request("POST", "/moto-api/reset")
        connection.getresponse().read()
        connection.close()

    def counted(self, action: str) -> int:
        """Return how many calls of an action there were."""
        return sum(call.action == action for call in self.calls)


@contextmanager
def aws_front() -> Iterator[Front]:
    """Run both servers."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    front = Front(moto.get_host_and_port())
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(front))
    front.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield front
    server.shutdown()
    server.server_close()
    moto.stop()


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = _call(self.headers.get, body.decode())
            front.calls.append(call)
            fault = next((fault for fault in front.faults if fault.hits(call)), None)
            if fault is not None:
                self._answer(fault.status, *_error(fault, json="X-Amz-Target" in self.headers))
                return
            status, kind, answer = self._forwarded(body)
            if call.action == "iam:GetAccountAuthorizationDetails" and status == 200:
                answer = _cut(answer, call.body, front.page)
            self._answer(status, kind, answer)

        def do_PUT(self) -> None:
            """A bucket for the trails is made with PUT."""
            self.do_POST()

        def _forwarded(self, body: bytes) -> tuple[int, str, bytes]:
            connection = http.client.HTTPConnection(*front.moto)
            connection.request(self.command, self.path, body, dict(self.headers))
            response = connection.getresponse()
            answer = response.status, response.getheader("Content-Type", ""), response.read()
            connection.close()
            return answer

        def _answer(self, status: int, kind: str, answer: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _call(header: Callable[[str, str], str], body: str) -> Call:
    signed = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", header("Authorization", ""))
    region, service = signed.groups() if signed else ("", "")
    target = header("X-Amz-Target", "").rpartition(".")[2]
    operation = target or urllib.parse.parse_qs(body).get("Action", [""])[0]
    return Call(service, operation, region, urllib.parse.unquote(body))


def _error(fault: Fault, json: bool) -> tuple[str, bytes]:
    if json:
        return (
            "application/x-amz-json-1.1",
            f'{{"__type":"{fault.code}","message":"{fault.message}"}}'.encode(),
        )
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{fault.code}</Code><Message>{fault.message}</Message>"
        "</Error><RequestId>1</RequestId></ErrorResponse>"
    )
    return "text/xml", text.encode()


def _cut(answer: bytes, body: str, page: int) -> bytes:
    """Keep one page of the entries: a marker is the number of the first of them."""
    asked = urllib.parse.parse_qs(body)
    first = int(asked.get("Marker", ["0"])[0])
    last = first + min(page, int(asked.get("MaxItems", ["100"])[0]))
    space = re.search(rb'xmlns="([^"]+)"', answer)
    prefix = f"{{{space[1].decode()}}}" if space else ""
    tree = ElementTree.fromstring(answer)
    result = tree.find(f"{prefix}GetAccountAuthorizationDetailsResult")
    assert result is not None
    position = 0
    for name in _PAGED:
        entries = result.find(f"{prefix}{name}")
        for entry in list(entries if entries is not None else ()):
            if not first <= position < last:
                entries.remove(entry)  # type: ignore[union-attr]
            position += 1
    more = result.find(f"{prefix}IsTruncated")
    assert more is not None
    if last < position:
        more.text = "true"
        ElementTree.SubElement(result, f"{prefix}Marker").text = str(last)
    return ElementTree.tostring(tree)
