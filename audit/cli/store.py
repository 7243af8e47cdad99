"""`audit store`: put a sealed pack where nobody can change or delete it, and read it back."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from audit.model import AuditError, Verdict

if TYPE_CHECKING:
    from audit.evidence.worm import Place

_A_CENTURY = 36500
_STORAGE = "https://storage.azure.com"
"""Whom a token must be made for: learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory."""


@click.command("store")
@click.option(
    "--key", "-k", "keys", multiple=True, required=True, type=click.Path(path_type=Path), help="A trusted public key."
)
@click.option("--retain-days", type=click.IntRange(1, _A_CENTURY), help="Lock each file for so long.")
@click.option(
    "--metadata-host",
    envvar="ARM_METADATA_HOSTNAME",
    default="",
    metavar="HOST",
    help="Where a cloud other than Azure's public one describes itself (default: $ARM_METADATA_HOSTNAME).",
)
@click.argument("pack", type=click.Path(path_type=Path))
@click.argument("destination", metavar="DESTINATION")
def command(keys: tuple[Path, ...], retain_days: int | None, metadata_host: str, pack: Path, destination: str) -> None:
    """Store a sealed pack where nobody can delete it, and compare what is read back.

    DESTINATION is s3://BUCKET/PREFIX, a bucket of S3 with Object Lock, used in compliance mode; or
    https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX, a container of Azure with version-level immutability, used
    with locked policies. Nobody can delete what is there before its time, you included, and what it costs you pay until
    then. Only a pack that verifies is stored, and nothing is overwritten; a second try stores what the first left out.
    Without --retain-days the place's own default decides. Credentials are those that the cloud's own tools would find.
    """
    reach = _reach(destination, metadata_host)
    _demand_verified(pack, keys)
    from audit.evidence.worm import store  # it brings cryptography

    until = datetime.now(UTC) + timedelta(days=retain_days) if retain_days else None
    stored, place = [], reach()
    for file in store(pack, place, until=until):
        stored.append(file)
        told = f"{'stored' if file.new else 'was there'}  {place.place(file.key)}  version {file.version}"
        click.echo(told)
    first, size = min(file.until for file in stored), sum(file.size for file in stored)
    told = f"{len(stored)} files, {size} bytes: read back and the same; locked at least until"
    click.echo(f"{told} {first.astimezone(UTC):%Y-%m-%d %H:%M} UTC")


def _reach(destination: str, metadata_host: str) -> "Callable[[], Place]":
    """Return what leads to a destination; raises `AuditError` where it is no place for packs."""
    parts = urlsplit(destination)
    if parts.scheme == "s3" and parts.netloc and not parts.query and not parts.fragment:
        return lambda: _bucket(parts.netloc, parts.path)
    if parts.scheme != "https" or parts.query or parts.fragment:
        trouble = "is neither s3://BUCKET/PREFIX nor https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX"
        raise AuditError(f"{destination} {trouble}. Name a place that locks what it keeps.")
    return lambda: _container(destination, metadata_host)


def _demand_verified(pack: Path, keys: tuple[Path, ...]) -> None:
    """Demand that a pack verifies by its seal; raises `AuditError` naming the first thing that is wrong."""
    from audit.evidence.checking import check  # as above
    from audit.evidence.trust import read_trust

    checked = check(pack, read_trust(keys, threshold=None, authorities=()))
    if checked.verdict is not Verdict.KEPT:
        why = f"{checked.faults[0].where}: {checked.faults[0].what}" if checked.faults else "its seal is not complete"
        raise AuditError(f"{pack} is not stored, since it does not verify: {why}. See `audit verify`.")


def _bucket(name: str, prefix: str) -> "Place":
    # They bring AWS's libraries.
    import boto3
    from botocore.exceptions import BotoCoreError

    from audit.evidence.worm_s3 import Bucket

    try:
        return Bucket(boto3.client("s3"), name, prefix)
    except (BotoCoreError, ValueError) as error:
        raise AuditError(f"cannot ask S3: {error}. Look at AWS's settings in your environment.") from error


def _container(url: str, metadata_host: str) -> "Place":
    # They cost 0.5 s, which no other command should pay.
    from azure.storage.blob import BlobServiceClient

    from audit.clouds import PUBLIC, cloud_at, default_credential
    from audit.evidence.worm_azure import Container
    from audit.pipeline import PATIENT

    cloud = cloud_at(metadata_host, patience=PATIENT) if metadata_host else PUBLIC
    account, container, prefix = _split(url, cloud.blob)
    # The library's own pauses are of quarters of a minute.
    service = BlobServiceClient(
        cloud.blob.format(account=account),
        credential=default_credential(cloud),
        audience=_STORAGE,
        retry_total=3,
        initial_backoff=1,
    )
    return Container(service.get_container_client(container), prefix)


def _split(url: str, blob: str) -> tuple[str, str, str]:
    """Return the account, the container and the prefix that a URL names, where accounts answer at `blob`."""
    before, _, after = blob.partition("{account}")
    form = f"{re.escape(before)}([a-z0-9]{{3,24}}){re.escape(after)}/([a-z0-9$-]+)(?:/(.*))?"
    match = re.fullmatch(form, url)
    if match is None:
        where = blob.format(account="ACCOUNT")
        raise AuditError(f"{url} is no container of this cloud. Name {where}/CONTAINER/PREFIX.")
    return match[1], match[2], match[3] or ""
