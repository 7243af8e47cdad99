"""`audit drift`: compare what a stack declares with what runs, and judge what runs."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from audit.cli import live, program
from audit.cli.check import EXIT, product, tell
from audit.cli.settings import POLICIES, REPORT, TODAY
from audit.engine import judge
from audit.model import AuditError, Plane, Snapshot
from audit.policies import load


@click.command("drift")
@program.options
@live.options
@click.option(
    "--snapshot", "file", type=click.Path(path_type=Path), help="Compare with a live snapshot's file instead."
)
@POLICIES
@REPORT
@TODAY
def command(
    program: program.Program,
    where: live.Where,
    file: Path | None,
    policies: Path,
    folder: Path | None,
    today: datetime | None,
) -> None:
    """Compare what is declared with what runs.

    Declared is what the Pulumi program of PROJECT (default: here) says. Shows what runs in no stack, what is
    declared and not there, settings that differ and matter to a control, verdicts that differ, and which
    obligations of the program the live audit has settled. The exit code judges what runs.
    """
    from audit.differences import attributed, compare, match  # nothing else of this command needs them

    now = datetime.now(UTC)
    day = today.date() if today else now.date()
    rules = load(policies)
    declared = program.collect(now)
    running = _read(file, now) if file else live.observe(where, rules, day)
    matched = match(declared, running)
    running = attributed(running, matched)
    before, after = (judge(seen, rules, day, product=product()) for seen in (declared, running))
    report = msgspec.structs.replace(after, differences=compare(before, after, running, matched))
    tell(report, folder)
    sys.exit(EXIT[report.verdict])


def _read(file: Path, now: datetime) -> Snapshot:
    """Read a live snapshot; raises `AuditError` for one of another plane."""
    from audit.sources import snapshot  # only where a file is given

    seen = snapshot.collect(file, now=now)
    if seen.plane is not Plane.LIVE:
        raise AuditError(f"{file} was seen on the {seen.plane} plane. Give one of `audit collect --live`.")
    return seen
