"""Closes one door that can never be opened again: the only code of the audit that writes to a cloud.

What it may send is listed here, to the letter: anything else is refused before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from audit.azure import Client, Refused
from audit.clouds import Cloud, told_by
from audit.doors import VAULT_LOCKED, Door, Request, way_of
from audit.limits import Bucket
from audit.model import AuditError, same
from audit.pipeline import Line, Patience
from audit.shape import from_arm

_GROUP = r"/subscriptions/[0-9a-z-]+/resourcegroups/[\w.()-]+/providers"
_ACCOUNT = rf"{_GROUP}/microsoft\.storage/storageaccounts/[a-z0-9]+"
_MAY_SEND = {
    "PATCH": (
        rf"{_GROUP}/microsoft\.recoveryservices/vaults/[\w-]+",
        rf"{_GROUP}/microsoft\.dataprotection/backupvaults/[\w-]+",
        _ACCOUNT,
    ),
    "POST": (rf"{_ACCOUNT}/blobservices/default/containers/[\w$-]+/immutabilitypolicies/default/lock",),
}
_ACCEPTED = (200, 201, 202)
_LOOKS = 30
"""How often a door is looked at after it was asked to close: vaults take a while."""
_PAUSE = 2.0


class S3(msgspec.Struct, frozen=True):
    """The two questions that S3 is asked; each raises `AuditError` where it is refused."""

    read: Callable[[str], Mapping[str, Any]]
    """Return the object lock's configuration of a bucket."""
    put: Callable[[str, Mapping[str, Any]], None]
    """Set it."""


def s3_of(session: Any, region: str) -> S3:
    """Ask S3 by a `boto3.Session`, which in a region that holds the buckets."""
    # Heavy, and needed for this alone.
    from botocore.exceptions import BotoCoreError, ClientError

    client = session.client("s3", region_name=region)

    def asked(operation: Callable[..., Any], **words: Any) -> Any:
        try:
            return operation(**words)
        except (BotoCoreError, ClientError) as error:
            trouble = " ".join(str(error).split())
            raise AuditError(f"the lock of {words['Bucket']}: {trouble}. See it with `audit lock`.") from error

    def read(bucket: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = asked(client.get_object_lock_configuration, Bucket=bucket)
        return dict(found["ObjectLockConfiguration"])

    def put(bucket: str, lock: Mapping[str, Any]) -> None:
        asked(client.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=lock)

    return S3(read, put)


def close(
    door: Door,
    *,
    client: Client,
    credential: TokenCredential,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    patience: Patience,
) -> str:
    """Close one door of Azure, and return the state that it is read back in, which may still be the old one.

    Raises `AuditError` where it cannot be closed as it stands, has changed since it was looked at, or is refused.
    """
    request = _closing(door)
    etag = _unchanged(door, client)
    demand_listed(request)
    line = Line(
        credential,
        f"{client.cloud.audience.rstrip('/')}/.default",
        patience,
        Bucket(rate=1, burst=1, clock=clock, sleep=sleep),
    )
    with line.pipeline:
        _send(line, client.cloud, request, etag)
    return _seen(door, client, sleep)


def close_bucket(door: Door, s3: S3) -> str:
    """Put the mode of a bucket's default retention at COMPLIANCE, its period as it was seen; returns the mode read.

    Raises `AuditError` as `close` does.
    """
    request = _closing(door)
    wanted = dict(request.body or {})
    retention = wanted["Rule"]["DefaultRetention"]
    if _retention(s3.read(request.path)) != {**retention, "Mode": "GOVERNANCE"}:
        raise AuditError(f"{door.name} has changed since it was looked at. Plan again with `audit lock`.")
    s3.put(request.path, wanted)
    return str(_retention(s3.read(request.path)).get("Mode", "nothing"))


def _closing(door: Door) -> Request:
    """Return the request of a door; raises `AuditError` where it cannot be closed as it stands."""
    if door.request is None:
        raise AuditError(f"{door.name} is {door.state}, and cannot be locked from there. Deploy it unlocked first.")
    return door.request


def demand_listed(request: Request) -> None:
    """Raise `AuditError` unless a request is one of those that lock, in its method, path and every word of its body."""
    path = request.path.lower()
    fits = any(re.fullmatch(form, path) for form in _MAY_SEND.get(request.method, ()))
    if request.method == "POST":
        locks = request.body is None and request.conditional
    elif re.fullmatch(_ACCOUNT, path):
        locks = _locks_account(request.body)
    else:
        locks = request.body == VAULT_LOCKED
    if not (fits and locks):
        raise AuditError(f"{request.method} {request.path} is no request that locks. Nothing was sent.")


def _locks_account(body: Mapping[str, Any] | None) -> bool:
    """Tell whether a body sets an account's policy to locked, with a period and nothing else."""
    try:
        (properties,) = (body or {}).values()
        (immutable,) = properties.values()
        policy = immutable["immutabilityPolicy"]
        days, appends = policy["immutabilityPeriodSinceCreationInDays"], policy["allowProtectedAppendWrites"]
    except (ValueError, AttributeError, LookupError, TypeError):
        return False
    policy = {"immutabilityPeriodSinceCreationInDays": days, "allowProtectedAppendWrites": appends, "state": "Locked"}
    whole = {"enabled": True, "immutabilityPolicy": policy}
    return type(days) is int and days > 0 and body == {"properties": {"immutableStorageWithVersioning": whole}}


def _unchanged(door: Door, client: Client) -> str:
    """Read a door again, and return its etag; raises `AuditError` where it is not as it was when it was looked at."""
    body = _read(door, client)
    way = way_of(door.resource)
    now = msgspec.structs.replace(door.resource, body=from_arm(way.kind, body))
    if way.request(now) != door.request or not same(now.read(way.state, str), way.open):
        raise AuditError(f"{door.name} has changed since it was looked at. Plan again with `audit lock`.")
    etag = str(body.get("etag") or "")
    if door.request and door.request.conditional and not etag:
        raise AuditError(f"{door.name} was read without its etag, which locking must name. Nothing was sent.")
    return etag


def _read(door: Door, client: Client) -> Mapping[str, Any]:
    """Read the resource of a door; raises `AuditError` where it is refused."""
    way = way_of(door.resource)
    try:
        return client.read(door.resource.id, way.kind.api)[0]
    except Refused as error:
        raise AuditError(f"cannot read {door.name}: {error}. See whether it was locked with `audit lock`.") from error


def _send(line: Line, cloud: Cloud, request: Request, etag: str) -> None:
    """Send the request, once; raises `AuditError` where it is refused, or nobody answers."""
    url = f"{cloud.resource_manager}{request.path}?api-version={request.api}"
    headers = {"If-Match": etag} if request.conditional else {}
    try:
        sent = HttpRequest(request.method, url, json=request.body, headers=headers)
        reply = line.pipeline.run(sent, retry_total=0).http_response
        content = reply.body()
    except (AzureError, ValueError, OSError) as error:
        trouble = next(iter(str(error).splitlines()), type(error).__name__)
        raise AuditError(f"no answer to locking {request.path}: {trouble}. Look again with `audit lock`.") from error
    if reply.status_code not in _ACCEPTED:
        raise AuditError(f"locking {request.path} was refused: {told_by(reply.status_code, content)}. It stands open.")


def _seen(door: Door, client: Client, sleep: Callable[[float], None]) -> str:
    """Read a door until it is locked, or patience ends; returns the last state seen."""
    way = way_of(door.resource)
    state = ""
    for attempt in range(_LOOKS):
        if attempt:
            sleep(_PAUSE)
        now = msgspec.structs.replace(door.resource, body=from_arm(way.kind, _read(door, client)))
        state = now.read(way.state, str)
        if same(state, way.locked):
            break
    return state


def _retention(lock: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the default retention of a lock's configuration, without a period of none."""
    found = (lock.get("Rule") or {}).get("DefaultRetention") or {}
    return {key: value for key, value in found.items() if value}
