"""The command line: a file a command; the only folder that knows every part."""

import sys
from importlib import import_module

import click

from audit.model import AuditError

COULD_NOT_RUN = 2
_COMMANDS = {
    "attest": "attest",
    "breach": "breach",
    "check": "check",
    "collect": "collect",
    "data": "data",
    "drift": "drift",
    "explain": "explain",
    "key": "keys",
    "list": "listing",
    "drill": "drill",
    "lock": "lock",
    "notify": "notify",
    "probe": "probe",
    "replay": "replay",
    "report": "report",
    "sandbox": "sandbox",
    "seal": "seal",
    "statement": "statement",
    "store": "store",
    "verify": "verify",
}
"""Command → module; a module called `list` would hide the built-in from this package."""


class _Commands(click.Group):
    """Imports a command when it is called, so that `audit --help` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"audit.cli.{_COMMANDS[cmd_name]}").command
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="promise-audit", prog_name="audit")
def cli() -> None:
    """Check what a company's privacy statements promise against the infrastructure that keeps it.

    Exit codes: 0 kept or waived, 2 could not run, 3 at least one broken, 4 none broken and at least one unproven.
    """


def main() -> None:
    """Run the command line; what a user can mend is one line on stderr and exit 2."""
    try:
        sys.exit(cli(standalone_mode=False))
    except AuditError as error:
        problem = str(error)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(COULD_NOT_RUN)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "audit"
        message = error.format_message().rstrip(".")
        problem = f"{message[:1].lower()}{message[1:]}. See `{command} --help`."
    except (click.Abort, KeyboardInterrupt):
        problem = "stopped. Nothing was written."
    from audit.reports.words import inert  # only where something went wrong

    for line in problem.splitlines():
        print(inert(f"audit: {line}"), file=sys.stderr)
    sys.exit(COULD_NOT_RUN)
