"""Clients of AWS: made where they are needed, kept for the process, with limits on how long they wait.

botocore's own retries are used in adaptive mode (which also slows down when a service throttles);
`AWS_MAX_ATTEMPTS` says how often a request is tried, six times without it.
"""

import os
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

ATTEMPTS = 6
FIRST_ATTEMPTS = 2
THREADS = 16
# Kept open to one service: so many objects of S3 are fetched at once, each takes some 30 ms to begin.
CONNECTIONS = 32
CONNECT_SECONDS, READ_SECONDS = 4, 30
# A role is assumed for an hour, and anew after half of it.
_ROLE_SECONDS, _RENEW_SECONDS = 3600, 1800
# Where nothing names a region. Every partition of AWS finds a bucket's from its first.
_FIRST_REGION = "us-east-1"
_making = threading.Lock()


@dataclass(frozen=True)
class Connection:
    """Who calls AWS and where: a profile and region as boto3 knows them, a role to assume, another endpoint.

    `endpoint_url` is that of the service which is called; the one of STS is `AWS_ENDPOINT_URL_STS`, as ever.
    """

    profile: str | None = None
    region: str | None = None
    role_arn: str | None = None
    endpoint_url: str | None = None


def client(service: str, connection: Connection, region: str | None = None, *, first: bool = False) -> Any:
    """Return the process's client of a service, which threads may share.

    `first` gives one that soon gives up, for the request that shows whether AWS can be reached at all. Raises
    botocore's errors, see `aws_faults`.
    """
    # Threads that begin together would each make one of their own otherwise.
    with _making:
        return _client(service, connection, region or connection.region, first, _slot(connection))


def credentials(connection: Connection) -> Any:
    """Return the keys (botocore's ReadOnlyCredentials) that the clients of a connection sign with now.

    Raises botocore's errors, see `aws_faults`.
    """
    with _making:
        session = _session(connection, connection.region, _slot(connection))
    return session.get_credentials().get_frozen_credentials()


def _slot(connection: Connection) -> int:
    return int(time.monotonic() // _RENEW_SECONDS) if connection.role_arn else 0


@lru_cache(maxsize=64)
def _client(service: str, connection: Connection, region: str | None, first: bool, slot: int) -> Any:
    session = _session(connection, region, slot)
    return session.client(
        service,
        region_name=session.region_name or _FIRST_REGION,
        endpoint_url=connection.endpoint_url,
        config=_config(connection, first=first),
    )


@lru_cache(maxsize=64)
def _session(connection: Connection, region: str | None, _slot: int) -> Any:
    import boto3

    session = boto3.Session(profile_name=connection.profile, region_name=region)
    if not connection.role_arn:
        return session
    region_name = session.region_name or _FIRST_REGION
    sts = session.client("sts", region_name=region_name, config=_config(connection, first=False))
    role = sts.assume_role(
        RoleArn=connection.role_arn, RoleSessionName="cloudtracker", DurationSeconds=_ROLE_SECONDS
    )["Credentials"]
    return boto3.Session(
        profile_name=connection.profile,
        region_name=region,
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    )


def _config(connection: Connection, *, first: bool) -> Any:
    from boto3.session import Config

    said = os.environ.get("AWS_MAX_ATTEMPTS", "")
    attempts = max(1, int(said)) if said.isdecimal() else ATTEMPTS
    return Config(
        retries={
            "mode": "adaptive",
            "total_max_attempts": min(attempts, FIRST_ATTEMPTS) if first else attempts,
        },
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        s3={"addressing_style": "path"} if connection.endpoint_url else None,
    )
