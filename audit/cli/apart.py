"""What `audit probe` and `audit data` share, and how what they saw joins what runs: in one audit and one pack."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

import click
import msgspec

from audit.attesting import targets_digest
from audit.cli import outputs
from audit.cli.check import EXIT, product, tell
from audit.engine import judge
from audit.kind import DATA, PROBE
from audit.kinds import BY_ARM
from audit.model import AuditError, Gap, Plane, Snapshot, Targets, Unseen
from audit.policies import Policies
from audit.snapshots import OtherFormat, decode

_TABLES = {PROBE: ("probes", "dns"), DATA: ("data",)}
"""The tables of targets by which kinds apart are looked for."""
_DIGITS = 16
_FILE = click.Path(path_type=Path)
ESTATE = click.option(
    "--estate", type=_FILE, metavar="FILE", help="What `audit collect` wrote: what it holds is ours, too."
)
OUT = click.option(
    "--out", type=_FILE, metavar="FILE", help="Write what was seen, for `audit check --live --with FILE`."
)


def finish(seen: Snapshot, rules: Policies, kinds: str, out: Path | None, folder: Path | None) -> None:
    """Write what was seen, judge it by the controls of its own kinds alone, and exit as that comes out.

    `kinds` is what the names of those begin with. Raises `AuditError` where a file cannot be written.
    """
    from audit.reports.counting import plural  # as below
    from audit.sources import snapshot  # `audit check` reads no files beside a live audit in most runs

    name, digest = _looked_by(rules.targets, kinds)
    seen = msgspec.structs.replace(seen, tools={**seen.tools, name: digest})
    if out:
        snapshot.write(seen, out)
        told = f"{plural(len(seen.resources), 'thing')} seen, {plural(len(seen.gaps), 'gap')}"
        click.echo(f"{out}: {told}. With what runs: audit check --live --with {out}", err=True)
    found = judge(seen, _only(rules, kinds), seen.seen_at.date(), product=product())
    tell(found, folder)
    sys.exit(EXIT[outputs.stated(outputs.judged(found, None))])


def _only(rules: Policies, kinds: str) -> Policies:
    """Return policies with the controls that such kinds answer alone, and the promises they prove.

    The rest await a live audit.
    """
    kept = {
        name: control
        for name, control in rules.controls.items()
        if control.needs and all(kind.arm.startswith(kinds) for kind in control.needs)
    }
    statements = tuple(
        msgspec.structs.replace(
            statement,
            commitments=tuple(one for one in statement.commitments if not kept.keys().isdisjoint(one.controls)),
        )
        for statement in rules.statements
    )
    return msgspec.structs.replace(rules, controls=kept, statements=statements)


def estate(path: Path, *, now: datetime, targets: Targets) -> Snapshot:
    """Read the estate whose things are ours, too; raises `AuditError` where it is none of what runs today.

    What is made of it is of now: what was there a year ago, or is declared alone, would come back as new.
    """
    from audit.sources import snapshot  # as above

    seen = snapshot.collect(path, now=now)
    if not any(not BY_ARM[one.type.lower()].apart for one in seen.resources if one.type.lower() in BY_ARM):
        raise AuditError(f"{path} holds nothing that runs. Name a file of `audit collect --live`.")
    if seen.plane is not Plane.LIVE:
        raise AuditError(f"{path} is of the {seen.plane} plane. Name a file of `audit collect --live`.")
    if why := _too_old(seen, now, targets):
        raise AuditError(f"{path} {why}. Run `audit collect --live` again.")
    return seen


def progress(verb: str) -> Callable[[str], None]:
    """Return what says on a terminal which part is looking; nothing on a pipe."""
    if not sys.stderr.isatty():
        return lambda name: None
    return lambda name: click.echo(f"{verb}: {name}", err=True)


def read(path: Path) -> bytes:
    """Return the bytes of a file of `audit probe`; raises `AuditError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise AuditError(
            f"cannot read {path}: {error.strerror}. Name what `audit probe` or `audit data` wrote."
        ) from error


def joining(content: bytes, name: str, *, now: datetime, targets: Targets) -> Snapshot:
    """Return what a file saw, as a part of what runs at `now`.

    What is older than the target `probes.hours`, or is to come, is a gap in place of what was seen: it may have changed
    since. So is what was looked for by other targets: these may name a door that nobody knocked at. Raises `AuditError`
    where the file is no snapshot, or speaks of what clouds tell themselves: that is never taken from a file beside a
    live audit.
    """
    try:
        seen = decode(content)
    except OtherFormat as error:
        raise AuditError(f"{name}: {error}. Use the version that wrote it.") from error
    except ValueError as error:
        raise AuditError(f"{name} is no snapshot: {error}. Name what `audit probe` or `audit data` wrote.") from error
    kinds = seen.looked_for()
    if why := _no_probes(seen, kinds):
        raise AuditError(f"{name} {why}. Name a file as `audit probe` or `audit data` wrote it.")
    if why := _too_old(seen, now, targets) or _by_others(seen, kinds, targets):
        gap = Gap(f"{name} {why}", tuple(sorted(kinds)))
        return msgspec.structs.replace(seen, resources=(), gaps=(gap,))
    return msgspec.structs.replace(seen, origin=f"{seen.origin} at {seen.seen_at:%Y-%m-%d %H:%M} UTC")


def _no_probes(seen: Snapshot, kinds: Collection[str]) -> str:
    """Say why no probe and no data check can have written a snapshot; empty where one can."""
    strange = sorted(kind for kind in kinds if kind.lower() not in BY_ARM or not BY_ARM[kind.lower()].apart)
    if strange or any(not gap.kinds for gap in seen.gaps):
        return f"speaks of {strange[0] if strange else 'everything'}, which a live audit reads itself"
    if strange := [one.id for one in seen.resources if not one.id.startswith(f"{one.type.lower()}/")]:
        return f"calls something {strange[0]}, as no probe does"
    if seen.plane is not Plane.LIVE:
        return f"is of the {seen.plane} plane"
    if len({one.id.lower() for one in seen.resources}) < len(seen.resources):
        return "speaks of one thing twice"
    return ""


def _looked_by(targets: Targets, kinds: str) -> tuple[str, str]:
    """Return a name and a digest of the targets by which such kinds are looked for: whom to ask, what to read.

    Raises `AuditError` where a table of them is not there.
    """
    try:
        return f"targets of {kinds.rstrip('.')}", targets_digest(targets, _TABLES[kinds])[:_DIGITS]
    except Unseen as error:
        raise AuditError(f"{error}. Fill it in.") from error


def _by_others(seen: Snapshot, kinds: Collection[str], targets: Targets) -> str:
    """Say why other things may have been looked for than the targets name; empty where they are the same."""
    for prefix in sorted({prefix for prefix in _TABLES for kind in kinds if kind.lower().startswith(prefix)}):
        name, digest = _looked_by(targets, prefix)
        if seen.tools.get(name) != digest:
            return f"was seen by other {name} than stand in targets.toml: look again"
    return ""


def _too_old(seen: Snapshot, now: datetime, targets: Targets) -> str:
    """Say why what was seen tells nothing of `now`; empty where it does. Raises `AuditError` where no age is chosen."""
    try:
        most = timedelta(hours=targets.number("probes.hours"))
    except Unseen as error:
        raise AuditError(f"{error}. Fill it in.") from error
    moments = (seen.seen_at, *(resource.seen_at for resource in seen.resources))
    if max(moments) > now + timedelta(minutes=5):
        return "was seen at a time that is to come"
    if now - min(moments) > most:
        return f"was seen more than {most // timedelta(hours=1)} hours ago, the most that the target probes.hours lets"
    return ""
