"""`audit drill run` and `audit drill resume`: drill, leave the evidence, and say what came of it."""

from __future__ import annotations

import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from audit import canonical
from audit.cli import drilling, live, program
from audit.cli.drill_plan import SEED, quarter_begins, show
from audit.cli.drilling import PREPARED, TRUST, WORK, Access, Scope, facts
from audit.cli.settings import POLICIES, packed
from audit.cli.stopping import stopping
from audit.model import AuditError
from audit.policies import Policies, load
from audit.reports.words import visible

if TYPE_CHECKING:
    from audit.drill_record import DrillRecord
    from audit.drills.drill import Beginning, Means, Recoverable, Settings
    from audit.drills.runner import Ended

_PATH = click.Path(path_type=Path)
WELL, WRONG, UNPROVEN = 0, 3, 4
_AN_HOUR = 3600


class Leaving(msgspec.Struct, frozen=True):
    """What is needed to go on and to leave evidence."""

    work: Path
    prepared: Path
    trusted: tuple[Path, ...]
    keys: tuple[str, ...]
    attended: bool

    def means(self, access: Access) -> Callable[[Beginning], Means]:
        """Return what makes the means of a drill."""
        person = drilling.person(attended=self.attended)
        return access.means(self.prepared, drilling.verifier(self.trusted), person)


def _leaving(command: Callable[..., Any]) -> Callable[..., Any]:
    return packed(
        command,
        "leaving",
        Leaving,
        WORK,
        PREPARED,
        TRUST,
        click.option("--key", "keys", multiple=True, metavar="URI", help="Seal each drill's pack with this key."),
        click.option("--attended", is_flag=True, help="Somebody is here to answer: drills that need a person may run."),
    )


@click.command("run")
@drilling.options
@live.options
@_leaving
@click.option("--execute", is_flag=True, help="Do it. Without this, what would be done is shown.")
@click.option("--authorised-by", "roles", multiple=True, metavar="ROLE", help="Who allows it, by role.")
@click.option("--item", "refs", multiple=True, metavar="REF", help="Drill this one, whose turn it may not be.")
@click.option("--max-duration", type=click.IntRange(1), metavar="MINUTES", help="Begin nothing after so many minutes.")
@SEED
@POLICIES
def run(
    scope: Scope,
    program: program.Program,
    where: live.Where,
    leaving: Leaving,
    execute: bool,
    roles: tuple[str, ...],
    refs: tuple[str, ...],
    max_duration: int | None,
    seed: str,
    policies: Path,
) -> None:
    """Drill what is due.

    Without --execute it shows what it would do. With it, the signed-in identity must be the one that drills.toml names,
    and one of its roles must allow it. Each drill's journal is in --work: what dies is gone on with by `resume`.
    """
    rules, now = load(policies), drilling.now()
    seed = seed or f"{now:%Y-%m-%d}"
    if not execute:
        items = _items(rules, scope, program, now, seed, refs) if refs else []
        show(rules, scope, program, now, seed, named=items)
        click.echo("nothing was done. Add --execute to drill.", err=True)
        return
    _demand_allowed(rules, roles, now)
    items = _items(rules, scope, program, now, seed, refs)
    access = Access(where, drilling.clock())
    try:
        _demand_identity(rules, access.principal)
        made = _beginnings(rules, scope, program, items, access, roles, now, seed)
        _drilled(leaving, scope.packs, access, made, rules, minutes=max_duration or rules.drills.budget.minutes)
    finally:
        access.close()


@click.command("resume")
@live.options
@_leaving
@click.option("--packs", type=_PATH, metavar="FOLDER", help="Where drills leave their evidence, as packs.")
@click.argument("drills", nargs=-1)
def resume(where: live.Where, leaving: Leaving, packs: Path | None, drills: tuple[str, ...]) -> None:
    """Go on with every drill that died, or with DRILLS. What was done is not done again."""
    from audit.drills import runner  # nobody else needs it

    wanted = [folder for folder in runner.folders(leaving.work) if not drills or folder.name in drills]
    if missing := set(drills) - {folder.name for folder in wanted}:
        raise AuditError(f"{min(missing)} is no drill in {leaving.work}. Name one of its folders.")
    dead = [folder for folder in wanted if _unfinished(folder)]
    packing = _Packing(leaving, packs)
    _pack_late([folder for folder in wanted if folder not in dead], packing)
    if not dead:
        click.echo("every drill came to its end.")
        return
    access = Access(where, drilling.clock())
    try:
        _demand_same(dead, access.principal)
        means = leaving.means(access)
        with stopping() as stopped:
            going_on = takewhile(lambda _: not stopped.is_set(), dead)
            found = runner.resume_all(leaving.work, going_on, means, told=packing.leave)
    finally:
        access.close()
    sys.exit(_code(found))


def _pack_late(ended: Sequence[Path], packing: _Packing) -> None:
    """Pack what came to its end, and whose runner died before it was packed: a failed drill must not vanish."""
    from audit.drills import recording, runner  # as above

    for folder in ended:
        if packing.packs is not None and not (folder / runner.PACKED).exists():
            record = recording.record(runner.lines(folder))
            packing.leave(runner.Ended(folder=folder, record=record, ref=record.item.ref))


def _demand_same(dead: Sequence[Path], principal: str) -> None:
    """Raise `AuditError` where another identity began a drill than would go on with it."""
    from audit.drills import recording, runner  # as above

    for folder in dead:
        try:
            began = recording.beginning(runner.lines(folder)).operator.identity
        except AuditError:
            continue  # it says itself why it cannot be gone on with
        if began != principal:
            raise AuditError(f"{folder.name} was begun by {began}, and {principal} is signed in. Sign in as the same.")


def _unfinished(folder: Path) -> bool:
    """Tell whether a drill must be gone on with; one whose journal cannot be read must, and says then why it cannot."""
    from audit.drills import runner  # as above

    try:
        return not runner.ended(runner.lines(folder))
    except AuditError:
        return True


def _demand_allowed(rules: Policies, roles: tuple[str, ...], now: datetime) -> None:
    """Raise `AuditError` unless enough of the rules' roles allow it, and no freeze is on."""
    allowed = rules.drills.authorisation
    if strange := set(roles) - set(allowed.by):
        raise AuditError(f"{min(strange)} may not allow a drill. Name one of: {', '.join(allowed.by)}.")
    own = {
        str(one).lower() for one in (*(rules.targets.at("estate.subscriptions") or ()), *rules.drills.subscriptions())
    }
    least = 2 if own & {one.lower() for one in allowed.two_persons} else 1
    if len(set(roles)) < least:
        whose = "two roles must allow it" if least > 1 else "nobody allows it"
        raise AuditError(f"{whose}. Name them with --authorised-by: {', '.join(allowed.by)}.")
    for freeze in rules.drills.freeze:
        if freeze.begins <= now < freeze.ends:
            raise AuditError(f"nothing is drilled until {freeze.ends:%Y-%m-%d %H:%M} UTC: {freeze.reason}. Wait.")


def _demand_identity(rules: Policies, principal: str) -> None:
    """Raise `AuditError` unless whoever signed in is the drills' identity."""
    if not principal or principal != rules.drills.identity:
        what = f"drills are run by {rules.drills.identity or 'nobody'}, and {principal} is signed in"
        raise AuditError(f"{what}. Sign in as identity of drills.toml.")


def _items(
    rules: Policies,
    scope: Scope,
    declared: program.Program,
    now: datetime,
    seed: str,
    refs: tuple[str, ...],
) -> list[Recoverable]:
    """Return what to drill: those named, or those whose turn it is and the negative controls that are due."""
    from audit.drills import selection  # as above
    from audit.drills.population import negative

    found, known = scope.population(rules, declared, now), scope.history()
    controls = negative(rules.drills, rules.targets)
    if not refs:
        taken = selection.chosen(found, known, rules.drills.budget, now=now, seed=seed)
        due = [*taken, *selection.controls_due(controls, known, since=quarter_begins(now))]
        if not due:
            raise AuditError("there is nothing to drill. See `audit drill list`.")
        return due
    named = {entry.ref: entry for entry in found}
    own = {one.ref: one for one in controls}
    if missing := set(refs) - named.keys() - own.keys():
        raise AuditError(f"{min(missing)} is not in scope. See `audit drill list`.")
    if unfit := [ref for ref in refs if ref in named and named[ref].item is None]:
        raise AuditError(f"{unfit[0]} cannot be drilled: {named[unfit[0]].why}. See drills.toml.")
    return [own.get(ref) or named[ref].by(selection.method(named[ref], known)) for ref in refs]


def _beginnings(
    rules: Policies,
    scope: Scope,
    declared: program.Program,
    items: Sequence[Recoverable],
    access: Access,
    roles: tuple[str, ...],
    now: datetime,
    seed: str,
) -> list[Callable[[], Beginning]]:
    """Return what makes the first line of each drill's journal, once its turn has come."""
    from audit.drill_record import Operator, Population
    from audit.drills.drill import Beginning
    from audit.drills.selection import populations

    kinds = populations(scope.population(rules, declared, now), seed=seed)
    settings, digest = _settings(rules, now), _digest(rules)
    operator = Operator(identity=access.principal, role="drills' identity", authorised_by=", ".join(sorted(roles)))
    plan = canonical.sha256(msgspec.json.encode([(item.ref, item.method) for item in items]))[:16]

    def beginning(item: Recoverable) -> Beginning:
        population = kinds.get(item.kind) or Population(in_scope=0, eligible=0, method="named", seed=seed)
        clock = access.clock.reading()
        return Beginning(
            drill_id=f"{clock.at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
            attempt=1,
            plan=plan,
            recoverable=item,
            population=population,
            operator=operator,
            settings=msgspec.structs.replace(settings, subscription=item.subscription or settings.subscription),
            tool_digest=digest,
            product=_product(),
            clock=clock,
        )

    return [lambda item=item: beginning(item) for item in items]  # type: ignore[misc]  # a default binds it


def _settings(rules: Policies, now: datetime) -> Settings:
    from audit.drills.drill import Settings  # as above

    return Settings(
        subscription=rules.drills.subscription,
        region=rules.drills.region,
        regions=rules.targets.names("geo.regions"),
        owner=rules.drills.owner,
        expires=now + timedelta(hours=rules.drills.expires_hours),
    )


def _digest(rules: Policies) -> str:
    """Return the digest of the rules and targets that drills run by."""
    told = [msgspec.to_builtins(rules.drills), rules.targets.values]
    return canonical.sha256(msgspec.json.encode(told, order="sorted", enc_hook=str))


def _drilled(
    leaving: Leaving,
    packs: Path | None,
    access: Access,
    made: list[Callable[[], Beginning]],
    rules: Policies,
    *,
    minutes: int,
) -> None:
    """Run the drills, leave their packs, and exit with what came of them."""
    from audit.drills import runner  # as above

    means, packing = leaving.means(access), _Packing(leaving, packs)
    until = time.monotonic() + minutes * 60
    with stopping() as stopped:
        found = runner.run_all(
            leaving.work,
            made,
            means,
            at_once=1 if leaving.attended else rules.drills.budget.at_once,
            may_begin=lambda: not stopped.is_set() and time.monotonic() < until,
            told=packing.leave,
        )
    sys.exit(_code(found))


def _told(ended: Ended) -> None:
    """Print what came of one drill, as soon as it is known."""
    if ended.record is None:
        how = f"died ({ended.folder.name}), to be gone on with by `audit drill resume`" if ended.folder else "not done"
        click.echo(visible(f"{ended.ref}  {how}: {ended.why}"))
        return
    record = ended.record
    damaged = "  (damaged on purpose)" if record.negative_control else ""
    click.echo(visible(f"{ended.ref}  {record.drill_id}  {record.item.method}{damaged}"))
    for name, value in facts(record).items():
        click.echo(visible(f"    {name:10}  {value}"))
    if reason := record.verdict.recoverability.reason:
        click.echo(visible(f"    {'why':10}  {reason}"))
    for left in record.residue:
        until = f" until {left.until:%Y-%m-%d %H:%M} UTC" if left.until else ""
        click.echo(visible(f"    {'left':10}  {left.type} {left.ref}{until} {left.reason}".rstrip()))


class _Packing:
    """Leaves a pack of each drill at its end, in the order of their ends, and seals it where there is a key."""

    def __init__(self, leaving: Leaving, packs: Path | None) -> None:
        """Open the keys; raises `AuditError` before anything is drilled where one cannot be."""
        from audit.evidence.signers import PASSPHRASE, signer  # as above

        self.packs = packs
        self._signers = [signer(key, passphrase=os.environ.get(PASSPHRASE, "")) for key in leaving.keys]
        self._lock = threading.Lock()

    def leave(self, ended: Ended) -> None:
        """Print what came of a drill, and pack it."""
        with self._lock:
            _told(ended)
            if self.packs is None or ended.record is None or ended.folder is None:
                return
            from audit.drills.runner import JOURNAL, PACKED  # as above
            from audit.evidence import pack
            from audit.evidence.seal import seal

            lines = (ended.folder / JOURNAL).read_bytes()
            at = max(ended.record.ended, _after(self.packs))
            folder = pack.drilled(self.packs, ended.record, product=_product(), lines=lines, at=at)
            if self._signers:
                seal(folder, self._signers, threshold=len(self._signers), stamp=None)
            (ended.folder / PACKED).write_text(f"{folder.name}\n")
            click.echo(f"evidence: {folder}", err=True)


def _after(packs: Path) -> datetime:
    """Return the second after that of the newest pack: two of one second would have no order to be sealed in."""
    names = [path.name.partition("-")[0] for path in packs.glob("*Z-*")] if packs.is_dir() else []
    times = [name for name in names if re.fullmatch(r"\d{8}T\d{6}Z", name)]
    newest = datetime.strptime(max(times, default="20000101T000000Z"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return newest + timedelta(seconds=1)


def _product() -> str:
    return f"promise-audit {version('promise-audit')}"


def _code(found: Iterable[Ended]) -> int:
    """Return the exit code: the worst of what came of the drills."""
    codes = [(WRONG if one.folder else UNPROVEN) if one.record is None else code(one.record) for one in found]
    return WRONG if WRONG in codes else UNPROVEN if UNPROVEN in codes else WELL


def code(record: DrillRecord) -> int:
    """Return what one drill comes to; one on a copy damaged on purpose must fail."""
    verdict = record.verdict
    state = verdict.recoverability.state
    if verdict.cleanup.state in ("failed", "residue-unexpected"):
        return WRONG
    if record.negative_control:
        return {"failed": WELL, "proven": WRONG}.get(state, UNPROVEN)
    if state == "failed" or "missed" in (verdict.rpo.state, verdict.rto.state):
        return WRONG
    return WELL if state == "proven" and (verdict.recoverability.level or 0) >= _ENOUGH and verdict.met else UNPROVEN


_ENOUGH = 4
"""The proof level from which on a restore counts."""


COMMANDS = {"run": run, "resume": resume}
