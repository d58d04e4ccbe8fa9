"""Objects of S3 by obstore: one costs a tenth of the work that it costs boto3, and a day has thousands of them."""

import os
import threading
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from assets.cloudtrail_usage.sources.aws import (
    CONNECT_SECONDS,
    READ_SECONDS,
    Connection,
    client,
    credentials,
)

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Credential, S3Store

# So many objects in a row that only boto3 could fetch: from then on it is asked for all.
_CHANCES = 3
# botocore, which is asked for the keys that often, renews those that expire long before they do.
_ASK_AGAIN = timedelta(minutes=5)
_making = threading.Lock()


class Objects:
    """Fetches objects of one bucket where nothing stands in the way; whatever does is left to boto3.

    boto3 knows how to wait for a service that throttles, and what a refusal means.
    """

    def __init__(self, store: "S3Store | None") -> None:
        """`store` is that of the bucket; without one nothing is fetched."""
        self._store = store
        self._chances = _CHANCES

    def get(self, key: str) -> bytes | None:
        """Return the content of an object as stored, or None where boto3 must be asked."""
        if self._store is None or not self._chances:
            return None
        try:
            found = self._store.get(key)
            content = bytes(found.bytes())
            meta = found.meta
        except Exception:
            # obstore's own errors, those of botocore's keys, a key that it cannot spell: boto3 says what is wrong.
            return None
        # It leaves slashes at both ends of a key away.
        if meta["path"] != key or meta["size"] != len(content):
            return None
        self._chances = _CHANCES
        return content

    def missed(self) -> None:
        """Say that boto3 fetched what `get` could not."""
        self._chances = max(0, self._chances - 1)


def objects(bucket: str, connection: Connection) -> Objects:
    """Return the process's way to the objects of a bucket, which threads may share."""
    # Threads that begin together would each look for the bucket otherwise.
    with _making:
        return _objects(bucket, connection)


@lru_cache(maxsize=64)
def _objects(bucket: str, connection: Connection) -> Objects:
    try:
        return Objects(_store(bucket, connection))
    except Exception:
        # Whatever it is, boto3 meets it too, or it does not matter.
        return Objects(None)


def _store(bucket: str, connection: Connection) -> "S3Store":
    from obstore.store import S3Store

    asked = client("s3", connection)
    # boto3 follows a bucket to its region; requests of others must be signed for it from the first on.
    region = asked.head_bucket(Bucket=bucket).get("BucketRegion") or asked.meta.region_name
    if region != asked.meta.region_name:
        asked = client("s3", connection, region)

    def keys() -> "S3Credential":
        now = credentials(connection)
        return {
            "access_key_id": now.access_key,
            "secret_access_key": now.secret_key,
            "token": now.token,
            "expires_at": datetime.now(UTC) + _ASK_AGAIN,
        }

    # What the environment says otherwise does not count: this is where boto3 goes.
    return S3Store(
        bucket,
        endpoint=asked.meta.endpoint_url,
        region=region,
        virtual_hosted_style_request=False,
        skip_signature=False,
        credential_provider=keys,
        retry_config={"max_retries": 0},
        client_options=_options(asked.meta.endpoint_url),
    )


def _options(endpoint: str) -> "ClientConfig":
    options: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "timeout": timedelta(seconds=READ_SECONDS),
    }
    # Whose signatures botocore trusts.
    bundle = os.environ.get("AWS_CA_BUNDLE")
    if bundle:
        options["root_certificate"] = Path(bundle).read_bytes()
    return options
