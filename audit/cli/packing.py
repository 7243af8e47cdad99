"""What commands that leave evidence share: where packs go, by whose key they are sealed, and how one is made."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from audit.cli import live
from audit.cli.settings import packed
from audit.exchange import Exchange, Tape
from audit.model import AuditError, Snapshot
from audit.policies import Policies
from audit.promises import Report
from audit.runs import Identity

if TYPE_CHECKING:
    from audit.evidence.pack import Unfinished
    from audit.evidence.redaction import Redaction

VERSIONS = (
    "promise-audit",
    "azure-core",
    "azure-identity",
    "boto3",
    "botocore",
    "msgspec",
    "rfc8785",
    "securesystemslib",
)
"""What a verdict or a pack can rest on."""
_PATH = click.Path(path_type=Path)
_CALLER = "GetCallerIdentity"
_NAMED = {"azure": ("tenant", "principal"), "aws": ("Account", "Arn")}
"""What each cloud's answer to who we are calls the tenant and the principal."""


class Packing(msgspec.Struct, frozen=True):
    """Where the pack of a run goes, and who seals it."""

    packs: Path | None
    keys: tuple[str, ...]
    timestamp: str
    names: Path | None

    def demand(self, *, runs: bool) -> None:
        """See that the options fit together; raises `AuditError` where they do not."""
        if self.packs is None and (self.keys or self.timestamp or self.names):
            raise AuditError("--key, --timestamp and --customer-names are about a pack. Add --packs.")
        if self.packs is not None and not runs:
            raise AuditError("--packs keeps the evidence of what runs. Add --live.")


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a pack; the command gets them as `evidence`."""
    return packed(
        command,
        "evidence",
        Packing,
        click.option("--packs", type=_PATH, metavar="FOLDER", help="Leave the evidence there, as a pack of its own."),
        click.option("--key", "keys", multiple=True, metavar="KEY", help="Seal the pack with this key."),
        click.option("--timestamp", default="", metavar="URL", help="Have this authority see the seal (RFC 3161)."),
        click.option(
            "--customer-names",
            "names",
            type=_PATH,
            metavar="FILE",
            help="Pseudonyms and the words they stand for: out of the pack go the words.",
        ),
    )


class Recording:
    """A run that is recorded: what it is told goes into a pack, without secrets, people and customers' names."""

    def __init__(self, packing: Packing, rules: Policies, clock: live.Clock, product: str) -> None:
        """Begin the pack; raises `AuditError` where it cannot be written, or a key cannot be opened."""
        from audit.evidence import pack, redaction  # with what seals, only for who leaves evidence
        from audit.evidence.signers import PASSPHRASE, signer

        if packing.packs is None:
            raise AuditError("there is no folder for the pack. Add --packs.")
        # A key that cannot be opened is told before clouds are asked for minutes.
        passphrase = os.environ.get(PASSPHRASE, "")
        self._signers = [signer(key, passphrase=passphrase) for key in packing.keys]
        self._packing, self._rules, self._clock, self._product = packing, rules, clock, product
        readable = frozenset(redaction.texts(rules.targets.values))
        self._redaction: Redaction = redaction.Redaction(
            secrets.token_bytes(32), names=_names(packing.names), readable=readable
        )
        began = clock.now().replace(microsecond=0)
        self._pack: Unfinished = pack.begin(
            packing.packs, at=began, redact=self._redaction, redact_text=self._redaction.text
        )
        self.tape = _Noting(self._pack)

    def observe(self, where: live.Where, day: date) -> Snapshot:
        """Look at what runs, and keep every answer.

        Raises `AuditError` where only a part is to be looked at and nothing would say so: it would read as the whole.
        """
        if where.subscriptions and not live.expected(self._rules):
            why = "--subscription leaves out what the pack would not miss"
            raise AuditError(f"{why}. Name the whole estate in estate.subscriptions of targets.toml.")
        return live.observe(where, self._rules, day, tape=self.tape, clock=self._clock, real=self._redaction.real)

    def finish(self, snapshot: Snapshot, report: Report) -> Path:
        """Make the pack whole, seal it where there is a key, and return its folder; raises `AuditError`."""
        from audit.evidence import facts
        from audit.reports import machine  # as above
        from audit.snapshots import encode

        run = facts.facts(
            self._rules,
            id=self._pack.id,
            began=self._pack.began,
            ended=self._clock.now(),
            product=self._product,
            versions=facts.versions(VERSIONS),
            identities=tuple(self.tape.identities),
        )
        folder = self._pack.finish(run, snapshot=encode(snapshot), report=machine.render(report))
        if self._signers:
            self._seal(folder)
        return folder

    def _seal(self, folder: Path) -> None:
        from audit.evidence.seal import seal
        from audit.evidence.timestamps import asking  # as above

        url = self._packing.timestamp
        stamp = asking(url, seconds=30, clock=self._clock.monotonic) if url else None
        made = seal(folder, self._signers, threshold=len(self._signers), stamp=stamp)
        if made.trouble:
            click.echo(made.trouble, err=True)


class _Noting:
    """Passes everything on to a tape, and notes by whose eyes the clouds are seen."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.identities: list[Identity] = []

    def played(self, cloud: str, asked: str, sent: str) -> Exchange | None:
        """Pass it on."""
        return self._tape.played(cloud, asked, sent)

    def kept(self, exchange: Exchange) -> Exchange:
        """Pass it on, and read who it says we are."""
        told = self._tape.kept(exchange)
        from audit.evidence.personal import PLACEHOLDER  # as above

        named = _NAMED.get(told.cloud, ()) if told.asked == live.IDENTITY or _CALLER in told.asked else ()
        if named and told.content and not told.trouble:
            body = msgspec.json.decode(told.content, type=dict[str, Any])
            tenant, principal = (str(body.get(name, "")) for name in named)
            # A placeholder is another in every run, so it would look as if somebody else had looked.
            self.identities.append(Identity(told.cloud, tenant, PLACEHOLDER.sub("somebody", principal)))
        return told


def _names(file: Path | None) -> Mapping[str, tuple[str, ...]]:
    """Read the words that each pseudonym stands for; raises `AuditError` for a file of another shape."""
    from audit.tables import read_toml  # as above

    return read_toml(file, dict[str, tuple[str, ...]]) if file else {}
