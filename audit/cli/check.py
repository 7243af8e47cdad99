"""`audit check`: judge a Pulumi program, a snapshot or what runs, and say, promise by promise, what is kept."""

import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from audit.cli import live, program
from audit.cli.settings import POLICIES, REPORT, TODAY, output_folder
from audit.engine import judge
from audit.model import AuditError, Snapshot, Verdict
from audit.policies import Policies, load
from audit.promises import Report

EXIT = {Verdict.KEPT: 0, Verdict.WAIVED: 0, Verdict.NOT_APPLICABLE: 0, Verdict.BROKEN: 3, Verdict.UNPROVEN: 4}


@click.command("check")
@program.options
@click.option("--live", "runs", is_flag=True, help="Judge what runs: Azure, its directory and the copy in S3.")
@live.options
@click.option("--snapshot", "file", type=click.Path(path_type=Path), help="Judge a file that `audit collect` wrote.")
@POLICIES
@REPORT
@TODAY
def command(
    program: program.Program,
    where: live.Where,
    runs: bool,
    file: Path | None,
    policies: Path,
    folder: Path | None,
    today: datetime | None,
) -> None:
    """Say promise by promise what is kept.

    The Pulumi program of PROJECT (default: here) is judged without the Pulumi CLI, a cloud or credentials. It runs, in
    a child process: it is code, and is trusted as such. With --live, what runs is read with the credentials that
    `az login`, the environment or a managed identity gives, and with AWS's own.
    """
    now = datetime.now(UTC)
    day = today.date() if today else now.date()
    rules = load(policies, today=day)
    snapshot = _seen(program, where, rules, day, now, runs=runs, file=file)
    report = judge(snapshot, rules, day, product=product())
    tell(report, folder)
    sys.exit(EXIT[report.verdict])


def _seen(
    declared: program.Program,
    where: live.Where,
    rules: Policies,
    day: date,
    now: datetime,
    *,
    runs: bool,
    file: Path | None,
) -> Snapshot:
    """Look at the plane that the options name; raises `AuditError` where they name two."""
    if runs and file:
        raise AuditError("--live and --snapshot exclude each other. Give one of them.")
    if where.subscriptions and not runs:
        raise AuditError("--subscription is about what runs. Add --live.")
    if file:
        from audit.sources import snapshot  # only where a file is given

        return snapshot.collect(file, now=now)
    return live.observe(where, rules, day) if runs else declared.collect(now)


def product() -> str:
    """Name the product and its version, as reports do."""
    from importlib.metadata import version  # looked up once, for a report only

    return f"promise-audit {version('promise-audit')}"


def tell(report: Report, folder: Path | None) -> None:
    """Print the summary, and write the report's files where a folder is given."""
    from audit.reports import html, machine, terminal  # rich and Jinja2 are for reports only

    if folder:
        output_folder(folder, {"index.html": html.render(report).encode(), "report.json": machine.render(report)})
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 100
    click.echo(terminal.render(report, colour=colour, width=width, page=str(folder / "index.html") if folder else ""))
