"""`audit store`: put a sealed pack where nobody can change or delete it, and read it back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from audit.model import AuditError, Verdict

if TYPE_CHECKING:
    from audit.evidence.worm import Bucket

_A_CENTURY = 36500


@click.command("store")
@click.option(
    "--key", "-k", "keys", multiple=True, required=True, type=click.Path(path_type=Path), help="A trusted public key."
)
@click.option("--retain-days", type=click.IntRange(1, _A_CENTURY), help="Lock each file for so long.")
@click.argument("pack", type=click.Path(path_type=Path))
@click.argument("destination", metavar="s3://BUCKET/PREFIX")
def command(keys: tuple[Path, ...], retain_days: int | None, pack: Path, destination: str) -> None:
    """Store a sealed pack in S3 under Object Lock, in compliance mode, and compare what is read back.

    Nobody can delete it before its time, you included, and what it costs you pay until then. Only a pack that verifies
    is stored, and nothing is overwritten; a second try stores what the first left out. Without --retain-days the
    bucket's own default decides. Credentials, region and endpoint are those that AWS's own tools would find.
    """
    parts = urlsplit(destination)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise AuditError(f"{destination} is not s3://BUCKET/PREFIX. Name a bucket with Object Lock.")
    _demand_verified(pack, keys)
    from audit.evidence.worm import store  # it brings cryptography

    until = datetime.now(UTC) + timedelta(days=retain_days) if retain_days else None
    stored = []
    for file in store(pack, _bucket(parts.netloc, parts.path), until=until):
        stored.append(file)
        click.echo(f"{'stored' if file.new else 'was there'}  s3://{parts.netloc}/{file.key}  version {file.version}")
    first, size = min(file.until for file in stored), sum(file.size for file in stored)
    told = f"{len(stored)} files, {size} bytes: read back and the same; locked at least until"
    click.echo(f"{told} {first.astimezone(UTC):%Y-%m-%d %H:%M} UTC")


def _demand_verified(pack: Path, keys: tuple[Path, ...]) -> None:
    """Demand that a pack verifies by its seal; raises `AuditError` naming the first thing that is wrong."""
    from audit.evidence.checking import check  # as above
    from audit.evidence.trust import read_trust

    checked = check(pack, read_trust(keys, threshold=None, authorities=()))
    if checked.verdict is not Verdict.KEPT:
        why = f"{checked.faults[0].where}: {checked.faults[0].what}" if checked.faults else "its seal is not complete"
        raise AuditError(f"{pack} is not stored, since it does not verify: {why}. See `audit verify`.")


def _bucket(name: str, prefix: str) -> "Bucket":
    # They bring AWS's libraries.
    import boto3
    from botocore.exceptions import BotoCoreError

    from audit.evidence.worm import Bucket

    try:
        return Bucket(boto3.client("s3"), name, prefix)
    except (BotoCoreError, ValueError) as error:
        raise AuditError(f"cannot ask S3: {error}. Look at AWS's settings in your environment.") from error
