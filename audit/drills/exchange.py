"""Leads a person through restoring a mailbox database into a recovery database, and takes proof of every step.

A bare yes proves no more than that something was restored; all above it rests on files, kept as digests and counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from audit.canonical import sha256
from audit.drill_record import Isolation, Left, RecoveryPoint
from audit.drills import exchange_checks as checks
from audit.drills import exchange_proofs as proofs
from audit.drills.drill import Drill, Kind, Person, Probe
from audit.drills.outcomes import Failed, Inconclusive, NotRun

_YES = ("y", "yes")
_SKEW = timedelta(minutes=5)
_STEPS = (
    "a person exports the recovery points from the backup server; the newest is chosen",
    "the transport services of the recovery server are stopped, and that is shown",
    "the person restores the point into a recovery database of the drill's name",
    "eseutil shows a clean header and good pages, and Exchange mounts it",
    "mailboxes, items and canaries are counted against what was prepared",
    "the person dismounts and removes the recovery database, and shows that it is gone",
)


def _preflight(drill: Drill) -> None:
    """See that somebody is there to lead, and that there is a key to make names into digests with."""
    _person(drill)
    if not drill.means.key:
        raise NotRun("the key is not there by which names become digests")


def _select(drill: Drill) -> RecoveryPoint:
    """Choose the newest recovery point that MABS lists; raises `Failed` where the whole list is empty."""
    ask = (
        "the list of recovery points: Get-DPMRecoveryPoint -Datasource $database | Select-Object @{n='At';e="
        "{$_.RepresentedPointInTime.ToUniversalTime().ToString('s')+'Z'}},DataLocation | Export-Csv points.csv"
    )
    told = proved(drill, "points", ask, lambda content: [msgspec.to_builtins(one) for one in proofs.points(content)])
    found = msgspec.convert(told["found"], tuple[proofs.Point, ...])
    if not found:
        raise Failed(1, "there is no recovery point")
    newest = found[0]
    if newest.at > drill.clock.now() + _SKEW:
        raise Inconclusive("the newest recovery point lies in the future")
    spelt = f"{newest.at:%Y-%m-%dT%H:%M:%SZ}"
    return RecoveryPoint(id=spelt, created_at=newest.at, tier=newest.place, completeness="not told", threat="not told")


def _isolate(drill: Drill) -> Isolation | None:
    """See that no mail leaves the server on which the copy will be; what else keeps it apart is not seen here."""
    ask = (
        "that transport is stopped on the recovery server: Get-Service MSExchangeTransport,"
        "MSExchangeFrontEndTransport | Select-Object Name,Status | Export-Csv services.csv"
    )
    if not agreed(drill, "transport", "are the transport services of the recovery server stopped? [yes]"):
        raise Inconclusive("transport is not stopped on the recovery server: queued mail could leave it")
    if proved(drill, "transport proof", ask, proofs.stopped)["found"] is not True:
        raise Inconclusive("transport is not stopped on the recovery server: queued mail could leave it")
    return None


def _restore(drill: Drill, point: RecoveryPoint) -> Mapping[str, Any]:
    """Have the person restore the point; raises `Failed` where they say that it cannot be."""
    question = (
        f"restore the recovery point of {point.id} to a folder and a recovery database called {drill.name}, "
        "not mounted yet; did the restore end well? [yes]"
    )
    if not agreed(drill, "restored", question):
        raise Failed(3, "whoever restored it says that the restore did not end well")
    ask = (
        "the recovery job: Get-DPMJob -Type Recovery -Newest | Select-Object Status,@{n='Began';e="
        "{$_.StartTime.ToUniversalTime().ToString('s')+'Z'}},@{n='Ended';e="
        "{$_.EndTime.ToUniversalTime().ToString('s')+'Z'}} | Export-Csv jobs.csv"
    )
    told = proved(drill, "job", ask, lambda content: [msgspec.to_builtins(one) for one in proofs.jobs(content)])
    return {"job": told["sha256"], "jobs": told["found"]}


def _probes(drill: Drill, point: RecoveryPoint, restored: Mapping[str, Any]) -> tuple[Probe, ...]:
    return (
        Probe(id="exchange.restored", level=3, run=lambda: checks.restored(drill, restored["jobs"])),
        Probe(id="exchange.header", level=4, run=lambda: checks.header(drill, proved)),
        Probe(id="exchange.pages", level=4, run=lambda: checks.pages(drill, proved)),
        Probe(id="exchange.mounted", level=4, run=lambda: checks.mounted(drill, proved)),
        Probe(id="exchange.mailboxes", level=5, run=lambda: checks.mailboxes(drill, proved, point)),
        Probe(id="exchange.items", level=5, run=lambda: checks.items(drill, proved, point)),
        Probe(id="exchange.canary", level=5, run=lambda: checks.canary(drill, proved, point)),
    )


def _before_removal(drill: Drill) -> None:
    """Have the recovery database dismounted and removed, and see that Exchange no longer has it."""
    question = f"dismount and remove the recovery database {drill.name} and its folder; are both gone? [yes]"
    gone = agreed(drill, "removed", question)
    ask = (
        "what databases there are now: Get-MailboxDatabase -Status | Select-Object Name,Mounted,Recovery"
        " | Export-Csv after.csv"
    )
    told = proved(drill, "removed proof", ask, lambda content: _still(drill, content))
    if told["found"] or not gone:
        raise Inconclusive("the recovery database is still there")


def _residue(drill: Drill) -> tuple[Left, ...]:
    """List the recovery database, unless it was shown to be gone."""
    told, shown = drill.steps.outcome("removed"), drill.steps.outcome("removed proof")
    if told and told.result is True and shown and not shown.trouble and shown.result["found"] is False:
        return ()
    return (Left(ref=drill.name, type="recovery database", reason="nothing shows that it is gone"),)


def _still(drill: Drill, content: bytes) -> bool:
    """Tell whether the drill's database is among those there are; raises `Inconclusive` where there are none at all."""
    found = proofs.databases(content)
    if not found:
        raise Inconclusive("the list of databases is empty, and a server in use has some")
    return any(one.name.strip().lower() == drill.name for one in found)


def agreed(drill: Drill, step: str, question: str) -> bool:
    """Ask a person, once; tells whether they said yes. Whoever resumes is not asked again."""
    return drill.steps.do(step, lambda: _person(drill).told(question).strip().lower() in _YES)


def proved(drill: Drill, step: str, what: str, read: Callable[[bytes], Any]) -> Mapping[str, Any]:
    """Ask for a file, once; returns its digest and what `read` takes out of it. Raises `Inconclusive`."""

    def take() -> Mapping[str, Any]:
        content = _person(drill).proof(what)
        if not content.strip():
            raise Inconclusive("the file that was handed over is empty")
        return {"sha256": sha256(content), "found": read(content)}

    return drill.steps.do(step, take)


def _person(drill: Drill) -> Person:
    if drill.means.person is None:
        raise NotRun("nobody is there to lead it: run it in a terminal")
    return drill.means.person


KIND = Kind(
    attended=True,
    name="exchange",
    methods=("recovery-database",),
    steps={"recovery-database": _STEPS},
    preflight=_preflight,
    select=_select,
    isolate=_isolate,
    restore=_restore,
    probes=_probes,
    before_removal=_before_removal,
    residue=_residue,
    by_hand=True,
    in_azure=False,
)
