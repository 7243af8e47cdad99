"""`audit seal`: sign a pack with one key or several, and have a timestamp authority see it."""

import os
import sys
import time
from pathlib import Path

import click

from audit.cli.check import EXIT
from audit.model import AuditError, Verdict
from audit.runs import PackKind

_PATIENCE = 30.0
"""Seconds that a timestamp authority may take; a seal waits for it."""


@click.command("seal")
@click.option(
    "--key", "-k", "keys", multiple=True, metavar="URI", help="A key: FILE.pem, azurekms:VAULT/KEY, awskms:KEY."
)
@click.option(
    "--threshold",
    type=click.IntRange(1, 16),
    help="How many signatures it takes (default: as many as keys, at least 2 for a quarter).",
)
@click.option("--timestamp", metavar="URL", help="Ask this timestamp authority to see the seal (RFC 3161).")
@click.option("--add", is_flag=True, help="Add signatures, or a timestamp, to a pack that is sealed.")
@click.argument("pack", type=click.Path(path_type=Path))
def command(keys: tuple[str, ...], threshold: int | None, timestamp: str | None, add: bool, pack: Path) -> None:
    """Seal a pack, so that nobody can change it unseen.

    The seal names the one before it in the same folder. A second person adds a signature later with --add. The
    passphrase of a key's file is read from PROMISE_AUDIT_KEY_PASSPHRASE. Exit code 4 where signatures are still
    missing, or where the timestamp that was asked for could not be had: then the seal stands without it.
    """
    if not (pack / "manifest.json").is_file():
        raise AuditError(f"{pack} is not a whole pack: it has no manifest.json. Name a pack's folder.")
    _demand_sense(keys, threshold, timestamp, add=add)
    # They bring cryptography and the libraries of clouds.
    from audit.evidence import seal
    from audit.evidence.signers import PASSPHRASE, signer
    from audit.evidence.timestamps import asking

    stamp = asking(timestamp, seconds=_PATIENCE, clock=time.monotonic) if timestamp else None
    signers = [signer(uri, passphrase=os.environ.get(PASSPHRASE, "")) for uri in keys]
    if len({found.key.id for found in signers}) < len(signers):
        raise AuditError("two of the keys are the same key, and would count once. Name different ones.")
    least = _kind(pack).signatures
    if threshold is not None and threshold < least:
        raise AuditError(f"a quarter's report takes {least} signatures. Leave --threshold out, or give more.")
    wanted = threshold or max(len(signers), least)
    made = seal.add(pack, signers, stamp=stamp) if add else seal.seal(pack, signers, threshold=wanted, stamp=stamp)
    click.echo(f"{pack.name}: sealed with {made.signers} of the {made.threshold} signatures that it takes")
    click.echo(f"  sha256 of seal/pack.dsse.json: {made.digest}")
    for found in signers:
        click.echo(f"  signed by {found.key.id}")
    if made.trouble:
        click.echo(f"audit: {made.trouble}", err=True)
    sys.exit(EXIT[Verdict.UNPROVEN] if made.trouble or made.signers < made.threshold else 0)


def _kind(pack: Path) -> PackKind:
    """Return what a pack holds; raises `AuditError` where its manifest does not say."""
    from audit.evidence import manifest  # as above

    try:
        return manifest.read(pack).kind
    except ValueError as error:
        raise AuditError(f"{pack / manifest.NAME}: {error}. Name a whole pack.") from error


def _demand_sense(keys: tuple[str, ...], threshold: int | None, timestamp: str | None, *, add: bool) -> None:
    """Demand that the options go together; raises `AuditError`."""
    if add and threshold is not None:
        raise AuditError("--threshold is part of what was signed. Leave it out beside --add.")
    if not keys and not (add and timestamp):
        raise AuditError("a seal needs a key. Name one with --key, or make one with `audit key new NAME`.")
