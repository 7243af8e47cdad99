"""`audit check`: judge a plane and say, promise by promise, what is kept."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli import live, outputs, packing, planes, program
from audit.cli.settings import POLICIES, REPORT, TODAY, output_folder
from audit.engine import judge
from audit.model import Verdict
from audit.policies import load
from audit.promises import Report

if TYPE_CHECKING:
    from audit.opinions import SecondOpinion

EXIT = {Verdict.KEPT: 0, Verdict.WAIVED: 0, Verdict.NOT_APPLICABLE: 0, Verdict.BROKEN: 3, Verdict.UNPROVEN: 4}


@click.command("check")
@planes.options
@POLICIES
@REPORT
@outputs.options
@packing.options
@click.option("--checkov", "second", is_flag=True, help="Ask Checkov, too, and say where it differs (`make checkov`).")
@TODAY
def command(
    chosen: planes.Chosen,
    program: program.Program,
    where: live.Where,
    policies: Path,
    folder: Path | None,
    writes: outputs.Outputs,
    evidence: packing.Packing,
    second: bool,
    today: datetime | None,
) -> None:
    """Say promise by promise what is kept.

    The Pulumi program of PROJECT (default: here) is judged without the Pulumi CLI, a cloud or credentials. It runs, in
    a child process: it is code, and is trusted as such. With --preview, --state, --template or --snapshot a file is
    judged instead; with --live, what runs is read with the credentials that `az login`, the environment or a managed
    identity gives, and with AWS's own. With --packs every answer is kept as evidence that others can verify. With
    --baseline, the exit code states what is new.
    """
    now = datetime.now(UTC)
    day = today.date() if today else now.date()
    rules = load(policies)
    baseline = outputs.ready(writes)
    evidence.demand(runs=chosen.runs)
    if second:
        from audit import checkov  # its table and templates are for whoever asks for it

        checkov.program(os.environ)
    recording = packing.Recording(evidence, rules, live.Clock(), product()) if evidence.packs else None
    look = recording.observe if recording else None
    snapshot = planes.seen(chosen, program, where, rules, day, now, look=look)
    found = judge(snapshot, rules, day, product=product())
    if recording:
        click.echo(f"evidence: {recording.finish(snapshot, found)}", err=True)
    report = outputs.judged(found, baseline)
    opinion = checkov.second_opinion(snapshot, report, rules, environment=os.environ) if second else None
    outputs.tell(report, writes, rules.controls, project=program.project, judged_file=chosen.judged_file())
    tell(report, folder, opinion)
    sys.exit(EXIT[outputs.stated(report)])


def product() -> str:
    """Name the product and its version, as reports do."""
    from importlib.metadata import version  # looked up once, for a report only

    return f"promise-audit {version('promise-audit')}"


def tell(report: Report, folder: Path | None, opinion: "SecondOpinion | None" = None) -> None:
    """Print the summary, and write the report's files where a folder is given; another tool's opinion comes last."""
    from audit.reports import html, machine, second_opinion, terminal  # rich and Jinja2 are for reports only

    if folder:
        files = {"index.html": html.render(report).encode(), "report.json": machine.render(report)}
        told = {"checkov.json": second_opinion.machine(opinion)} if opinion else {}
        output_folder(folder, files | told)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 100
    click.echo(terminal.render(report, colour=colour, width=width, page=str(folder / "index.html") if folder else ""))
    if opinion:
        click.echo(second_opinion.render(opinion, colour=colour, width=width))
