"""Files: Parquet of the warehouse's types in a directory or on S3, a file a partition, as the lake has them."""

import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from assets.errors import StorageError
from assets.replaced_file import replace_file
from assets.warehouse.contract import Published
from assets.warehouse.loads import Key, Share
from assets.warehouse.redaction import without_secrets


@dataclass(frozen=True)
class Files:
    """`url` is a directory or `s3://bucket/prefix`; boto3's own settings hold region, endpoint and credentials.

    A file is replaced whole, each by itself: a load that dies has replaced some partitions and not others.
    """

    url: str

    @property
    def label(self) -> str:
        """The place."""
        return self.url

    @property
    def identity(self) -> Mapping[str, Any]:
        """The place."""
        return {"destination": "files", "url": self.url}

    def lacks(self, names: Collection[str]) -> Collection[str]:
        """Return those of the tables that have no directory; S3 is not asked."""
        if urlsplit(self.url).scheme == "s3":
            return ()
        return [name for name in names if not Path(self.url, name).exists()]

    def replace(self, shares: Sequence[Share]) -> Mapping[str, int]:
        """Replace the files of a load, see `Warehouse.replace`."""
        counts = {}
        put = self._putter()
        for share in shares:
            held = _by_key(share)
            empty = pl.DataFrame(schema=polars_schema(share.table))
            for key in share.keys:
                buffer = io.BytesIO()
                held.get(key, empty).write_parquet(buffer, compression="zstd")
                put(_path(share.table, key), buffer.getvalue())
            counts[share.table.name] = sum(frame.height for frame in held.values())
        return counts

    def _putter(self) -> Callable[[str, bytes], None]:
        place = urlsplit(self.url)
        if place.scheme != "s3":
            return lambda path, data: replace_file(Path(self.url) / path, data)
        import boto3

        client = boto3.client("s3")

        def put(path: str, data: bytes) -> None:
            key = f"{place.path.strip('/')}/{path}".lstrip("/")
            try:
                client.put_object(Bucket=place.netloc, Key=key, Body=data)
            except Exception as error:  # botocore's classes are not imported for it
                raise StorageError(
                    f"s3://{place.netloc}/{key}: cannot be written: {_reason(error)}"
                ) from None

        return put


def _reason(error: Exception) -> str:
    # Not what AWS says of a wrong signature: that repeats the signed headers, session token included.
    answer = getattr(error, "response", {}).get("Error", {})
    return f"S3 says {answer['Code']}" if "Code" in answer else without_secrets(error)


def polars_schema(table: Published) -> dict[str, pl.DataType]:
    """Return the Polars types of the table's columns, as `contract.rows` gives them."""
    kinds: dict[str, pl.DataType] = {
        "text": pl.String(),
        "json": pl.String(),
        "bigint": pl.Int64(),
        "double": pl.Float64(),
        "boolean": pl.Boolean(),
        "date": pl.Date(),
        "timestamp": pl.Datetime("us", "UTC"),
    }
    return {column.name: kinds[column.type] for column in table.columns}


def _by_key(share: Share) -> dict[Key, pl.DataFrame]:
    parts: dict[Key, list[pl.DataFrame]] = {}
    for key, frame in _cut(share):
        parts.setdefault(key, []).append(frame)
    return {key: pl.concat(frames) for key, frames in parts.items()}


def _cut(share: Share) -> Iterator[tuple[Key, pl.DataFrame]]:
    for frame in share.frames():
        if not share.table.partition:
            yield (), frame
            continue
        yield from frame.partition_by(share.table.partition, as_dict=True, maintain_order=True).items()


def _path(table: Published, key: Key) -> str:
    folders = [f"{column}={value}" for column, value in zip(table.partition, key, strict=True)]
    return "/".join([table.name, *folders, "part-0.parquet"])
