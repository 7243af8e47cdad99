"""`audit drill prepare --erasures`: keep who was erased as keyed digests, for what a restore brings back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli import drilling
from audit.model import AuditError
from audit.reports.words import visible

if TYPE_CHECKING:
    from audit.drills.drill import Recoverable
    from audit.drills.population import InScope

_KIND = "erasure"


def add(
    population: tuple[InScope, ...], refs: tuple[str, ...], path: Path, folder: Path, key: str, *, execute: bool
) -> None:
    """Add the identifiers of a file to the ledgers of all items of the kind, or of these; says what was done.

    Raises `AuditError` where there is nothing to add, nobody to add it to, or a ledger cannot be read or written.
    """
    items = _items(population, refs)
    identifiers = _identifiers(path)
    if not execute:
        for item in items:
            click.echo(visible(f"{item.ref}  {len(identifiers)} erasures"))
        click.echo("nothing was done. Add --execute to prepare.", err=True)
        return
    from audit.drills import erasure_ledger, prepared  # nobody else needs them
    from audit.drills.outcomes import NotRun

    sign, verify = drilling.signer(key)
    secret = prepared.key(folder)
    for item in items:
        before = prepared.read(folder, item.ref, "erasures", verify) or {}
        try:
            body = erasure_ledger.add(item, secret, identifiers, before)
        except NotRun as trouble:
            raise AuditError(f"{item.ref} has no ledger: {trouble.reason}.") from trouble
        prepared.write(folder, item.ref, "erasures", body, sign)
        click.echo(visible(f"{item.ref}  prepared, {len(body['keys'])} erasures in all"))
    click.echo(f"delete {path}: it names whom you erased.", err=True)


def _items(population: tuple[InScope, ...], refs: tuple[str, ...]) -> list[Recoverable]:
    fit = [entry.item for entry in population if entry.item is not None and entry.item.kind == _KIND]
    if missing := set(refs) - {item.ref for item in fit}:
        raise AuditError(f"{min(missing)} has no ledger of erasures. See `audit drill list`.")
    if not fit:
        raise AuditError("drills.toml has no class of the kind erasure. Add one, or leave --erasures out.")
    return [item for item in fit if not refs or item.ref in refs]


def _identifiers(path: Path) -> list[str]:
    """Read one identifier a line; raises `AuditError` where there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or "it is no UTF-8 text"
        raise AuditError(f"cannot read {path}: {why}. Name a text file with one identifier a line.") from error
    if not (found := [line.strip() for line in lines if line.strip()]):
        raise AuditError(f"{path} names nobody. Write one identifier a line.")
    return found
