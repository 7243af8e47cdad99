"""Opens ARM templates that a program deploys inside itself: a control judges what stands in them, too."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from audit.facts import AMBIGUOUS, UNKNOWN
from audit.kinds import BY_ARM, KINDS, kind_of
from audit.kinds.resources import DEPLOYMENT, DEPLOYMENT_STACK
from audit.model import Gap, Resource, Unassessed
from audit.shape import hoist

_STRUCTURE = ("type", "name", "location", "tags", "scope", "condition", "copy", "existing", "properties", "resources")
_SPELT: dict[str, str] = {
    word.lower(): word for word in (*_STRUCTURE, *(kind.parent.inline for kind in KINDS if kind.parent))
}
"""The words by which a template is taken apart: ARM reads them in any case."""


_LOOPED = "stands in a loop: there may be more of them, or none"
_CONDITIONAL = "may not be deployed: only Azure can work out its condition"


class Opened(msgspec.Struct):
    """What was found inside a deployment, and what of it nobody could see."""

    resources: list[Resource] = []
    unassessed: list[Unassessed] = []
    gaps: list[Gap] = []


class _Item(NamedTuple):
    """A resource as a template lists it."""

    type: str
    """The whole type; empty where it is not written out."""
    name: str
    """The whole way down (`server/database`); empty from the first step that only Azure can work out."""
    body: dict[str, Any]
    uncertain: str = ""
    """Why it may not be there, or be there more than once; empty where it is there once."""


def expand(deployment: Resource) -> Opened:
    """Open a nested deployment; of any other resource nothing comes back.

    Template expressions (`[parameters(…)]`) are unknown values. What cannot be opened may declare anything: a gap.

    Deployments inside it are opened in turn. What comes back does not hold `deployment` itself.
    """
    opened = Opened()
    if deployment.type in (DEPLOYMENT.arm, DEPLOYMENT_STACK.arm):
        _open_template(deployment, opened)
    return opened


def _open_template(deployment: Resource, opened: Opened) -> None:
    """Take every resource out of a deployment's template; one that only a link names (`templateLink`) is a gap.

    Newer templates list resources as a map from symbolic name to resource instead of an array:
    https://learn.microsoft.com/azure/azure-resource-manager/templates/resource-declaration
    """
    template = deployment.body.get("template")
    listed = _spelt(template).get("resources") if isinstance(template, Mapping) else None
    if not isinstance(listed, list | Mapping):
        _hide(deployment, deployment.name, "its template is not written out in the program", opened)
        return
    for item in listed.values() if isinstance(listed, Mapping) else listed:
        for found in _flatten(item, _Item("", "", {})):
            if isinstance(listed, list):
                found.body.pop("existing", None)  # a word of ARM's where resources have symbolic names alone
            _take(deployment, found, opened)


def _take(deployment: Resource, item: _Item, opened: Opened) -> None:
    """Make a resource of a template's, and open it in turn where it is a deployment itself.

    A `condition` that only Azure can work out may come out true, so such a resource is judged, and false, so it opens a
    gap for its kind, as a loop does; one that is plainly false is not deployed and says nothing.
    """
    type_name, name, body, uncertain = item
    if body.get("existing") is True:
        opened.unassessed.append(_unopened(deployment, type_name, "looked up, and declared elsewhere"))
    elif not type_name:
        _hide(deployment, deployment.name, "what its template declares is not written out in the program", opened)
    elif body.get("condition") is not False:
        # A name that only Azure can work out tells two resources of a type apart by their places.
        resource = _made(deployment, type_name, name or f"{type_name}-{len(opened.resources)}", body)
        opened.resources.append(resource)
        if kind_of(type_name) is None:
            opened.unassessed.append(_unopened(deployment, type_name, "no control knows this type"))
            opened.gaps.extend(siblings(f"the deployment {deployment.name}", type_name))
        inner = expand(resource)
        if uncertain:
            hidden = {resource.type, *(found.type for found in inner.resources)}
            reason = f"{type_name} in the deployment {deployment.name} {uncertain}"
            opened.gaps.append(Gap(reason, tuple(sorted(hidden))))
        _merge(opened, inner)


def siblings(where: str, type_name: str) -> Iterator[Gap]:
    """Hide the kinds below the same parent: ARM spells some children in ways that no row knows (`dnszones/MX`).

    `where` says in words what declares the type. Nothing comes back for a type that is nobody's child.
    """
    above = type_name.lower().rpartition("/")[0] + "/"
    hidden = tuple(kind.arm for kind in KINDS if "/" in above[:-1] and kind.arm.lower().startswith(above))
    if hidden:
        yield Gap(f"{type_name} in {where} may be a known kind under another name", hidden)


def _merge(opened: Opened, inner: Opened) -> None:
    """Take over what a deployment inside the deployment declares, and what of it was not seen."""
    opened.resources.extend(inner.resources)
    opened.unassessed.extend(inner.unassessed)
    opened.gaps.extend(inner.gaps)


def _made(deployment: Resource, type_name: str, name: str, body: dict[str, Any]) -> Resource:
    """Make a resource of a template's body; it has the deployment's file and line, and an id below the deployment's."""
    kind = kind_of(type_name)
    identity = f"{deployment.id}/{type_name}/{name}"
    whole = {**_above(type_name, body.get("name"), name), **body}
    if kind and "name" in kind.renamed and isinstance(body.get("name"), str):
        # A row that speaks of the name means its last step, as a program gives it: a template spells the whole way.
        whole["name"] = name.rpartition("/")[2]
    return msgspec.structs.replace(deployment, type=kind.arm if kind else type_name, id=identity, name=name, body=whole)


def _above(type_name: str, own: Any, name: str) -> dict[str, Any]:
    """Name everything a child stands below, as a program would: in a template its name says so (`server/database`).

    Empty for a kind without a parent. A step that is an expression, or is not there, is the unknown value.
    """
    kind, steps = kind_of(type_name), name.split("/")[:-1] if isinstance(own, str) else []
    named: dict[str, Any] = {}
    while kind and kind.parent and kind.parent.type != "*":
        named[kind.parent.by] = steps.pop() if steps else UNKNOWN
        kind = BY_ARM.get(kind.parent.type.lower())
    return named


def _hide(deployment: Resource, what: str, why: str, opened: Opened) -> None:
    """Note what was not opened, and open a gap that hides every kind."""
    opened.unassessed.append(_unopened(deployment, what, why))
    opened.gaps.append(Gap(f"the deployment {deployment.name} may declare anything: {why}"))


def _unopened(deployment: Resource, what: str, why: str) -> Unassessed:
    """Make the note of what nobody judged, with the deployment's own line where it has one."""
    where = f"{deployment.source.file}:{deployment.source.line}" if deployment.source else deployment.id
    return Unassessed(what, where, why)


def _flatten(item: Any, above: _Item) -> Iterator[_Item]:
    """Yield a template resource that is listed inside another, and the children listed inside it.

    At the top of a template what it is listed in has no type and no name.
    """
    plain: Mapping[str, Any] = item if isinstance(item, Mapping) else {}
    own_type = _evaluate(plain.get("type"))
    type_name = "/".join(filter(None, (above.type, own_type))) if isinstance(own_type, str) else ""
    body = _evaluate(hoist({key: value for key, value in plain.items() if key != "resources"}))
    own = body.get("name")
    name = "/".join(filter(None, (above.name, own))) if isinstance(own, str) else ""
    found = _Item(type_name, name, body, _uncertain(plain, above))
    yield found
    children = plain.get("resources")
    if children is not None and not isinstance(children, list | Mapping):
        yield _Item("", "", {})
        return
    for child in children.values() if isinstance(children, Mapping) else children or ():
        yield from _flatten(child, found)


def _uncertain(plain: Mapping[str, Any], above: _Item) -> str:
    """Say why a resource may not be there once; empty where it is. A loop holds for the children inside it, too.

    A condition does not: https://learn.microsoft.com/azure/azure-resource-manager/templates/conditional-resource-deployment
    """
    if "copy" in plain or above.uncertain == _LOOPED:
        return _LOOPED
    return "" if isinstance(plain.get("condition", True), bool) else _CONDITIONAL


def _spelt(value: Any) -> Any:
    """Spell the words of a template's structure as the audit does; one that stands twice is ambiguous.

    The keys of `tags` are the user's own and stay as they are.
    """
    if isinstance(value, list):
        return [_spelt(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    key: str
    for key, item in value.items():
        word = _SPELT.get(key.lower(), key)
        spelt = item if word == "tags" else _spelt(item)
        found[word] = spelt if found.get(word, spelt) == spelt else AMBIGUOUS
    return found


def _evaluate(value: Any) -> Any:
    """Replace template expressions, which only Azure evaluates, by the unknown value.

    A text that opens with `[[` is a literal one in ARM's own escape:
    https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
    """
    if isinstance(value, str) and value.startswith("[") and not value.startswith("[["):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _evaluate(item) for key, item in value.items()}
    return [_evaluate(item) for item in value] if isinstance(value, list) else value
