"""Somebody at the terminal who does by hand what no machine can, and says what came of it."""

import sys
from pathlib import Path

import click

from audit.model import AuditError
from audit.reports.words import visible

_LONGEST = 64 << 20
"""More bytes than any export or log that proves something has."""


class AtTerminal:
    """Asks on stderr, and reads answers from stdin: what a script pipes in is taken as well."""

    def told(self, question: str) -> str:
        """Ask and return the answer, one line; raises `AuditError` where nobody answers any more."""
        click.echo(visible(f"{question} "), err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            raise AuditError("nobody answers. Go on with `audit drill resume --attended`.")
        return line.strip()

    def proof(self, what: str) -> bytes:
        """Ask for a file and return what is in it; raises `AuditError` where it cannot be read."""
        path = Path(self.told(f"the path of {what}:"))
        try:
            with path.open("rb") as file:
                content = file.read(_LONGEST + 1)
        except OSError as error:
            why = f"cannot read {path}: {error.strerror}"
            raise AuditError(f"{why}. Go on with `audit drill resume --attended`.") from error
        if len(content) > _LONGEST:
            raise AuditError(
                f"{path} has more than 64 MB, as no proof has. Go on with `audit drill resume --attended`."
            )
        return content
