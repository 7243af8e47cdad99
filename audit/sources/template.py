"""Reads ARM templates, one file or a folder of them, and returns what they declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.kinds import KINDS
from audit.model import AuditError, Gap, Plane, Resource, Snapshot, Unassessed
from audit.sources.template_deployment import (
    Deployment,
    Draft,
    Opened,
    Trouble,
    is_parameters,
    is_template,
    may_be_template,
    read_json,
)
from audit.sources.template_links import UNTOLD, Known, Linking, Telling

_NAMED = (".json", ".jsonc")
"""How the files of templates are called, in any case."""
_INLINE = tuple(kind for kind in KINDS if kind.parent and kind.parent.inline)


def collect(path: Path, *, now: datetime, parameters: Path | None = None) -> Snapshot:
    """Read the ARM template at `path`, or every one in the folder `path` and below.

    A template takes its parameters from `parameters`, or from the file beside it that is called after it
    (`main.parameters.json` of `main.json`). In a folder a template that cannot be read is a gap, and one that another
    links to is read as that one deploys it. Raises `AuditError` where the one file cannot be read or is no template,
    where the folder holds none, and for parameters that cannot be read.
    """
    if path.is_dir() and parameters is not None:
        raise AuditError(f"--parameters are those of one template, and {path} is a folder. Name the template.")
    found = _folder(path) if path.is_dir() else [_file(path, parameters)]
    return Snapshot(
        plane=Plane.TEMPLATE,
        origin=f"the templates in {path}" if path.is_dir() else f"the template {path}",
        seen_at=now,
        resources=tuple(sorted(_resources(found, now), key=lambda resource: resource.id)),
        gaps=tuple(dict.fromkeys(gap for one in found for gap in one.gaps)),
        unassessed=tuple(
            sorted({note for one in found for note in one.unassessed}, key=lambda note: (note.what, note.where))
        ),
    )


def _file(path: Path, parameters: Path | None) -> Opened:
    """Open the one template that was named; raises `AuditError` as `collect` does."""
    try:
        template = read_json(path)
        if not is_template(template):
            raise AuditError(f"{path} is no ARM template: its $schema says so. Name a deployment template.")
        return Deployment.of(path, path.parent).open(template, _parameters(path, parameters))
    except Trouble as trouble:
        raise AuditError(f"{trouble}. Mend it, or name another file.") from trouble


def _parameters(path: Path, named: Path | None) -> Mapping[str, Any]:
    """Read the parameters of a template, empty where there are none; raises `Trouble` where they cannot be read."""
    beside = named or path.with_name(f"{path.stem}.parameters.json")
    if named is None and not beside.is_file():
        return {}
    said = read_json(beside)
    found = said.get("parameters") if isinstance(said, dict) else None
    if not isinstance(found, dict):
        raise Trouble(f"{beside} holds no parameters")
    return found


def _folder(folder: Path) -> list[Opened]:
    """Open every template of a folder; raises `AuditError` where there is none.

    What begins with a dot is left out, and a link to another folder is a gap.
    """
    opened: dict[Path, Opened] = {}
    for path in sorted(folder.rglob("*")):
        own = path.relative_to(folder)
        if any(step.startswith(".") for step in own.parts):
            continue
        if path.is_dir():
            if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
                opened[path] = Opened(file=own, gaps=[Gap(f"{path} is a link to another folder, which was not read")])
        elif path.suffix.lower() in _NAMED and (found := _one_of(path, folder)) is not None:
            opened[path.resolve()] = found
    if not any(one.drafts or one.gaps or not one.unassessed for one in opened.values()):
        raise AuditError(f"{folder} holds no ARM template. Name a folder with one, or the template itself.")
    return _standing_alone(opened)


def _one_of(path: Path, folder: Path) -> Opened | None:
    """Open one JSON file of a folder; None where it is something else than a template or its parameters.

    One that cannot be read is a gap. Parameters that belong to no template are noted.
    """
    own = path.relative_to(folder)
    try:
        if path.exists() and not path.is_file():
            raise Trouble(f"{path} is no ordinary file")
        found = read_json(path)
        if is_template(found):
            return Deployment.of(path, folder).open(found, _parameters(path, None))
        template = path.with_name(path.name.removesuffix(".parameters.json") + ".json")
        if is_parameters(found) and (template == path or not template.is_file()):
            why = "no template beside it is called as it is, so these parameters were given to none"
            return Opened(file=own, unassessed=[Unassessed("parameters", str(path), why)])
        if may_be_template(found):
            raise Trouble(f"{path} looks like one, and its $schema does not say so")
    except Trouble as trouble:
        return Opened(file=own, gaps=[Gap(f"a template may not have been read: {trouble}")])
    return None


def _standing_alone(opened: Mapping[Path, Opened]) -> list[Opened]:
    """Leave out the templates that others link to: they were read there, with the parameters that they get.

    Of templates that link to each other in a ring the first stays.
    """
    linked = {link for path, one in opened.items() for link in one.linked if link != path}
    kept = [path for path in opened if path not in linked]
    reached = {*kept, *(link for path in kept for link in opened[path].linked)}
    for path in opened:
        if path not in reached:
            kept.append(path)
            reached |= {path, *opened[path].linked}
    return [opened[path] for path in kept]


def _resources(found: list[Opened], now: datetime) -> Iterator[Resource]:
    """Yield the resources of all templates, each linked to those of its own.

    Where two templates declare one id below a group that neither tells, the two may be deployed to different groups:
    their files' names then tell their ids apart.
    """
    owners = Counter(identity for one in found for identity in {draft.id.lower() for draft in one.drafts})
    shared = {identity for identity, count in owners.items() if count > 1 and identity.startswith(UNTOLD)}
    marks = [f"{one.file}:" if {draft.id.lower() for draft in one.drafts} & shared else "" for one in found]
    told = [Telling(shared, mark) for mark in marks]
    known = Known(
        telling.identity(identity)
        for one, telling in zip(found, told, strict=True)
        for draft in one.drafts
        for identity in (draft.id, *_inline(draft))
    )
    for one, telling in zip(found, told, strict=True):
        linking = Linking(known, telling)
        for draft in one.drafts:
            identity = telling.identity(draft.id)
            yield draft.resource(identity, linking.body(draft.type, identity, draft.body), now)


def _inline(draft: Draft) -> Iterator[str]:
    """Yield the ids of the children that a resource lists inside itself."""
    for kind in _INLINE:
        if kind.parent and kind.parent.type.lower() == draft.type.lower():
            listed = draft.body.get(kind.parent.inline)
            for item in listed if isinstance(listed, list) else ():
                if isinstance(item, dict) and isinstance(item.get("name"), str):
                    yield f"{draft.id}/{kind.parent.inline}/{item['name']}"
