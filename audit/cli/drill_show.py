"""`audit drill show`: how a drill stands or what came of it, from its journal."""

from __future__ import annotations

from pathlib import Path

import click

from audit.cli.drilling import WORK, duration, facts
from audit.model import AuditError
from audit.reports.words import visible


@click.command("show")
@WORK
@click.argument("drill", required=False)
def show(work: Path, drill: str | None) -> None:
    """Show every drill in the working folder, or one with its states, checks and what it left."""
    from audit.drills import recording, runner  # nobody else needs them

    folders = runner.folders(work)
    if drill is None:
        for folder in folders:
            _line(folder)
        if not folders:
            click.echo(f"no drill has begun in {work}.")
        return
    found = next((folder for folder in folders if drill in (folder.name, folder.name.rpartition("-")[0])), None)
    if found is None:
        raise AuditError(f"{drill} is no drill in {work}. See `audit drill show`.")
    _line(found)
    entries = runner.lines(found)
    if not runner.ended(entries):
        click.echo("it has not come to its end: `audit drill resume` goes on with it.")
        return
    record = recording.record(entries)
    for phase in record.phases:
        click.echo(visible(f"    {phase.name:18}  {duration(phase.duration_ms // 1000):16}  {phase.outcome}"))
    for check in record.checks:
        click.echo(visible(f"    L{check.level} {check.id:24}  {check.result:8}  {check.reason}".rstrip()))
    for name, value in facts(record).items():
        click.echo(visible(f"    {name:18}  {value}"))
    for left in record.residue:
        until = f" until {left.until:%Y-%m-%d %H:%M} UTC" if left.until else ""
        click.echo(visible(f"    left: {left.type} {left.ref}{until} {left.reason}".rstrip()))


def _line(folder: Path) -> None:
    """Print which drill it is, of what, and how far it is."""
    from audit.drills import recording, runner  # as above
    from audit.drills.steps import STATE

    entries = runner.demand_begun(folder)
    begun = recording.beginning(entries)
    state = next((entry.body["state"] for entry in reversed(entries) if entry.type == STATE), "begun")
    click.echo(visible(f"{folder.name}  {begun.recoverable.ref}  {begun.recoverable.method}  {state}"))


COMMANDS = {"show": show}
