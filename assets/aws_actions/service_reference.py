"""AWS's machine-readable Service Reference, read over HTTP: which operation is authorised by which actions.

An index names a JSON file a service (Service Authorization Reference, "Simplified AWS service information for
programmatic access"). A service that has no such map yet leaves `AuthorizedActions` out.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import NamedTuple, TypeVar
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

import msgspec

from assets.errors import InputError

_AT_A_TIME = 8
_Wanted = TypeVar("_Wanted")


class ReferenceOperation(NamedTuple):
    """An operation, the botocore services that have it, and the actions that may be asked for.

    `service` is the reference's own name of the service; `sdk_services` is empty where it names none.
    """

    service: str
    operation: str
    sdk_services: tuple[str, ...]
    actions: tuple[str, ...]


class _Listed(msgspec.Struct, frozen=True):
    service: str
    url: str


class _Action(msgspec.Struct, frozen=True):
    Name: str
    Service: str


class _Sdk(msgspec.Struct, frozen=True):
    Name: str
    Package: str = ""


class _Operation(msgspec.Struct, frozen=True):
    Name: str
    AuthorizedActions: tuple[_Action, ...] = ()
    SDK: tuple[_Sdk, ...] = ()


class _Service(msgspec.Struct, frozen=True):
    Name: str
    Operations: tuple[_Operation, ...] = ()


def read_reference(index: str, seconds_to_wait: float = 30) -> list[ReferenceOperation]:
    """Return the operations of all services whose actions the reference names; sorted.

    `seconds_to_wait` is for each connection and each answer. Raises InputError that names the URL when one
    cannot be reached, answers with an error, or with anything but the reference's JSON.
    """
    listed = _fetched(index, tuple[_Listed, ...], seconds_to_wait)
    if not listed:
        raise InputError(f"{index}: lists no services; is this the index of the Service Reference?")
    urls = [urljoin(index, entry.url) for entry in sorted(listed, key=_by_name)]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        waiting = [pool.submit(_fetched, url, _Service, seconds_to_wait) for url in urls]
        try:
            services = [one.result() for one in waiting]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return _operations(services)


def _operations(services: Sequence[_Service]) -> list[ReferenceOperation]:
    found = {
        ReferenceOperation(
            service.Name,
            operation.Name,
            tuple(sorted({sdk.Name for sdk in operation.SDK if sdk.Package.lower() in ("", "boto3")})),
            tuple(sorted({f"{action.Service}:{action.Name}" for action in operation.AuthorizedActions})),
        )
        for service in services
        for operation in service.Operations
        if operation.AuthorizedActions
    }
    return sorted(found)


def _by_name(listed: _Listed) -> tuple[str, str]:
    return listed.service, listed.url


def _fetched(url: str, kind: type[_Wanted], seconds: float) -> _Wanted:
    if urlsplit(url).scheme not in ("http", "https"):
        raise InputError(
            f"{url}: is no address of the web; the Service Reference is read over http or https."
        )
    try:
        with urlopen(Request(url, headers={"Accept": "application/json"}), timeout=seconds) as answer:
            text = answer.read()
    except (OSError, HTTPException, ValueError) as error:
        raise InputError(
            f"{url}: the Service Reference cannot be read ({error}); see service_reference in the configuration."
        ) from error
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise InputError(f"{url}: is not what the Service Reference holds: {error}.") from error
