"""`audit drill sweep`: take away what drills left when they died."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from audit.cli import live
from audit.cli.drilling import WORK, Access
from audit.cli.settings import POLICIES
from audit.model import AuditError
from audit.policies import load
from audit.reports.words import visible

_WRONG = 3


@click.command("sweep")
@live.options
@WORK
@click.option("--execute", is_flag=True, help="Do it. Without this, what would be taken away is shown.")
@click.option("--drill", default="", metavar="ID", help="What this drill made, however long it still has.")
@POLICIES
def sweep(where: live.Where, work: Path, execute: bool, drill: str, policies: Path) -> None:
    """Take away what carries a drill's tag and whose time is over.

    Run it on a schedule of its own, as an identity of its own that may delete in the drills' subscription alone. Exit
    code 3 where something could not be taken away, or not be looked for.
    """
    rules = load(policies)
    from audit.drills.groups import demand_name  # nobody else needs these
    from audit.drills.sweeping import Broom
    from audit.drills.time import Clock
    from audit.journal import Journal

    demand_name(rules.drills.subscription)
    clock = Clock()
    access = Access(where, clock)
    try:
        if execute and (not access.principal or access.principal != rules.drills.sweeper):
            what = f"sweeping is for {rules.drills.sweeper or 'nobody'}, and {access.principal} is signed in"
            raise AuditError(f"{what}. Sign in as sweeper of drills.toml.")
        path = work / "sweeps" / f"{clock.now():%Y%m%dT%H%M%S%fZ}.jsonl"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            journal = Journal(path)
        except OSError as error:
            raise AuditError(f"cannot write {path}: {error.strerror}. Name another folder with --work.") from error
        estate = (*(rules.targets.at("estate.subscriptions") or ()), *rules.drills.subscriptions()[1:])
        swept = Broom(access.actor, clock, journal).sweep(
            rules.drills.subscription, estate, drill=drill, dry=not execute
        )
        journal.close()
    finally:
        access.close()
    for gone in swept.removed:
        click.echo(visible(f"{'taken away' if execute else 'would be taken away'}: {gone}"))
    for left in swept.waiting:
        until = f"until {left.until:%Y-%m-%d %H:%M} UTC" if left.until else "without an end"
        click.echo(visible(f"kept {until}, of {left.reason}: {left.ref}"))
    for left in swept.left:
        click.echo(visible(f"still there: {left.ref}: {left.reason}"))
    if not (swept.removed or swept.waiting or swept.left):
        click.echo("nothing carries a drill's tag.")
    sys.exit(_WRONG if swept.left else 0)


COMMANDS = {"sweep": sweep}
