"""What the commands of drills share: what is in scope, what was proven, and by what means a drill acts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from audit.cli import live, program
from audit.cli.settings import packed
from audit.model import AuditError, Snapshot
from audit.policies import Policies
from audit.reports.words import visible

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from audit.clouds import Cloud
    from audit.drill_record import DrillRecord, Measured
    from audit.drills.drill import Beginning, Means, Person
    from audit.drills.population import InScope
    from audit.drills.selection import History
    from audit.drills.time import Clock
    from audit.evidence.trust import Trust

_PATH = click.Path(path_type=Path)
WORK = click.option(
    "--work", "-w", type=_PATH, default=".drills", show_default=True, help="Where drills' journals are."
)
PREPARED = click.option(
    "--prepared", type=_PATH, default="prepared", show_default=True, help="The folder of manifests and canaries."
)
TRUST = click.option(
    "--trust", "trusted", type=_PATH, multiple=True, metavar="FILE", help="A public key that signed what was prepared."
)


class Scope(msgspec.Struct, frozen=True):
    """Where to read what must be recoverable, and what was proven so far."""

    declared: Path | None
    seen: Path | None
    packs: Path | None

    def population(self, rules: Policies, declared: program.Program, now: datetime) -> tuple[InScope, ...]:
        """Return everything in scope: what the program or its saved snapshot declares, and what was seen to run."""
        from audit.drills.kinds import kind
        from audit.drills.population import population  # nobody else needs it

        if not rules.drills.classes:
            what = "drills.toml is not there, or names no class of what must be recoverable"
            raise AuditError(f"{what}. See docs/drills.md.")
        for one in rules.drills.classes:
            if strange := set(one.methods) - set(kind(one.kind).methods):
                known = ", ".join(kind(one.kind).methods)
                raise AuditError(f"drills.toml: {one.kind} is not restored by {min(strange)}. Name one of: {known}.")
        wanted = _snapshot(self.declared, now) or declared.collect(now)
        return population(
            rules.drills,
            rules.targets,
            rules.statements,
            declared=wanted,
            seen=_snapshot(self.seen, now),
        )

    def history(self) -> History:
        """Return what the drills proved whose packs lie in the folder and have no faults."""
        from audit.drills.selection import history  # as above

        return history(records(self.packs))


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is in scope; the command gets them as `scope` and `program`."""
    named = packed(
        command,
        "scope",
        Scope,
        click.option("--declared", type=_PATH, metavar="FILE", help="What `audit collect` wrote of the program."),
        click.option("--seen", type=_PATH, metavar="FILE", help="What `audit collect --live` wrote."),
        click.option("--packs", type=_PATH, metavar="FOLDER", help="Where drills leave their evidence, as packs."),
    )
    return program.options(named)


def _snapshot(path: Path | None, now: datetime) -> Snapshot | None:
    """Read a saved snapshot; None where no file is named."""
    from audit.sources import snapshot  # as above

    return snapshot.collect(path, now=now) if path else None


def records(packs: Path | None) -> tuple[DrillRecord, ...]:
    """Return the records of the drills whose packs lie in a folder and have no faults; empty without a folder."""
    if packs is None or not packs.is_dir():
        if packs is not None:
            click.echo(f"audit: {visible(str(packs))} is not there: nothing counts as proven yet.", err=True)
        return ()
    from audit.evidence.checking import check_all  # as above
    from audit.evidence.contents import opened
    from audit.evidence.trust import Trust
    from audit.runs import PackKind

    checked = [one for one in check_all(packs, Trust()) if one.kind is PackKind.DRILL]
    found = (opened(packs / one.id, one).drill for one in checked)
    return tuple(record for record in found if record is not None)


class Access:
    """By what means drills act: one sign-in, and one pace for all drills of a run."""

    def __init__(self, where: live.Where, clock: Clock) -> None:
        """Sign in; raises `AuditError` where the cloud does not describe itself, or does not know us."""
        from azure.core.exceptions import AzureError  # these bring the libraries of clouds

        from audit.clouds import PUBLIC, cloud_at, default_credential
        from audit.drills.actor import Actor
        from audit.pipeline import PATIENT

        self.clock = clock
        self.cloud: Cloud = cloud_at(where.metadata_host, patience=PATIENT) if where.metadata_host else PUBLIC
        self.credential: TokenCredential = default_credential(self.cloud)
        try:
            self.principal = live.signed_in(self.cloud, self.credential)["principal"]
        except (AzureError, ValueError, LookupError, TypeError) as error:
            why = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200].rstrip(".")
            raise AuditError(f"cannot sign in to Azure: {why}. Sign in as the drills' identity.") from error
        self.actor = Actor(self.cloud, self.credential, clock=clock, may=lambda method, path: "no drill is at work")

    def close(self) -> None:
        """Close the connections."""
        self.actor.close()

    def means(
        self, prepared: Path, verify: Callable[[bytes], bytes], person: Person | None = None
    ) -> Callable[[Beginning], Means]:
        """Return what makes the means of a drill; what was prepared counts where `verify` finds it signed."""
        from audit.drills.guard import rule  # they bring the libraries of clouds
        from audit.drills.kinds import kind

        def made(begun: Beginning) -> Means:
            name = f"drill-{begun.drill_id.lower()}-{begun.attempt}"
            may = rule(kind(begun.recoverable.kind), subscription=begun.settings.subscription, name=name)
            return self.acting(may, prepared, verify, person, seed=begun.population.seed)

        return made

    def acting(
        self,
        may: Callable[[str, str], str],
        prepared: Path,
        verify: Callable[[bytes], bytes],
        person: Person | None = None,
        *,
        seed: str = "",
    ) -> Means:
        """Return means that write where `may` lets them; raises `AuditError` where the key of digests is not kept."""
        from audit.drills import prepared as files  # as above
        from audit.drills.databases import connecting
        from audit.drills.drill import Means
        from audit.drills.outcomes import Inconclusive
        from audit.drills.stores import aws, blobs, unwrapping

        def manifest(ref: str, what: str) -> Mapping[str, Any] | None:
            try:
                return files.read(prepared, ref, what, verify)
            except AuditError as error:
                # A drill that has begun goes on, and what it cannot compare with proves nothing. The error itself names
                # folders of the runner's, which are no evidence.
                raise Inconclusive(
                    f"the {what} that was prepared is not as it was signed, or cannot be read"
                ) from error

        return Means(
            clock=self.clock,
            actor=self.actor.allowed(may),
            blobs=blobs(self.cloud, self.credential),
            aws=aws(),
            database=connecting(self.cloud, self.credential, self.clock),
            unwrap=unwrapping(self.credential),
            person=person,
            manifest=manifest,
            key=files.key(prepared),
            seed=seed,
        )


def verifier(keys: tuple[Path, ...]) -> Callable[[bytes], bytes]:
    """Return what opens an envelope that one of these public keys signed; it raises `ValueError` for any other.

    Raises `AuditError` where a key cannot be read.
    """
    from audit.evidence.trust import read_trust  # as above

    return _opening(read_trust(keys, threshold=None, authorities=()))


def _opening(trust: Trust) -> Callable[[bytes], bytes]:
    from audit.evidence import envelopes  # as above

    def verify(content: bytes) -> bytes:
        envelope = envelopes.read(content)
        if not envelopes.signers_of(envelope, trust.keys):
            raise ValueError("no key that is trusted signed it (--trust)")
        return bytes(envelope.payload)

    return verify


def signer(uri: str) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """Return what puts content into an envelope signed with a key, and what opens such an envelope again.

    Raises `AuditError` where the key cannot be opened.
    """
    from audit.evidence import envelopes, signers  # as above
    from audit.evidence.trust import Trust

    opened = signers.signer(uri, passphrase=os.environ.get(signers.PASSPHRASE, ""))
    return lambda content: envelopes.signed(content, [opened]), _opening(Trust((opened.key,)))


def clock() -> Clock:
    """Return what drills tell the time by."""
    from audit.drills.time import Clock  # as above

    return Clock()


def person(*, attended: bool) -> Person | None:
    """Return whoever sits at the terminal, None where nobody is said to."""
    if not attended:
        return None
    from audit.cli.drill_person import AtTerminal  # as above

    return AtTerminal()


def now() -> datetime:
    """Return the time in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def facts(record: DrillRecord) -> Mapping[str, str]:
    """Return in a few words what a drill showed: restorable, RPO, RTO, clean-up."""
    verdict = record.verdict
    level = f" L{verdict.recoverability.level}" if verdict.recoverability.level is not None else ""
    return {
        "restorable": f"{verdict.recoverability.state}{level}",
        "RPO": _measured(verdict.rpo),
        "RTO": _measured(verdict.rto),
        "clean-up": verdict.cleanup.state,
    }


def _measured(one: Measured) -> str:
    if one.achieved_s is None:
        return one.state
    target = f" of {duration(one.target_s)}" if one.target_s is not None else ""
    return f"{one.state}, {duration(one.achieved_s)}{target} ({one.basis})"


def duration(seconds: int) -> str:
    """Say how long something took, in days, hours, minutes and seconds: more than a day never wraps round."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"
