"""A bucket of S3 on this machine: lists and gives the files below a directory, each answer after a while.

`python -m benchmarks.s3_server ROOT SECONDS`; it prints its URL. Whoever asks is allowed everything.
"""

import asyncio
import sys
from bisect import bisect_left
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

REGION = "us-east-1"
_MOST_KEYS = 1_000
_AFTER_ALL = "\U0010ffff"
_WHEN = "2026-06-02T00:00:00.000Z"


class Bucket:
    """The files below a directory as objects."""

    def __init__(self, root: Path) -> None:
        """List them."""
        self._root = root
        self._sizes = {
            path.relative_to(root).as_posix(): path.stat().st_size for path in root.rglob("*.json*")
        }
        self._keys = sorted(self._sizes)

    def content(self, key: str) -> bytes | None:
        """Return an object, or None where there is none."""
        return (self._root / key).read_bytes() if key in self._sizes else None

    def listing(self, query: dict[str, list[str]]) -> bytes:
        """Answer ListObjectsV2 (Amazon S3 API reference)."""
        prefix, delimiter, after = (
            query.get(name, [""])[0] for name in ("prefix", "delimiter", "continuation-token")
        )
        most = int(query.get("max-keys", [str(_MOST_KEYS)])[0])
        said, at, count, following = [], bisect_left(self._keys, after or prefix), 0, ""
        while at < len(self._keys) and self._keys[at].startswith(prefix):
            key = self._keys[at]
            folder, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if found:
                common = prefix + folder + delimiter
                said.append(f"<CommonPrefixes><Prefix>{escape(common)}</Prefix></CommonPrefixes>")
                at = bisect_left(self._keys, common + _AFTER_ALL)
                continue
            if count == most:
                following = f"<NextContinuationToken>{escape(key)}</NextContinuationToken>"
                break
            said.append(
                f"<Contents><Key>{escape(key)}</Key><LastModified>{_WHEN}</LastModified>"
                f"<Size>{self._sizes[key]}</Size></Contents>"
            )
            count, at = count + 1, at + 1
        truncated = "true" if following else "false"
        return (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{truncated}</IsTruncated>{following}{''.join(said)}</ListBucketResult>"
        ).encode()


async def _serve(bucket: Bucket, seconds: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.partition(b"\r\n")[0].decode().split(" ")
                await asyncio.sleep(seconds)
                writer.write(_answered(bucket, method, target))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def _answered(bucket: Bucket, method: str, target: str) -> bytes:
    where = urlsplit(target)
    key = unquote(where.path).lstrip("/").partition("/")[2]
    body = bucket.content(key) if key else bucket.listing(parse_qs(where.query))
    status = b"404 Not Found" if body is None else b"200 OK"
    body = b"" if body is None or method == "HEAD" else body
    return (
        b"HTTP/1.1 %s\r\nx-amz-bucket-region: %s\r\nLast-Modified: Tue, 02 Jun 2026 00:00:00 GMT\r\n"
        b'ETag: "e"\r\nContent-Length: %d\r\n\r\n%s' % (status, REGION.encode(), len(body), body)
    )


if __name__ == "__main__":
    asyncio.run(_serve(Bucket(Path(sys.argv[1])), float(sys.argv[2])))
