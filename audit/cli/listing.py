"""`audit list`: the controls, commitments or kinds, a line each."""

from pathlib import Path

import click

from audit.cli.settings import POLICIES
from audit.kinds import KINDS
from audit.policies import Policies, load


@click.command("list")
@click.argument("what", type=click.Choice(["controls", "commitments", "kinds"]), default="controls")
@POLICIES
def command(what: str, policies: Path) -> None:
    """List the controls, commitments or kinds, a line each."""
    if what == "kinds":
        click.echo("\n".join(f"{kind.arm}  {kind.api}  {' '.join(kind.pulumi)}" for kind in KINDS))
        return
    rules = load(policies)
    click.echo("\n".join(_controls(rules) if what == "controls" else _commitments(rules)))


def _controls(rules: Policies) -> list[str]:
    return [f"{control.severity:8}  {control.id}  {control.title}" for control in rules.controls.values()]


def _commitments(rules: Policies) -> list[str]:
    return [
        f"{commitment.id:7}  {commitment.promise_text}"
        for statement in rules.statements
        for commitment in statement.commitments
    ]
