"""`audit explain`: the page of one control or one commitment."""

from pathlib import Path

import click

from audit.cli.settings import POLICIES
from audit.model import AuditError
from audit.pages import commitment_page, control_page
from audit.policies import load


@click.command("explain")
@click.argument("identity", metavar="ID")
@POLICIES
def command(identity: str, policies: Path) -> None:
    """Say what the control or commitment ID claims, why, how to keep it, and what it proves or needs."""
    rules = load(policies)
    if identity in rules.controls:
        click.echo(control_page(rules.controls[identity], rules))
        return
    for statement in rules.statements:
        for commitment in statement.commitments:
            if commitment.id == identity:
                click.echo(commitment_page(commitment, statement))
                return
    raise AuditError(
        f"there is no control or commitment {identity!r}. See `audit list controls` and `audit list commitments`."
    )
