"""Reads what Pulumi wrote: the preview of an update, and the state of a stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import msgspec

from audit.kinds import kind_of
from audit.model import AuditError, Gap, Plane, Snapshot, Source, Unassessed
from audit.sources.lines import property_lines
from audit.sources.pulumi_files import Deployment, Export, Manifest, Preview, State, Step, decoded
from audit.sources.registered import Declared, Registration, declared, plain

_VERSIONS = (3, 4)
"""The versions of a state whose form is known here; the fourth says which features it needs."""
_FEATURES = frozenset(
    (
        "byteString",
        "extensionParameterization",
        "hooks",
        "refreshBeforeUpdate",
        "replaceWith",
        "snippets-prototype",
        "taint",
        "views",
    )
)
_MADE = ("same", "create", "update", "replace", "create-replacement", "import", "import-replacement", "refresh")
"""Steps after which a resource is there, as its new state says."""
_REPLACING = ("replace", "create-replacement", "import", "import-replacement", "create")
"""Of these, the ones after which it has another id than before."""
_GONE = ("delete", "delete-replaced", "remove-pending-replace")
_LOOKED_UP = ("read", "read-replacement", "discard", "discard-replaced")
_PREVIEWS = ("steps", "changeSummary", "diagnostics", "duration")
"""Words of which a preview holds at least one, however early it failed."""
_PROJECT = "project:///"
_CLOCKS = timedelta(minutes=5)
"""By how much two machines' clocks may differ."""
_NEVER = 1
"""The year that Pulumi writes where nothing was ever deployed."""


def preview(path: Path, *, now: datetime, project: Path) -> Snapshot:
    """Read what `pulumi preview --json` printed: the stack as it would be after the update.

    What is to be deleted is not judged. A preview that failed, was cut short or leaves out what stays as it is hides
    things, and has gaps. `project` is the folder of the project, in which the lines of the program are looked up.
    Raises `AuditError` where the file cannot be read, or is no preview.
    """
    found = decoded(path, Preview, "preview", _PREVIEWS, "pulumi preview --json --show-sames")
    steps = found.steps or ()
    staying = {step.urn: step for step in steps if _stays(step)}
    made = _declared(path, (_registration(step, project) for step in staying.values()), Plane.PREVIEW, now)
    return Snapshot(
        plane=Plane.PREVIEW,
        origin=_origin("preview", [step.urn for step in steps]),
        seen_at=now,
        resources=tuple(sorted(made.resources, key=lambda resource: resource.id)),
        gaps=(*_previews_gaps(found), *made.gaps),
        unassessed=tuple(sorted({*_passed_over(steps), *made.unassessed}, key=lambda item: (item.what, item.where))),
    )


def state(path: Path, *, now: datetime, project: Path) -> Snapshot:
    """Read what `pulumi stack export` wrote: the stack as it was when it was last deployed or refreshed.

    Secrets are left as they are, encrypted or not, and never looked at. What Pulumi has yet to delete, or was
    interrupted at, is a gap. `project` is as for `preview`. Raises `AuditError` where the file cannot be read, is no
    state, is of another version, or is from the future.
    """
    found = decoded(path, Export, "state", ("deployment",), "pulumi stack export")
    strange = sorted(set(found.features or ()) - _FEATURES)
    if found.version not in _VERSIONS or strange:
        needs = f"needs {', '.join(strange)}" if strange else f"is of version {found.version}"
        raise AuditError(f"{path}: the state {needs}, which is not known here. Export it with Pulumi 3.")
    deployment = found.deployment or Deployment()
    seen_at = _seen_at(path, deployment.manifest, now)
    resources = deployment.resources or ()
    told = (_stored(one, project) for one in resources if not (one.external or _unsettled(one)))
    made = _declared(path, told, Plane.STATE, seen_at)
    return Snapshot(
        plane=Plane.STATE,
        origin=_origin("state", [one.urn for one in resources]),
        seen_at=seen_at,
        resources=tuple(sorted(made.resources, key=lambda resource: resource.id)),
        gaps=(*_states_gaps(deployment), *made.gaps),
        unassessed=tuple(
            sorted({*_found_elsewhere(resources), *made.unassessed}, key=lambda item: (item.what, item.where))
        ),
        tools=_tools(deployment),
    )


def _declared(path: Path, told: Iterable[Registration], plane: Plane, seen_at: datetime) -> Declared:
    """Turn registrations into resources; raises `AuditError` where one is nested too deeply."""
    try:
        return declared(told, plane=plane, seen_at=seen_at)
    except RecursionError as error:
        trouble = "a resource is nested too deeply to be read"
        raise AuditError(f"{path}: {trouble}. Declare it with fewer levels.") from error


def _origin(what: str, urns: list[str]) -> str:
    """Say what was looked at by project and stack, which every URN names."""
    parts = next((urn.split("::") for urn in urns if urn.startswith("urn:pulumi:")), [])
    named = len(parts) > 1
    return f"the {what} of project {parts[1]}, stack {parts[0].removeprefix('urn:pulumi:')}" if named else f"a {what}"


def _stays(step: Step) -> bool:
    """Tell whether a step leaves a resource there that is the stack's own."""
    return step.op in _MADE and step.new_state is not None and not step.new_state.external and not _left_out(step)


def _left_out(step: Step) -> bool:
    """Tell whether a resource is declared, and not made because the update is limited to other targets.

    Pulumi writes such a one as staying the same, though it was never made: it has no id.
    """
    old = step.old_state
    return step.op == "same" and old is not None and old.custom and not old.id


def _registration(step: Step, project: Path) -> Registration:
    """Make a registration of what a step leaves there: its inputs, as declared, and by what the cloud knows it."""
    new = step.new_state
    if new is None:  # `_stays` has seen to it
        raise ValueError(step.urn)
    old = step.old_state if step.op not in _REPLACING else None
    arn = (old.outputs or {}).get("arn") if old else None
    registered = _stored(msgspec.structs.replace(new, id=new.id or (old.id if old else ""), outputs=None), project)
    return msgspec.structs.replace(registered, arn=arn if isinstance(arn, str) else "")


def _stored(one: State, project: Path) -> Registration:
    """Make a registration of what Pulumi wrote of a resource."""
    inputs = plain(one.inputs or {})
    return Registration(
        urn=one.urn,
        token=one.type,
        inputs=inputs if isinstance(inputs, dict) else {},
        outputs=one.outputs or {},
        property_dependencies={key: tuple(urns or ()) for key, urns in (one.property_dependencies or {}).items()},
        dependencies=one.dependencies or (),
        parent=one.parent,
        protect=one.protect,
        retain_on_delete=one.retain_on_delete,
        ignore_changes=one.ignore_changes or (),
        custom=one.custom,
        id=one.id,
        source=_source(one, project),
    )


def _source(one: State, project: Path) -> Source | None:
    """Find where the program declares a resource: the innermost of its own lines; None where none was written down.

    Frames of installed packages and of other folders come too, and are passed over. Lines of properties are found where
    the file is there.
    """
    frames = [one.source_position, *(frame.sourcePosition for frame in one.stack_trace or ())]
    for position in frames:
        place, _, line = position.removeprefix(_PROJECT).partition("#")
        file, number = PurePosixPath(unquote(place)), line.partition(",")[0]
        own = position.startswith(_PROJECT) and not file.is_absolute() and not {"..", "site-packages"} & set(file.parts)
        if own and place and number.isdecimal():
            where = int(number)
            named = one.type.rsplit(":", 1)[-1]
            lines = property_lines(project / file, where, named) if file.suffix == ".py" else {}
            return Source(str(file), where, lines)
    return None


def _previews_gaps(found: Preview) -> Iterator[Gap]:
    """Find what a preview hides."""
    steps = found.steps or ()
    failed = [one.message for one in found.diagnostics or () if one.severity == "error"]
    if failed:
        yield Gap(f"the preview failed: {_line(failed[0])}")
    if found.change_summary is None:
        yield Gap("the preview did not come to its end")
    shown = Counter(op for op, _ in {("replace" if step.op in _REPLACING[:2] else step.op, step.urn) for step in steps})
    for op, count in sorted((found.change_summary or {}).items()):
        missing = count - shown[op]
        if op in _MADE and missing > 0:
            advice = ": run `pulumi preview --json --show-sames`" if op == "same" else ""
            yield Gap(f"the preview leaves out {missing} of {count} resources of the step {op!r}{advice}")
    for step in steps:
        if step.op not in (*_MADE, *_GONE, *_LOOKED_UP):
            yield Gap(f"the preview has a step {step.op!r} for {step.urn}, which is not known here")
        elif step.op in _MADE and step.new_state is None:
            yield Gap(f"the preview does not say what becomes of {step.urn}")
    left = [step.urn for step in steps if _left_out(step)]
    if left:
        yield Gap(f"the preview is limited to targets, and leaves out {len(left)} that are declared, such as {left[0]}")


def _line(message: str) -> str:
    """Make one line of an error's message."""
    return " ".join(message.removeprefix("error: ").split())[:200]


def _passed_over(steps: tuple[Step, ...]) -> Iterator[Unassessed]:
    """Note what a preview holds and no control judges."""
    for step in steps:
        found = step.new_state or step.old_state
        if found is None or not found.custom or found.type.startswith("pulumi:"):
            continue
        what = f"{found.type} {found.name}"
        if step.op in _GONE:
            gone = "it is to be deleted or replaced"
            yield Unassessed(what, step.urn, "Pulumi lets go of it, and it stays" if found.retain_on_delete else gone)
        elif step.op in _LOOKED_UP or found.external:
            yield Unassessed(what, step.urn, "looked up, and declared elsewhere")
        elif _left_out(step):
            yield Unassessed(what, step.urn, "declared, and left out because the preview is limited to targets")


def _seen_at(path: Path, manifest: Manifest, now: datetime) -> datetime:
    """Return when the state was written, now where it does not say; raises `AuditError` where that is to come."""
    written = manifest.time
    if written is None or written.year == _NEVER or written.tzinfo is None:
        return now
    if written > now + _CLOCKS:
        raise AuditError(f"{path} was written at {written:%Y-%m-%d %H:%M %Z}, which is to come. Check the clock.")
    return written


def _unsettled(one: State) -> bool:
    """Tell whether Pulumi has yet to delete a resource, or to make it again."""
    return one.delete or one.pending_replacement


def _states_gaps(deployment: Deployment) -> Iterator[Gap]:
    """Find what a state hides: what Pulumi has yet to do, and what it was interrupted at."""
    for one in deployment.resources or ():
        if one.delete:
            yield Gap(f"{one.name} is to be deleted, and still there", _hidden(one))
        elif one.pending_replacement:
            yield Gap(f"{one.name} was deleted, and what replaces it is not there yet", _hidden(one))
        elif one.init_errors:
            yield Gap(f"{one.name} was not made to its end: {_line(one.init_errors[0])}", _hidden(one))
    for pending in deployment.pending_operations or ():
        name = pending.resource.name
        advice = "Run `pulumi refresh`"
        yield Gap(f"Pulumi was interrupted while {pending.type} {name}: {advice}", _hidden(pending.resource))


def _hidden(one: State) -> tuple[str, ...]:
    """Return the type that a gap about a resource hides; empty, which means any, where no row knows it."""
    kind = kind_of(one.type)
    return (kind.arm,) if kind else ()


def _found_elsewhere(resources: tuple[State, ...]) -> Iterator[Unassessed]:
    """Note what a state holds and no control judges."""
    for one in resources:
        if one.external:
            yield Unassessed(f"{one.type} {one.name}", one.urn, "looked up, and declared elsewhere")
        elif _unsettled(one):
            yield Unassessed(f"{one.type} {one.name}", one.urn, "it is to be deleted or replaced")


def _tools(deployment: Deployment) -> dict[str, str]:
    """List the versions that a state names: Pulumi's own and its providers', which fill in defaults."""
    found = {"pulumi": deployment.manifest.version.removeprefix("v")} if deployment.manifest.version else {}
    for one in deployment.resources or ():
        version = (one.inputs or {}).get("version")
        if one.type.startswith("pulumi:providers:") and isinstance(version, str):
            found[f"pulumi-{one.type.removeprefix('pulumi:providers:')}"] = version
    return dict(sorted(found.items()))
