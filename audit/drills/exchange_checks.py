"""What is checked of a recovery database: its header, its pages, its mailboxes, their items and the canary."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from audit.drill_record import RecoveryPoint
from audit.drills import exchange_proofs as proofs
from audit.drills import machine_checks
from audit.drills.drill import Drill, Found
from audit.drills.outcomes import Inconclusive

_SKEW = timedelta(minutes=5)
_CLEAN = "Clean Shutdown"


class Proved(Protocol):
    """Asks for a file, and returns its digest and what was found in it."""

    def __call__(self, drill: Drill, step: str, what: str, read: Callable[[bytes], Any]) -> Mapping[str, Any]:
        """Ask once; raises `Inconclusive`."""


class Manifest(msgspec.Struct, frozen=True):
    """What was prepared of a database: keyed digests of GUIDs, and numbers."""

    mailboxes: tuple[str, ...] = ()
    """Every mailbox that the directory has in it."""
    sample: Mapping[str, int] = {}
    """How many items some of them held; they are under a hold, so that the number only grows."""
    signature: str = ""
    """Of the database itself, where it was read before."""
    made_at: datetime | None = None


def restored(drill: Drill, jobs: Sequence[Mapping[str, Any]]) -> Found:
    """Check that the newest recovery job of the export ran during this drill and ended well."""
    found = msgspec.convert(jobs, tuple[proofs.Job, ...])
    if not found:
        return Found(result="not-run", reason="the export holds no recovery job")
    job = found[0]
    observed, expected = {"status": job.status}, {"status": "Succeeded"}
    if not drill.begun.clock.at - _SKEW <= job.began <= drill.clock.now() + _SKEW:
        return Found(result="not-run", reason="the recovery job is not of this drill", observed=observed)
    if job.status != "Succeeded" or job.ended is None:
        reason = f"the recovery job ended as {job.status}"
        return Found(result="fail", reason=reason, observed=observed, expected=expected)
    return Found(result="pass", observed=observed, expected=expected)


def header(drill: Drill, proved: Proved) -> Found:
    """Check that the database was shut down cleanly, or is once its logs were replayed in the copy."""
    told = proved(drill, "header", f"eseutil /mh of the database in the folder {drill.name}", _header(drill))
    found = told["found"]
    if found["state"] == "Dirty Shutdown":
        what = f"its header after the logs were replayed (eseutil /r): eseutil /mh in the folder {drill.name}"
        after = proved(drill, "header after replay", what, _header(drill))
        if not hmac.compare_digest(after["found"]["signature"], found["signature"]):
            return Found(result="fail", reason="the second header is of another database")
        told, found = after, {**after["found"], "replayed": True}
    observed = {"state": found["state"], "sha256": told["sha256"], "replayed": found.get("replayed", False)}
    expected = {"state": _CLEAN}
    wanted = _manifest(drill).signature
    if wanted and not hmac.compare_digest(wanted, found["signature"]):
        return Found(result="fail", reason="the header is of another database", observed=observed, expected=expected)
    if found["state"] != _CLEAN:
        reason = f"the database is in the state {found['state'] or 'unknown'}"
        return Found(result="fail", reason=reason, observed=observed, expected=expected)
    return Found(result="pass", observed=observed, expected=expected)


def pages(drill: Drill, proved: Proved) -> Found:
    """Check that every page has the checksum it should."""

    def read(content: bytes) -> Mapping[str, Any]:
        found = proofs.pages(content)
        _demand_own(drill, found.path)
        return {"seen": found.seen, "bad": found.bad, "correctable": found.correctable, "misplaced": found.misplaced}

    told = proved(drill, "pages", f"eseutil /k of the database in the folder {drill.name}", read)
    counts = told["found"]
    observed = {**counts, "sha256": told["sha256"]}
    expected = {"bad": 0, "correctable": 0, "misplaced": 0}
    if not counts["seen"]:
        return Found(result="fail", reason="no page was seen", observed=observed, expected=expected)
    wrong = counts["bad"] + counts["correctable"] + counts["misplaced"]
    if wrong:
        reason = f"{wrong} of {counts['seen']} pages are damaged"
        return Found(result="fail", reason=reason, observed=observed, expected=expected)
    return Found(result="pass", observed=observed, expected=expected)


def mounted(drill: Drill, proved: Proved) -> Found:
    """Check that Exchange mounted the drill's database, as a recovery database."""

    def read(content: bytes) -> Mapping[str, Any]:
        own = [one for one in proofs.databases(content) if one.name.strip().lower() == drill.name]
        if len(own) != 1:
            raise Inconclusive("the file does not tell of the drill's recovery database")
        return {"mounted": own[0].mounted, "recovery": own[0].recovery}

    what = (
        f"that {drill.name} is mounted: Get-MailboxDatabase {drill.name} -Status"
        " | Select-Object Name,Mounted,Recovery | Export-Csv mounted.csv"
    )
    told = proved(drill, "mounted", what, read)
    found, expected = told["found"], {"mounted": True, "recovery": True}
    if found == expected:
        return Found(result="pass", observed={**found, "sha256": told["sha256"]}, expected=expected)
    reason = "it is not mounted" if not found["mounted"] else "it is no recovery database"
    return Found(result="fail", reason=reason, observed=found, expected=expected)


def mailboxes(drill: Drill, proved: Proved, point: RecoveryPoint) -> Found:
    """Check that every mailbox is in the copy that the directory had in the database."""
    manifest = _manifest(drill)
    if why := _unusable(manifest, point, bool(manifest.mailboxes)):
        return Found(result="not-run", reason=why)
    counts = _counts(drill, proved)
    missing = sum(digest not in counts for digest in manifest.mailboxes)
    observed, expected = {"mailboxes": len(counts), "missing": missing}, {"mailboxes": len(manifest.mailboxes)}
    if missing:
        reason = f"{missing} of {len(manifest.mailboxes)} mailboxes are missing"
        return Found(result="fail", reason=reason, observed=observed, expected=expected)
    return Found(result="pass", observed=observed, expected=expected)


def items(drill: Drill, proved: Proved, point: RecoveryPoint) -> Found:
    """Check that the sampled mailboxes hold no fewer items than they did."""
    manifest = _manifest(drill)
    if why := _unusable(manifest, point, bool(manifest.sample)):
        return Found(result="not-run", reason=why)
    counts = _counts(drill, proved)
    short = sum(counts.get(digest, -1) < wanted for digest, wanted in manifest.sample.items())
    observed, expected = {"sampled": len(manifest.sample), "short": short}, {"short": 0}
    if short:
        reason = f"{short} of {len(manifest.sample)} sampled mailboxes hold fewer items than they did"
        return Found(result="fail", reason=reason, observed=observed, expected=expected)
    return Found(result="pass", observed=observed, expected=expected)


def canary(drill: Drill, proved: Proved, point: RecoveryPoint) -> Found:
    """Check that the newest canary message of before the point came back."""
    told = machine_checks.canaries(drill)
    if not told:
        return Found(result="not-run", reason="no canary was prepared")
    newest = max((one.at for one in told if one.at <= point.created_at), default=None)
    if newest is None:
        return Found(result="not-run", reason="no canary was written before the recovery point")
    what = (
        "the canaries in the restored mailbox (New-MailboxRestoreRequest into the drill's own box): the subjects that"
        " begin with 'promise-audit canary', in a CSV file with the column Subject"
    )

    def read(content: bytes) -> Any:
        return [msgspec.to_builtins(one) for one in proofs.canaries(content)[:1]]

    found = msgspec.convert(proved(drill, "canaries", what, read)["found"], tuple[proofs.Canary, ...])
    if not found:
        return Found(result="fail", reason="no canary came back")
    seen = found[0]
    return machine_checks.judged(told, seen.at, seen.digest, newest=newest, limit=point.created_at)


def _header(drill: Drill) -> Callable[[bytes], Mapping[str, Any]]:
    def read(content: bytes) -> Mapping[str, Any]:
        found = proofs.header(content)
        _demand_own(drill, found.path)
        return {"state": found.state, "signature": machine_checks.keyed(drill.means, found.signature)}

    return read


def _demand_own(drill: Drill, path: str) -> None:
    """Raise `Inconclusive` where a proof is of a file elsewhere than in the drill's own folder."""
    if drill.name not in path.lower().replace("/", "\\").split("\\"):
        raise Inconclusive("the proof is of a database outside the drill's folder")


def _counts(drill: Drill, proved: Proved) -> Mapping[str, int]:
    """Return the number of items of each mailbox in the copy, by the digest of its GUID."""

    def read(content: bytes) -> Mapping[str, int]:
        return {machine_checks.keyed(drill.means, box.guid): box.items for box in proofs.boxes(content)}

    what = (
        f"its mailboxes: Get-MailboxStatistics -Database {drill.name} | Select-Object MailboxGuid,ItemCount"
        " | Export-Csv mailboxes.csv"
    )
    found: Mapping[str, int] = proved(drill, "mailboxes", what, read)["found"]
    return found


def _unusable(manifest: Manifest, point: RecoveryPoint, there: bool) -> str:
    """Return why a manifest says nothing of a point, empty where it does."""
    if not there:
        return "no manifest was prepared"
    if manifest.made_at is None or manifest.made_at > point.created_at:
        return "the manifest is younger than the recovery point"
    return ""


def _manifest(drill: Drill) -> Manifest:
    """Return what was prepared, empty where nothing was; raises `Inconclusive` where it cannot be read."""
    told = machine_checks.prepared(drill, "manifest")
    try:
        return msgspec.convert(told, Manifest)
    except msgspec.ValidationError as error:
        raise Inconclusive("the manifest of this database cannot be read: prepare it again") from error
