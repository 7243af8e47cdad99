"""`audit lock`: show which doors that close for good still stand open, and close one that is named twice."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli import live
from audit.cli.check import EXIT
from audit.cli.settings import POLICIES, TODAY
from audit.engine import judge
from audit.kinds.aws import BUCKET_OBJECT_LOCK
from audit.model import AuditError, Verdict, same
from audit.policies import Policies, load

if TYPE_CHECKING:
    from audit.doors import Door, Doors

_OPEN, _UNSEEN = EXIT[Verdict.BROKEN], EXIT[Verdict.UNPROVEN]
"""The exit codes of a plan, as everywhere: a door that stands open is a promise broken."""


@click.command("lock")
@live.options
@POLICIES
@TODAY
@click.option("--confirm", metavar="NAME", help="The name once more, instead of typing it on a terminal.")
@click.argument("name", default="")
def command(where: live.Where, policies: Path, today: datetime | None, confirm: str | None, name: str) -> None:
    """Close a door that can never be opened again.

    Without NAME nothing is changed: what runs is read as by `check --live`, and every lock that is not closed is shown
    with what can never be undone afterwards and the request that would be sent. With NAME that one lock is closed, and
    read back. No other command of `audit` changes anything in a cloud, and no deployment takes this step.
    """
    if confirm is not None and confirm != name:
        raise AuditError(f"--confirm says {confirm!r}, and the door is called {name!r}. Say the same name twice.")
    rules = load(policies)
    found = _doors(where, rules, today or datetime.now(UTC))
    if not name:
        click.echo(_plan(found))
        sys.exit(_OPEN if found.open else _UNSEEN if found.unseen else 0)
    door = _chosen(found, name)
    click.echo(_shown(door), err=True)
    _demand_confirmed(name, confirm)
    state = _close(where, rules, door)
    click.echo(f"{name}: read back as {state}")
    sys.exit(0 if same(state, _locked(door)) else _UNSEEN)


def _doors(where: live.Where, rules: Policies, day: datetime) -> "Doors":
    """Look at what runs, and find the doors that stand open."""
    from audit.doors import doors  # nobody else needs to load it

    seen = live.observe(where, rules, day.date())
    return doors(seen, judge(seen, rules, day.date(), product=""), rules.controls.values())


def _chosen(found: "Doors", name: str) -> "Door":
    """Return the one open door of a name or an id; raises `AuditError` where there is none, or more than one."""
    fitting = [door for door in found.open if name in (door.name, door.resource.id)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(door.resource.id for door in fitting)
        raise AuditError(f"{len(fitting)} doors are called {name}: {ids}. Give the id of one instead.")
    if name in found.closed:
        raise AuditError(f"{name} is locked already. There is nothing to do.")
    raise AuditError(f"no door called {name} stands open. See their names with `audit lock`.")


def _demand_confirmed(name: str, confirm: str | None) -> None:
    """Demand that the name was given twice; raises `AuditError` where it was not, and nobody is there to type it."""
    if confirm is not None:
        return
    if not sys.stdin.isatty():
        raise AuditError(f"closing {name} needs its name twice. Add --confirm {name}.")
    if click.prompt("Type its name to close it for good", err=True, default="", show_default=False) != name:
        raise AuditError("that is not its name. Nothing was sent.")


def _close(where: live.Where, rules: Policies, door: "Door") -> str:
    """Close one door, and return the state that it is read back in."""
    # These cost 0.4 s, which no other command should pay.
    from audit.azure import Client
    from audit.clouds import PUBLIC, cloud_at, default_credential
    from audit.lock import close, close_bucket, s3_of
    from audit.pipeline import PATIENT

    if door.resource.type == BUCKET_OBJECT_LOCK.arm:
        import boto3  # as above

        return close_bucket(door, s3_of(boto3.Session(), rules.targets.names("offsite.regions")[0]))
    cloud = cloud_at(where.metadata_host, patience=PATIENT) if where.metadata_host else PUBLIC
    credential = default_credential(cloud)
    client = Client(cloud, credential, now=lambda: datetime.now(UTC), clock=time.monotonic, sleep=time.sleep)
    try:
        return close(
            door, client=client, credential=credential, sleep=time.sleep, clock=time.monotonic, patience=PATIENT
        )
    finally:
        client.close()


def _locked(door: "Door") -> str:
    from audit.doors import way_of  # as above

    return way_of(door.resource).locked


def _plan(found: "Doors") -> str:
    """Say what stands open, what closing it means, and what could not be seen."""
    count = len(found.open)
    head = f"{count} door{'' if count == 1 else 's'} that close{'s' if count == 1 else ''} for good stand"
    lines = [f"{head}{'s' if count == 1 else ''} open. Nothing was changed." if count else "No door stands open."]
    for door in found.open:
        lines += ["", _shown(door), *_next(door)]
    if found.unseen:
        lines += ["", "not seen: a door may stand open there", *(f"  {reason}" for reason in found.unseen)]
    return "\n".join(lines)


def _shown(door: "Door") -> str:
    """Describe a door, what can never be undone, and the request that closes it."""
    asked = f"asked for by {', '.join(door.controls)}" if door.controls else "no control asks for it"
    lines = [
        f"{door.name}  {door.resource.type}, {door.state}; {asked}",
        f"  for good: {door.never}",
        f"            {door.source}",
    ]
    if door.request is not None:
        body = f" {json.dumps(door.request.body)}" if door.request.body is not None else ""
        etag = " If-Match: the etag that it is read with just before" if door.request.conditional else ""
        version = f"?api-version={door.request.api}" if door.request.path.startswith("/") else f" {door.request.api}"
        lines.append(f"  sends:    {door.request.method} {door.request.path}{version}{etag}{body}")
    return "\n".join(lines)


def _next(door: "Door") -> list[str]:
    if door.request is None:
        return [f"  close it: deploy it unlocked first; from {door.state} it cannot be locked"]
    return [f"  close it: audit lock {door.name} --confirm {door.name}"]
