"""A server on this machine that answers as AWS's Service Reference does."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@contextmanager
def serving(pages: Mapping[str, bytes]) -> Iterator[str]:
    """Serve those pages, and 404 for any other path; yield the address, which ends with a slash."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            self.send_response(404 if page is None else 200)
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pages(**services: list[dict[str, Any]]) -> dict[str, bytes]:
    """Return the pages of a reference: the index, and a file a service with its `Operations`."""
    index = [{"service": name, "url": f"/v1/{name}/{name}.json"} for name in services]
    files = {
        f"/v1/{name}/{name}.json": {
            "Name": name,
            "Actions": [{"Name": "Unread", "Annotations": {}}],
            "Operations": operations,
            "Version": "v1.4",
        }
        for name, operations in services.items()
    }
    return {path: json.dumps(page).encode() for path, page in {"/": index, **files}.items()}


def operation(name: str, *actions: str, sdk: str | None = None) -> dict[str, Any]:
    """Return one of a service's `Operations`; `actions` are `s3:GetObject`, `sdk` a client of boto3."""
    made: dict[str, Any] = {"Name": name}
    if actions:
        pairs = [action.split(":") for action in actions]
        made["AuthorizedActions"] = [{"Name": action, "Service": service} for service, action in pairs]
    if sdk:
        made["SDK"] = [
            {"Name": sdk, "Method": name.lower(), "Package": "Boto3"},
            {"Name": "S3Client", "Method": name, "Package": "SDK for another language"},
        ]
    return made
