"""`audit attest`: write down, by role and until a date, what no machine can see."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from audit.attesting import Attested, attested, longest, targets_digest
from audit.cli.settings import POLICIES, packed
from audit.entries import appended
from audit.files import write
from audit.folding import fold, needs
from audit.model import AuditError, Unseen
from audit.people import TARGETS, Attestation, AttestationKind
from audit.people_files import ATTESTATIONS, AttestationFile, attestation_problems, role_problem, text_problem
from audit.policies import Policies, load
from audit.promises import Commitment
from audit.reports.words import visible
from audit.tables import content_of, decoded


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says."""

    role: str
    looked_at: str
    evidence: Path | None
    targets: str
    until: datetime | None
    renew: bool

    def names(self) -> tuple[str, ...]:
        """Return the targets that it is about, each once."""
        return tuple(dict.fromkeys(name.strip() for name in self.targets.split(",") if name.strip()))


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of what somebody says; the command gets them as `word`."""
    return packed(
        command,
        "word",
        Word,
        click.option("--role", default="", metavar="ROLE", help="Who looked, in lower case: never a person's name."),
        click.option("--looked-at", default="", metavar="TEXT", help="What they looked at, in a sentence."),
        click.option(
            "--evidence",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="What was looked at: its SHA-256 is kept, the file is not.",
        ),
        click.option("--targets", default="", metavar="NAMES", help="For AT-14: targets or their tables, with commas."),
        click.option(
            "--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds (default: the last its kind may)."
        ),
        click.option("--renew", is_flag=True, help="Say it anew before it ends; the entry that is there stays."),
    )


@click.command("attest")
@click.argument("identity", metavar="[ID]", default="")
@click.option("--list", "listing", is_flag=True, help="Show everything that can be attested, and how it stands.")
@_options
@POLICIES
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day of looking (default: today).")
def command(identity: str, listing: bool, word: Word, policies: Path, today: datetime | None) -> None:
    """Write the attestation ID into attestations.toml, or --list them.

    It proves what no machine can see until it ends, and nothing after that. For targets (AT-14) the digest is that of
    their values: it ends when one of them changes, too.
    """
    rules = load(policies)
    day = today.date() if today else datetime.now(UTC).date()
    if listing or not identity:
        lines = _listed(rules, day)
    else:
        made = _made(identity, word, rules, day)
        _add(policies / ATTESTATIONS, made, rules)
        lines = _told(made, rules, day)
    click.echo("\n".join(visible(line) for line in lines))


def _made(identity: str, word: Word, rules: Policies, day: date) -> Attestation:
    """Make the attestation; raises `AuditError` for whatever would make it worth nothing."""
    kind = rules.attestation_kinds.get(identity)
    if kind is None:
        raise AuditError(f"{identity} is nothing that can be attested. See `audit attest --list`.")
    problem = role_problem(word.role) if word.role else "names no role. Add --role."
    if problem := problem or text_problem("--looked-at", word.looked_at):
        raise AuditError(f"the attestation {identity} {problem}")
    made = Attestation(
        id=identity,
        role=word.role,
        looked_at=word.looked_at.strip(),
        on=day,
        until=_until(identity, word, kind, day),
        evidence=_evidence(identity, word, rules),
        targets=word.names(),
    )
    held = _held(made, attested(rules.attestations, rules.targets, day))
    if held is not None and not word.renew:
        raise AuditError(f"{identity} holds until {held.until}. Add --renew to say it anew.")
    return made


def _until(identity: str, word: Word, kind: AttestationKind, day: date) -> date:
    """Return the last day; raises `AuditError` where it is past, or later than such a word may hold."""
    last = longest(day, kind.months)
    until = word.until.date() if word.until else last
    if until < day:
        raise AuditError(f"--until {until} is past: it would prove nothing. Give a day from {day} on.")
    if until > last:
        raise AuditError(f"--until {until} is too late: {identity} may hold until {last}. Give an earlier day.")
    return until


def _evidence(identity: str, word: Word, rules: Policies) -> str:
    """Return the digest of what was looked at: the values of targets, a file for everything else."""
    names = word.names()
    if identity == TARGETS:
        if word.evidence or not names:
            raise AuditError(f"{TARGETS} is about the values of targets. Name them with --targets, without --evidence.")
        try:
            return targets_digest(rules.targets, names)
        except Unseen as unseen:
            raise AuditError(f"{unseen}. Set it, or name another with --targets.") from unseen
    if names or word.evidence is None:
        raise AuditError(f"{identity} rests on what was looked at. Name the file with --evidence, no --targets.")
    try:
        with word.evidence.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise AuditError(f"cannot read {word.evidence}: {error.strerror}. Name another with --evidence.") from error


def _held(made: Attestation, words: Attested) -> Attestation | None:
    """Return the attestation that says all of this already, or None."""
    for result in words.results:
        one = result.attestation
        if result.holds and one.id == made.id and not one.controls and not Attested((result,)).uncovered(made.targets):
            return one
    return None


def _add(path: Path, made: Attestation, rules: Policies) -> None:
    """Write the attestation at the file's end; raises `AuditError`, the file untouched, where it would not load."""
    content = content_of(path)
    fields = {name: getattr(made, name) for name in made.__struct_fields__}
    content = appended(content, "attestation", fields)
    words = decoded(path, content, AttestationFile)
    if words.attestation != (*rules.attestations, made):
        raise AuditError(f"cannot add to {path}: its last lines would take in the entry. Mend the end of the file.")
    if problems := [*attestation_problems(path, content, words, rules.controls)]:
        raise AuditError("\n".join(problems))
    try:
        write({path: content}, mode=path.stat().st_mode & 0o777)
    except OSError as error:
        raise AuditError(f"cannot write {path}: {error.strerror}. Nothing has changed.") from error


def _told(made: Attestation, rules: Policies, day: date) -> Iterator[str]:
    """Say what was written and what it proves now."""
    yield f"{made.id} attested by the {made.role} until {made.until}: {made.looked_at}"
    if made.targets:
        yield from (f"  {name} = {rules.targets.at(name)}" for name in made.targets)
        yield "Promises that rest on these values can be kept from now on, until one of the values changes."
        return
    words = attested((*rules.attestations, made), rules.targets, day)
    for statement in rules.statements:
        for promise in fold(statement, {}, rules.statements, words).promises:
            if made.id in promise.attested:
                told = needs(promise.needs) or ("its controls decide" if promise.controls else promise.verdict)
                yield f"  {promise.id} {promise.text} ({told})"


def _asking(rules: Policies, identity: str) -> tuple[Commitment, ...]:
    """Return the commitments that an attestation is part of the proof of."""
    return tuple(
        commitment
        for statement in rules.statements
        for commitment in statement.commitments
        if identity in commitment.pending.attestations
    )


def _listed(rules: Policies, day: date) -> Iterator[str]:
    """Give a line to each kind, and one to each word that was given."""
    words = attested(rules.attestations, rules.targets, day)
    if not rules.attestation_kinds:
        yield f"nothing can be attested: {ATTESTATIONS} describes no kind."
    for identity, kind in sorted(rules.attestation_kinds.items()):
        asking = ", ".join(commitment.id for commitment in _asking(rules, identity))
        made = [result for result in words.results if result.attestation.id == identity]
        state = "" if made else " not attested."
        yield f"{identity}  {kind.title} ({kind.months} months; {asking or 'no promise'}){state}"
        for result in made:
            one = result.attestation
            about = f"{', '.join(one.targets)}: " if one.targets else ""
            yield f"       {about}{result.state}, by the {one.role}, {one.on} to {one.until}{_why(result.reason)}"


def _why(reason: str) -> str:
    return f" ({reason})" if reason else ""
