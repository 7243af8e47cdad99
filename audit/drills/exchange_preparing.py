"""What is written down of a mailbox database while it is well, by a person's hand: keyed digests, numbers, a canary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from audit.drills import exchange_proofs as proofs
from audit.drills.drill import Means, Person, Recoverable
from audit.drills.machine_checks import keyed
from audit.drills.outcomes import NotRun

_YES = ("y", "yes")


def prepare(item: Recoverable, means: Means) -> Mapping[str, Any]:
    """Return the manifest of a database from an export of its mailboxes; those that `facts` sample are counted.

    Raises `NotRun` where nobody or no key is there, `Inconclusive` where the file is no such export.
    """
    person = _person(means)
    what = (
        "the mailboxes of the database as the directory has them: Get-MailboxStatistics -Database ... |"
        " Select-Object MailboxGuid,ItemCount | Export-Csv mailboxes.csv"
    )
    found = {keyed(means, box.guid): box.items for box in proofs.boxes(person.proof(what))}
    wanted = {keyed(means, str(guid).strip().lower()) for guid in item.facts.get("sample") or ()}
    return {"mailboxes": sorted(found), "sample": {digest: found[digest] for digest in sorted(wanted & found.keys())}}


def canary(item: Recoverable, means: Means, at: datetime) -> Mapping[str, Any]:
    """Have a canary message sent into the database, and return what the list of canaries needs to know of it.

    Raises `NotRun` where nobody or no key is there, or where it was not sent.
    """
    person, moment = _person(means), at.astimezone(UTC)
    spelt = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    digest = keyed(means, f"{item.ref} {spelt}")
    question = (
        f"send the canary mailbox a message with the subject: promise-audit canary {spelt} {digest} - sent? [yes]"
    )
    if person.told(question).strip().lower() not in _YES:
        raise NotRun("the canary was not sent")
    return {"id": f"{item.ref}-{moment:%Y%m%dT%H%M%SZ}", "at": spelt, "digest": digest}


def _person(means: Means) -> Person:
    if means.person is None:
        raise NotRun("nobody is there to prepare it: run it in a terminal")
    if not means.key:
        raise NotRun("the key is not there by which names become digests")
    return means.person
