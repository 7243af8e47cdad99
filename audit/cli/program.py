"""What commands that look at a Pulumi program share: which one, with which settings, and for how long."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from audit.cli.settings import key_values, packed
from audit.model import Snapshot


class Program(msgspec.Struct, frozen=True):
    """Which program to run."""

    project: Path
    stack: str
    settings: tuple[str, ...]
    seconds: float

    def collect(self, now: datetime) -> Snapshot:
        """Run the program and return what it declares; raises `AuditError` where it declares nothing."""
        from audit.sources import program  # nobody who judges what runs needs to load this

        return program.collect(
            self.project,
            self.stack,
            now=now,
            seconds=self.seconds,
            settings=key_values(self.settings),
            environment=os.environ,
        )


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument and the options that name a program; the command gets them as `program`."""
    return packed(
        command,
        "program",
        Program,
        click.argument("project", type=click.Path(path_type=Path), default="."),
        click.option("--stack", "-s", default="production", show_default=True, help="The stack whose settings to use."),
        click.option(
            "--config", "-c", "settings", multiple=True, metavar="KEY=VALUE", help="A setting on top of the stack's."
        ),
        click.option(
            "--seconds",
            type=click.FloatRange(1, 86_400),
            default=300,
            show_default=True,
            help="Time limit of the program.",
        ),
    )
