"""`audit statement`: compare a statement's text with the sentences its commitments stand on."""

import sys
from pathlib import Path

import click

from audit.cli.settings import POLICIES
from audit.model import AuditError
from audit.policies import load
from audit.promises import Statement
from audit.statements import Comparison, compare, cut, digest, read_text

BROKEN = 3


@click.command("statement")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "identity", help="Which statement it is (default: the one it shares most sentences with).")
@POLICIES
def command(file: Path, identity: str | None, policies: Path) -> None:
    """Compare the text in FILE with the recorded sentences: which stand, which changed, which are new.

    Exits with 3 when the sentence of any promise is gone.
    """
    text = read_text(file)
    statement = _choose(load(policies).statements, text, identity)
    comparison = compare(statement, text)
    click.echo(render(statement, comparison))
    sys.exit(BROKEN if comparison.broken_promises else 0)


def _choose(statements: tuple[Statement, ...], text: str, identity: str | None) -> Statement:
    """Take the statement named, or the one most of the text's sentences are recorded under."""
    known = ", ".join(statement.id for statement in statements)
    if identity:
        found = next((statement for statement in statements if statement.id == identity), None)
        if found is None:
            raise AuditError(f"there is no statement {identity!r}. Choose one of: {known}.")
        return found
    digests = {digest(sentence) for sentence in cut(text)}
    nearest = max(statements, key=lambda statement: len(digests & set(statement.sentences)))
    if not digests & set(nearest.sentences):
        raise AuditError(f"the text shares no sentence with any statement recorded. Name one with --id: {known}.")
    return nearest


def render(statement: Statement, comparison: Comparison) -> str:
    """Say what stands, what changed, what is new and what is gone, a line each."""
    total = len(statement.sentences)
    lines = [f"statement {statement.id} ({statement.company}), seen {statement.seen}"]
    lines.append(f"  {len(comparison.standing)} of {total} recorded sentences stand")
    for changed in comparison.changed:
        lines.append(f"  changed ({', '.join(changed.commitments) or 'no commitment'}): {changed.sentence}")
    lines.extend(f"  new, covered by no commitment: {sentence}" for sentence in comparison.added)
    for gone in comparison.gone:
        lines.append(f"  gone ({', '.join(gone.commitments) or 'no commitment'}): sentence {gone.recorded[:12]}")
    if comparison.broken_promises:
        lines.append(f"  promises whose sentence is gone: {', '.join(comparison.broken_promises)}")
    return "\n".join(lines)
