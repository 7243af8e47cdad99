"""`audit collect`: only look, and write a snapshot that `audit check --snapshot` judges on any machine."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from audit.cli import live, planes, program
from audit.cli.check import EXIT
from audit.cli.settings import POLICIES
from audit.model import Snapshot, Verdict
from audit.policies import load


@click.command("collect")
@planes.options
@POLICIES
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), default="snapshot.json", show_default=True, help="The file."
)
def command(chosen: planes.Chosen, program: program.Program, where: live.Where, policies: Path, out: Path) -> None:
    """Only look, and write down what was seen.

    Looks at the Pulumi program of PROJECT (default: here), or at the plane that an option names. The file holds
    settings of your infrastructure: keep it as you keep those. Exits with 4 where something could not be seen.
    """
    from audit.sources import snapshot  # nothing else of this command needs it

    now = datetime.now(UTC)
    rules = load(policies)
    seen = planes.seen(chosen, program, where, rules, now.date(), now)
    snapshot.write(seen, out)
    click.echo(_told(seen, out))
    sys.exit(EXIT[Verdict.UNPROVEN] if seen.gaps else 0)


def _told(seen: Snapshot, file: Path) -> str:
    """Say what was written, and each gap in it."""
    from audit.reports import words  # as above
    from audit.reports.counting import plural

    gaps = "".join(f"\n  gap: {words.visible(gap.reason)}" for gap in seen.gaps)
    return f"{file}: {plural(len(seen.resources), 'resource')} of {seen.origin}, {plural(len(seen.gaps), 'gap')}{gaps}"
