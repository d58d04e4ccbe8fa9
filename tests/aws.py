"""AWS for tests: moto's server over HTTP, and buckets filled from directories."""

import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}


@contextmanager
def moto_server() -> Iterator[str]:
    """Run moto on a port of its own, empty; give its URL."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        empty(f"http://{host}:{port}")
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def empty(url: str) -> None:
    """Make moto forget everything: its servers of one process share one state, whoever filled it."""
    urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()


def caller(service: str, url: str, region: str = "us-east-1") -> Any:
    """Return a client of a service at that URL."""
    import boto3

    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
    )


def upload(url: str, root: Path, bucket: str, prefix: str = "") -> None:
    """Make a bucket (if need be) that holds what lies below a directory."""
    s3 = caller("s3", url)
    if bucket not in {entry["Name"] for entry in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket)
    for path in sorted(root.rglob("*")):
        if path.is_file():
            key = "/".join(filter(None, (prefix, path.relative_to(root).as_posix())))
            s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())


def without_aws_settings() -> dict[str, str]:
    """Return the environment without anything that says who or where AWS is."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
