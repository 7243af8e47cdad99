"""Every legal hold of the register stands in Azure.

Catalogue: STO-14.

## Why we promise this
A hold keeps what a court or a regulator may ask for. Taking one off is a decision that is written in the register
first, never a quiet change of a container. With an empty register there is nothing to hold.

## How to keep it
Set the hold's tag on the container again, or strike it from `storage.legal_holds` with the decision that lifted it.
"""

from audit.kinds.storage import BLOB_CONTAINER
from audit.model import (
    Cause,
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

NEEDS = (BLOB_CONTAINER,)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.MEDIUM
PARTS = 3


def judge(estate: Estate, targets: Targets) -> Ruling:
    containers = estate.of(BLOB_CONTAINER)
    if not containers:
        raise Unseen("no container was seen", Cause.NOTHING)
    register = targets.names("storage.legal_holds", may_be_empty=True)
    for entry in register:
        account, container, tag = _parts(entry)
        held = next((found for found in containers if _is(found, account, container)), None)
        if held is None:
            return missing(f"the container of the registered hold {entry} was not seen", declare=f"a hold {entry}")
        if held.read("hasLegalHold", bool) is not True or tag.casefold() not in _tags(held):
            return broken(f"the registered hold {entry} does not stand", subject=held)
    return kept(f"{len(register)} holds in the register, all of them stand")


def _parts(entry: str) -> tuple[str, str, str]:
    """Split an entry of the register; raises `Unseen` where it is not account/container/tag."""
    parts = entry.split("/")
    if len(parts) != PARTS:
        raise Unseen(f"the registered hold {entry!r} is not written as account/container/tag")
    return parts[0], parts[1], parts[2]


def _is(found: Resource, account: str, container: str) -> bool:
    return same(found.read("accountName", str), account) and same(found.read("containerName", str), container)


def _tags(held: Resource) -> set[str]:
    return {tag.read("tag", str).casefold() for tag in held.each("legalHold.tags")}


def _container(*tags: str, held: object = True, name: str = "journals") -> Neighbour:
    hold = {"hasLegalHold": held, "tags": [{"tag": tag} for tag in tags]}
    body = {"accountName": "archive", "containerName": name, "hasLegalHold": held, "legalHold": hold}
    return Neighbour(BLOB_CONTAINER, body, name=name)


_ONE = {"storage.legal_holds": ["archive/journals/case2026"]}

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_container("other1", "case2026"),), _ONE),
    Example(Verdict.KEPT, {}, (_container(held=False),), {"storage.legal_holds": []}, "an empty register"),
    Example(Verdict.BROKEN, {}, (_container(held=False),), _ONE, "the hold was taken off"),
    Example(Verdict.BROKEN, {}, (_container("other1"),), _ONE, "another hold stands"),
    Example(Verdict.BROKEN, {}, (_container("case2026", name="mailboxes"),), _ONE, "the container is gone"),
    Example(Verdict.UNPROVEN, {}, (_container("case2026", held=None),), _ONE),
    Example(Verdict.UNPROVEN, {}, (_container("case2026"),), {"storage.legal_holds": ["case2026"]}, "misspelt"),
    Example(Verdict.UNPROVEN, {}, targets=_ONE, note="no container was seen"),
)
