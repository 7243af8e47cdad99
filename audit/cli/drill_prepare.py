"""`audit drill prepare`: write down and sign, today, what a drill will measure by later."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.cli import drill_erasures, drilling, live, program
from audit.cli.drilling import PREPARED, Access, Scope
from audit.cli.settings import POLICIES
from audit.model import AuditError
from audit.policies import load
from audit.reports.words import visible

if TYPE_CHECKING:
    from audit.drills.drill import Person, Recoverable
    from audit.drills.population import InScope

_UNPROVEN = 4
_MOST_CANARIES = 2000
"""So many of the newest canaries are kept: more than a quarter's at one an hour."""


@click.command("prepare")
@drilling.options
@live.options
@PREPARED
@click.option("--key", required=True, metavar="URI", help="Sign with this key.")
@click.option("--item", "refs", multiple=True, metavar="REF", help="Prepare this one alone.")
@click.option("--canary-only", is_flag=True, help="Write a canary and no manifest: cheap, for every hour.")
@click.option(
    "--erasures",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Add who was erased, one identifier a line, to the ledger as keyed digests. Delete FILE afterwards.",
)
@click.option("--attended", is_flag=True, help="Somebody is here to answer.")
@click.option("--execute", is_flag=True, help="Do it: canaries are written into production. Without this, it is shown.")
@POLICIES
def prepare(
    scope: Scope,
    program: program.Program,
    where: live.Where,
    prepared: Path,
    key: str,
    refs: tuple[str, ...],
    canary_only: bool,
    erasures: Path | None,
    attended: bool,
    execute: bool,
    policies: Path,
) -> None:
    """Write manifests and canaries: without them a drill can neither tell right content from wrong nor measure the RPO.

    A manifest holds counts and keyed digests, and a canary one line with the time. With --erasures nothing but the
    ledger of who was erased is written, for each database whose restores must bring nobody back. Exit code 4 where
    something could not be prepared.
    """
    rules = load(policies)
    population = scope.population(rules, program, drilling.now())
    if erasures is not None:
        drill_erasures.add(population, refs, erasures, prepared, key, execute=execute)
        return
    items = _items(population, refs)
    if not execute:
        for item in items:
            click.echo(visible(f"{item.ref}  {'canary' if canary_only else 'canary and manifest'}"))
        click.echo("nothing was done. Add --execute to prepare.", err=True)
        return
    sign, verify = drilling.signer(key)
    access = Access(where, drilling.clock())
    writing = _Writing(access, prepared, sign, verify, drilling.person(attended=attended))
    try:
        whole = [writing.prepared(item, manifest=not canary_only) for item in items]
    finally:
        access.close()
    sys.exit(0 if all(whole) else _UNPROVEN)


def _items(scope: tuple[InScope, ...], refs: tuple[str, ...]) -> list[Recoverable]:
    """Return what is to be prepared; raises `AuditError` for what cannot be."""
    from audit.drills.kinds import preparing  # nobody else needs it

    known = [entry.item for entry in scope if entry.item is not None]
    fit = [item for item in known if preparing(item.kind, item.method) is not None]
    if missing := set(refs) - {item.ref for item in fit}:
        raise AuditError(f"{min(missing)} cannot be prepared. See `audit drill list`.")
    return [item for item in fit if not refs or item.ref in refs]


class _Writing:
    """Prepares one item after another."""

    def __init__(
        self,
        access: Access,
        folder: Path,
        sign: Callable[[bytes], bytes],
        verify: Callable[[bytes], bytes],
        person: Person | None,
    ) -> None:
        self._access, self._folder, self._sign, self._verify, self._person = access, folder, sign, verify, person

    def prepared(self, item: Recoverable, *, manifest: bool) -> bool:
        """Prepare one, and tell whether all of it was written; what could not be is printed."""
        from audit.azure import Refused  # as above
        from audit.drills.guard import only
        from audit.drills.kinds import preparing
        from audit.drills.outcomes import Stopped

        how = preparing(item.kind, item.method)
        if how is None:
            return False
        means = self._access.acting(only(how.writes), self._folder, self._verify, self._person)
        try:
            self._canary(item, how.canary(item, means, means.clock.now()))
            if manifest:
                made_at = f"{means.clock.now():%Y-%m-%dT%H:%M:%SZ}"
                self._write(item, "manifest", {**how.prepare(item, means), "made_at": made_at})
        except (Refused, Stopped) as trouble:
            click.echo(visible(f"{item.ref}  not prepared: {trouble}"))
            return False
        click.echo(visible(f"{item.ref}  prepared"))
        return True

    def _canary(self, item: Recoverable, made: Mapping[str, Any]) -> None:
        """Add a canary to those that are known, the newest last."""
        from audit.drills import prepared  # as above

        before = prepared.read(self._folder, item.ref, "canaries", self._verify) or {}
        known = [*before.get("canaries", ()), dict(made)]
        self._write(item, "canaries", {"canaries": known[-_MOST_CANARIES:]})

    def _write(self, item: Recoverable, what: str, body: Mapping[str, Any]) -> None:
        from audit.drills import prepared  # as above

        prepared.write(self._folder, item.ref, what, body, self._sign)


COMMANDS = {"prepare": prepare}
