"""`audit check`: judge a Pulumi program and say, promise by promise, what is kept."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from audit.cli.settings import POLICIES, key_values, output_folder
from audit.engine import judge
from audit.model import Verdict
from audit.policies import load
from audit.promises import Report
from audit.sources.program import collect

EXIT = {Verdict.KEPT: 0, Verdict.WAIVED: 0, Verdict.NOT_APPLICABLE: 0, Verdict.BROKEN: 3, Verdict.UNPROVEN: 4}


@click.command("check")
@click.argument("project", type=click.Path(path_type=Path), default=".")
@click.option("--stack", "-s", default="production", show_default=True, help="The stack whose settings to use.")
@POLICIES
@click.option("--config", "-c", "settings", multiple=True, metavar="KEY=VALUE", help="A setting on top of the stack's.")
@click.option(
    "--report", "-o", "folder", type=click.Path(path_type=Path), help="Write index.html and report.json here."
)
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Judge waivers as of this day (default: today).")
@click.option(
    "--seconds", type=click.FloatRange(1, 86_400), default=300, show_default=True, help="Time limit of the program."
)
def command(
    project: Path,
    stack: str,
    policies: Path,
    settings: tuple[str, ...],
    folder: Path | None,
    today: datetime | None,
    seconds: float,
) -> None:
    """Judge the Pulumi program of PROJECT (default: here) without the Pulumi CLI, a cloud or credentials.

    The program runs: it is code, and is trusted as such.
    """
    now = datetime.now(UTC)
    day = today.date() if today else now.date()
    rules = load(policies, today=day)
    snapshot = collect(
        project,
        stack,
        now=now,
        seconds=seconds,
        settings=key_values(settings),
        environment=os.environ,
    )
    report = judge(snapshot, rules, day, product=_product())
    _tell(report, folder)
    sys.exit(EXIT[report.verdict])


def _product() -> str:
    from importlib.metadata import version  # looked up once, for a report only

    return f"promise-audit {version('promise-audit')}"


def _tell(report: Report, folder: Path | None) -> None:
    """Print the summary, and write the report's files where a folder is given."""
    from audit.reports import html, machine, terminal  # rich and Jinja2 are for reports only

    if folder:
        output_folder(folder, {"index.html": html.render(report).encode(), "report.json": machine.render(report)})
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 100
    click.echo(terminal.render(report, colour=colour, width=width, page=str(folder / "index.html") if folder else ""))
