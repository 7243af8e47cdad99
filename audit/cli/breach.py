"""`audit breach`: the register of personal data breaches, and the clock from awareness to notice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from audit.cli.settings import POLICIES
from audit.entries import Value, appended, extended
from audit.files import write
from audit.model import AuditError
from audit.people import Breach
from audit.people_files import BREACHES, BreachFile, breach_problems
from audit.policies import Policies, load
from audit.reports.words import visible
from audit.tables import content_of, decoded


def _moment(text: str) -> datetime:
    """Read a time in UTC; raises `AuditError` without an offset, as nobody could tell which hour was meant."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise AuditError(f"{text} is no time. Write it as 2026-11-20T09:30Z.") from error
    if moment.tzinfo is None:
        raise AuditError(f"{text} has no offset. Write it as 2026-11-20T09:30Z if it is in UTC.")
    return moment.astimezone(UTC).replace(microsecond=0)


@click.group("breach")
def command() -> None:
    """Keep the register of personal data breaches.

    The clock runs from when the company became aware of a breach until the controllers concerned were told.
    """


@command.command("open")
@click.option(
    "--aware", type=_moment, required=True, metavar="TIME", help="When the company became aware, with offset."
)
@click.option("--facts", required=True, metavar="TEXT", help="What happened, in a sentence, without a person's name.")
@click.option("--owner", required=True, metavar="ROLE", help="Who answers for it, in lower case.")
@click.option("--customer", "customers", multiple=True, metavar="NAME", help="The pseudonym of a customer concerned.")
@click.option("--effects", default="", metavar="TEXT", help="What it means for people.")
@click.option("--remedy", default="", metavar="TEXT", help="What is done about it.")
@click.option("--id", "identity", default="", metavar="ID", help="Its id (default: the next of the year).")
@POLICIES
def open_breach(
    aware: datetime,
    facts: str,
    owner: str,
    customers: tuple[str, ...],
    effects: str,
    remedy: str,
    identity: str,
    policies: Path,
) -> None:
    """Enter a breach: its clock starts."""
    rules = load(policies)
    _not_ahead(aware)
    breach = Breach(
        id=identity or _next(rules, aware.year),
        aware=aware,
        customers=tuple(dict.fromkeys(customers)),
        facts=facts.strip(),
        effects=effects.strip(),
        remedy=remedy.strip(),
        owner=owner,
    )
    path = policies / BREACHES
    entry = {name: value for name in breach.__struct_fields__ if (value := getattr(breach, name))}
    content = appended(content_of(path) if path.exists() else b"", "breach", entry)
    _store(path, content, (*rules.breaches, breach), rules)
    click.echo(visible(_told(breach, datetime.now(UTC))))


@command.command("notify")
@click.argument("identity", metavar="ID")
@click.option("--at", type=_moment, required=True, metavar="TIME", help="When the controllers were told, with offset.")
@click.option("--late", default="", metavar="TEXT", help="Why it was late, where it was.")
@POLICIES
def notify(identity: str, at: datetime, late: str, policies: Path) -> None:
    """Note that the controllers concerned were told: the clock of ID stops."""
    breach = _change(policies, identity, "notified", at, late)
    click.echo(visible(_told(breach, datetime.now(UTC))))


@command.command("close")
@click.argument("identity", metavar="ID")
@click.option("--at", type=_moment, required=True, metavar="TIME", help="When it was closed, with offset.")
@click.option("--late", default="", metavar="TEXT", help="Why nobody was told, where nobody was.")
@POLICIES
def close(identity: str, at: datetime, late: str, policies: Path) -> None:
    """Note that nothing is left to do about ID."""
    breach = _change(policies, identity, "closed", at, late)
    click.echo(visible(_told(breach, datetime.now(UTC))))


@command.command("list")
@POLICIES
def listing(policies: Path) -> None:
    """Show every breach with its clock."""
    rules = load(policies)
    now = datetime.now(UTC)
    lines = [_told(breach, now) for breach in sorted(rules.breaches, key=lambda breach: breach.aware)]
    click.echo("\n".join(map(visible, lines)) if lines else "no breach is registered.")


def clock(began: datetime, ended: datetime) -> str:
    """Say how long it took, in hours and minutes, such as `5 h 12 min`; seconds are left out."""
    minutes = int((ended - began).total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min"


def _told(breach: Breach, now: datetime) -> str:
    """Say in a line how a breach stands."""
    told = f"told after {clock(breach.aware, breach.notified)}" if breach.notified else ""
    open_ = (
        f"nobody told yet, {clock(breach.aware, now)} since awareness" if breach.closed is None else "nobody was told"
    )
    closed = f", closed {breach.closed:%Y-%m-%d}" if breach.closed else ""
    theirs = f", customers {', '.join(breach.customers)}" if breach.customers else ""
    aware = f"{breach.aware.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{breach.id}  aware {aware}, {told or open_}{closed}{theirs}: {breach.facts}"


def _next(rules: Policies, year: int) -> str:
    """Return the first id of the year that nobody has taken."""
    taken = {breach.id for breach in rules.breaches}
    return next(name for number in range(1, len(taken) + 2) if (name := f"BR-{year}-{number}") not in taken)


def _change(policies: Path, identity: str, field: str, at: datetime, late: str) -> Breach:
    """Set a time of one entry; raises `AuditError` where there is no such entry, or it has that time already."""
    rules = load(policies)
    _not_ahead(at)
    found = next((breach for breach in rules.breaches if breach.id == identity), None)
    if found is None:
        raise AuditError(f"{identity} is not in the register. See `audit breach list`.")
    if (before := getattr(found, field)) is not None:
        raise AuditError(f"{identity} is {field} since {before:%Y-%m-%dT%H:%MZ}. Mend {BREACHES} if that is wrong.")
    if late and found.late:
        raise AuditError(f"{identity} says already why it was late. Leave --late out, or mend {BREACHES}.")
    more: dict[str, Value] = {field: at}
    if late:
        more["late"] = late.strip()
    changed = msgspec.structs.replace(found, **more)
    path = policies / BREACHES
    try:
        content = extended(content_of(path), "breach", [breach.id for breach in rules.breaches], identity, more)
    except ValueError as error:
        raise AuditError(f"cannot mend {path}: {error} ({identity}). Write `{field}` by hand.") from error
    _store(path, content, tuple(changed if one is found else one for one in rules.breaches), rules)
    return changed


def _not_ahead(moment: datetime) -> None:
    """Raise `AuditError` for a time to come: nobody can have known or told by then."""
    if moment > datetime.now(UTC):
        raise AuditError(f"{moment:%Y-%m-%dT%H:%MZ} is yet to come. Give the time when it happened, with its offset.")


def _store(path: Path, content: bytes, wanted: tuple[Breach, ...], rules: Policies) -> None:
    """Write the register; raises `AuditError`, the file untouched, where it would not say what it should."""
    customers = {customer.pseudonym for customer in rules.customers.customer}
    found = decoded(path, content, BreachFile).breach
    if found != wanted:
        raise AuditError(f"cannot mend {path} without changing what stands there. Write the entry by hand.")
    if problems := [*breach_problems(path, content, found, customers)]:
        raise AuditError("\n".join(problems))
    try:
        write({path: content}, mode=path.stat().st_mode & 0o777 if path.exists() else 0o644)
    except OSError as error:
        raise AuditError(f"cannot write {path}: {error.strerror}. Nothing has changed.") from error
