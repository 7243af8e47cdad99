"""`audit drill`: restore what was backed up, prove what came back, and take everything away again."""

from __future__ import annotations

from importlib import import_module

import click

_COMMANDS = {
    "list": "drill_plan",
    "plan": "drill_plan",
    "prepare": "drill_prepare",
    "run": "drill_run",
    "resume": "drill_run",
    "sweep": "drill_sweep",
    "show": "drill_show",
}
"""Command → the module that holds it by its name."""


class _Commands(click.Group):
    """Imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"audit.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = module.COMMANDS[cmd_name]
        return command


@click.command("drill", cls=_Commands)
def command() -> None:
    """Restore what was backed up, and prove what came back.

    `plan` shows what would be drilled, and `run` does nothing else without --execute. See docs/drills.md. Exit codes of
    `run` and `resume`: 0 all proven in time and nothing left, 3 one failed, came too late or left something, 4 none of
    these and one not proven.
    """
