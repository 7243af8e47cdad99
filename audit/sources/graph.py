"""Reads the directory through Microsoft Graph: who may sign in, how, on which devices; each permission optional."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.azure import Client, Refused
from audit.kinds import KINDS
from audit.kinds.graph import EXPANDED_AT_MOST, EXPANDS, ONE_OF_A_KIND
from audit.model import Answer, Gap, Kind, Plane, Resource, Snapshot
from audit.sources.answers import Progress

GRAPH_KINDS = tuple(kind for kind in KINDS if kind.arm.startswith("microsoft.graph."))
_DENIED = (401, 403)


def collect(client: Client, *, now: datetime, progress: Progress) -> Snapshot:
    """Read each kind of the directory; one that is refused becomes a gap that names the permission it needs."""
    resources: dict[str, Resource] = {}
    gaps: list[Gap] = []
    progress.expect(len(GRAPH_KINDS))
    for kind in GRAPH_KINDS:
        try:
            found = _read(client, kind)
        except Refused as refused:
            gaps.append(_gap(kind, refused))
            found = []
        progress.answered(len(found))
        resources.update((resource.id, resource) for resource in found)
    ordered = tuple(resources[identity] for identity in sorted(resources))
    return Snapshot(plane=Plane.LIVE, origin="its directory", seen_at=now, resources=ordered, gaps=tuple(gaps))


def _read(client: Client, kind: Kind) -> list[Resource]:
    """Read every object of a kind; raises `Refused` where any page is refused."""
    pages = client.directory(kind.listing, single=kind.arm in ONE_OF_A_KIND)
    return [_resource(client, kind, item, page.answer) for page in pages for item in page.items]


def _resource(client: Client, kind: Kind, item: Mapping[str, Any], answer: Answer) -> Resource:
    """Make a resource of one object, with all of its members; raises `Refused` where it has no id."""
    identity = item.get("id")
    if not isinstance(identity, str) or not identity:
        path = f"/v1.0{kind.listing.partition('?')[0]}"
        raise Refused(path, 200, "the answer holds something without an id")
    body, answers = _plain(item), [answer]
    expanded = EXPANDS.get(kind.arm, "")
    if expanded and len(body.get(expanded) or ()) >= EXPANDED_AT_MOST:
        path = f"{kind.listing.partition('?')[0]}/{identity}/{expanded}?$select=id&$top=999"
        members = [(member, page.answer) for page in client.directory(path) for member in page.items]
        body[expanded] = [_plain(member) for member, _ in members]
        answers.extend(dict.fromkeys(source for _, source in members))
    return Resource(
        type=kind.arm,
        id=f"{kind.arm}/{identity}".lower(),
        name=identity,
        plane=Plane.LIVE,
        seen_at=answer.at,
        body=body,
        answers=tuple(answers),
    )


def _plain(value: Any) -> Any:
    """Spell annotations without the dot that parts the steps of a path: `@odata.type` is `odataType`."""
    if isinstance(value, Mapping):
        return {"odataType" if key == "@odata.type" else key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _gap(kind: Kind, refused: Refused) -> Gap:
    """Say what could not be seen, and the application permission that would show it."""
    need = f". It needs {kind.action}, an application permission" if refused.status in _DENIED else ""
    return Gap(f"Microsoft Graph {refused.asked} could not be read: {refused.why}{need}", (kind.arm,))
