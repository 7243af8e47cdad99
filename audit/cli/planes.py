"""What commands that look at one plane share: the options that name it, and the source that reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from audit.cli import live, program
from audit.cli.settings import packed
from audit.model import AuditError, Snapshot
from audit.policies import Policies

_FILE = click.Path(path_type=Path)


class Chosen(msgspec.Struct, frozen=True):
    """Which plane to look at: what runs, one of the files, or the program where nothing is named."""

    runs: bool
    preview: Path | None
    state: Path | None
    template: Path | None
    parameters: Path | None
    file: Path | None

    def named(self) -> list[str]:
        """Return the options that name a plane, as they were given; empty for the program."""
        given = {
            "--live": self.runs,
            "--preview": self.preview,
            "--state": self.state,
            "--template": self.template,
            "--snapshot": self.file,
        }
        return [option for option, value in given.items() if value]

    def judged_file(self) -> Path | None:
        """Return the file that is looked at; None for the program and for what runs."""
        return self.preview or self.state or self.template or self.file


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a plane, with those of the program and of the clouds.

    The command gets them as `chosen`, `program` and `where`.
    """
    named = packed(
        live.options(command, live.BESIDE),
        "chosen",
        Chosen,
        click.option("--live", "runs", is_flag=True, help="What runs: Azure, its directory and the copy in S3."),
        click.option("--preview", type=_FILE, metavar="FILE", help="What `pulumi preview --json` printed."),
        click.option("--state", type=_FILE, metavar="FILE", help="What `pulumi stack export` wrote."),
        click.option("--template", type=_FILE, metavar="FILE|DIR", help="An ARM template, or a folder of them."),
        click.option("--parameters", type=_FILE, metavar="FILE", help="The parameters of the template."),
        click.option("--snapshot", "file", type=_FILE, metavar="FILE", help="What `audit collect` wrote."),
    )
    return program.options(named)


def seen(
    chosen: Chosen,
    declared: program.Program,
    where: live.Where,
    rules: Policies,
    day: date,
    now: datetime,
    *,
    look: Callable[[live.Where, date], Snapshot] | None = None,
) -> Snapshot:
    """Look at the plane that the options name, at what runs by `look` where it is given.

    Raises `AuditError` where the options name two planes, or none that they fit.
    """
    named = chosen.named()
    if len(named) > 1:
        raise AuditError(f"{' and '.join(named)} exclude each other. Give one of them.")
    if where.subscriptions and not chosen.runs:
        raise AuditError("--subscription is about what runs. Add --live.")
    if where.beside and not chosen.runs:
        raise AuditError("--with is about what runs. Add --live.")
    if chosen.parameters and not chosen.template:
        raise AuditError("--parameters are a template's. Add --template.")
    if chosen.runs:
        return look(where, day) if look else live.observe(where, rules, day)
    return _read(chosen, declared.project, now) or declared.collect(now)


def _read(chosen: Chosen, project: Path, now: datetime) -> Snapshot | None:
    """Read the file that the options name; None where they name none. Each source is loaded where it is used."""
    if chosen.preview:
        from audit.sources import pulumi

        return pulumi.preview(chosen.preview, now=now, project=project)
    if chosen.state:
        from audit.sources import pulumi

        return pulumi.state(chosen.state, now=now, project=project)
    if chosen.template:
        from audit.sources import template

        return template.collect(chosen.template, now=now, parameters=chosen.parameters)
    if chosen.file:
        from audit.sources import snapshot

        return snapshot.collect(chosen.file, now=now)
    return None
