"""Opens one deployment of an ARM template, and every deployment inside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from audit.kinds.resources import DEPLOYMENT, DEPLOYMENT_STACK
from audit.model import Gap, Plane, Resource, Source, Unassessed
from audit.shape import folded
from audit.sources.expressions import Place, Symbol, Terms, meant
from audit.sources.nested import siblings
from audit.sources.template_resources import Item, body, certain, items, placed, source, told
from audit.sources.template_text import parse, words

_SCHEMA = re.compile(r"/(subscription|managementGroup|tenant)?deploymentTemplate\.json(?=[#?]|$)", re.IGNORECASE)
_DEPLOYED = (DEPLOYMENT, DEPLOYMENT_STACK)
_INNER = {"template", "templatelink", "parameters", "parameterslink", "debugsetting", "expressionevaluationoptions"}
"""What a deployment says of the template inside it, whose resources are judged by themselves."""


class Trouble(Exception):
    """Why a file could not be read, naming it."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A resource whose links are not followed yet."""

    id: str
    type: str
    name: str
    body: Mapping[str, Any]
    source: Source

    def resource(self, identity: str, linked: Mapping[str, Any], now: datetime) -> Resource:
        """Make the resource, with the id and the body that came of following the links."""
        return Resource(
            type=self.type,
            id=identity,
            name=self.name,
            plane=Plane.TEMPLATE,
            seen_at=now,
            body=folded(linked),
            source=self.source,
        )


class Opened(msgspec.Struct):
    """What one template declares, and what of it nobody could see."""

    file: Path
    """How its people call the file: from the folder that was named, or as it was named itself."""
    drafts: list[Draft] = []
    unassessed: list[Unassessed] = []
    gaps: list[Gap] = []
    linked: set[Path] = set()
    """The files that were read because the template links to them."""


def read_json(path: Path) -> Any:
    """Read a JSON file with its lines; raises `Trouble` where that cannot be done."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise Trouble(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise Trouble(f"{path} is no JSON: {error}") from error
    except RecursionError as error:
        raise Trouble(f"{path} is nested too deeply to be read") from error


def is_parameters(value: Any) -> bool:
    """Tell whether a file's content says by its schema that it holds the parameters of a template."""
    return "/deploymentparameters.json" in _schema(value).lower()


def is_template(value: Any) -> bool:
    """Tell whether a file's content says by its schema that it is a deployment template."""
    return _SCHEMA.search(_schema(value)) is not None


def may_be_template(value: Any) -> bool:
    """Tell whether a file's content has what every template has, whatever its schema says."""
    return {"contentversion", "resources"} <= words(value).keys()


def _schema(value: Any) -> str:
    """Give what an object says of its schema, in whatever case it spells the word; empty where it is no text."""
    said = words(value).get("$schema")
    return said.strip() if isinstance(said, str) else ""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One template that is deployed somewhere: from a file, or from what stands in another template."""

    path: Path
    opened: Opened
    chain: tuple[Path, ...]
    """The files that link to each other down to this one."""
    uncertain: str = ""
    """Why nobody knows whether it is deployed, or how often; empty where it is."""
    place: Place | None = None
    """Where it deploys to; what its schema says where nothing else does."""
    label: str = ""

    @classmethod
    def of(cls, path: Path, folder: Path) -> Deployment:
        """Make the deployment of a file; what it declares is named from `folder` on."""
        return cls(path=path, opened=Opened(file=path.relative_to(folder)), chain=(path.resolve(),))

    def open(self, template: Mapping[str, Any], given: Any, outer: Terms | None = None) -> Opened:
        """Take everything out of the template: resources, and gaps for what may be there unseen.

        `given` are the parameters as a deployment or a parameter file says them. With `outer` the template's
        expressions are those of what it stands in. Raises `Trouble` where it is nested too deeply.
        """
        try:
            self._open(template, given, outer)
        except RecursionError as error:
            raise Trouble(f"{self.path} is nested too deeply to be read") from error
        return self.opened

    def _open(self, template: Mapping[str, Any], given: Any, outer: Terms | None) -> None:
        place = self.place or _place_of(template)
        head = words(template)
        terms = outer or _terms(head, given, place, self.label)
        listed = head.get("resources")
        if listed is None and "resources" not in head and is_template(template):
            listed = []
        if not isinstance(listed, list | dict):
            self._hide(self.path.name, "its resources are not written out", 0)
            return
        # Every symbolic name must be known before the first expression is worked out.
        found = [(item, terms) for item in items(listed, terms, place)]
        for item, inside in found:
            self._take(item, inside, place)

    def _take(self, item: Item, terms: Terms, place: Place) -> None:
        """Take one resource: judged, looked up elsewhere, or hidden; a deployment is opened in turn."""
        deployed = certain(item, terms)
        if item.symbolic and item.words.get("existing") is True:
            self._note(item.type, "looked up, and declared elsewhere", item.line)
            return
        if not item.type:
            self._hide(self.path.name, "what it declares is not written out", item.line)
            return
        if deployed is False:
            self._note(item.type, "not deployed, as its condition is false", item.line)
            return
        why = self._why_uncertain(item, deployed)
        draft = self._draft(item, terms)
        self.opened.drafts.append(draft)
        if item.kind is None:
            self._note(item.type, "no control knows this type", item.line)
            self.opened.gaps.extend(siblings(f"{self.path}", item.type))
        if why:
            self.opened.gaps.append(Gap(why, (draft.type,)))
        if item.kind in _DEPLOYED:
            self._open_inside(item, terms, place, why)

    def _draft(self, item: Item, terms: Terms) -> Draft:
        """Make the resource of an item; of a deployment without what it deploys, which is judged by itself."""
        kind, plain = item.kind, body(item, terms)
        if kind in _DEPLOYED:
            plain = {key: value for key, value in plain.items() if key.lower() not in _INNER}
        return Draft(
            id=item.id,
            type=kind.arm if kind else item.type,
            name=item.name or item.type,
            body=plain,
            source=source(item, str(self.path)),
        )

    def _why_uncertain(self, item: Item, deployed: bool | None) -> str:
        """Say why a resource may not be there, or be there more than once; empty where it is there once."""
        here = f"{item.type} at {self.path}:{item.line}"
        if item.repeated:
            return f"{here} stands in a loop: there may be more of them, or none"
        return (
            f"{here} may not be deployed: only Azure can work out its condition" if deployed is None else self.uncertain
        )

    def _open_inside(self, item: Item, terms: Terms, place: Place, why: str) -> None:
        """Open the template of a deployment: written out, or in a file that lies where it says."""
        said = words(item.words.get("properties"))
        template, link = said.get("template"), said.get("templatelink")
        target = placed(item.words, terms, place)
        if isinstance(template, dict):
            options = said.get("expressionevaluationoptions")
            own = isinstance(options, dict) and str(options.get("scope")).lower() == "inner"
            stack = item.kind is DEPLOYMENT_STACK
            inside = self._inside(self.path, self.chain, item, target, why)
            inside.open(template, _given(said, terms), None if own or stack else terms)
            return
        path = self._linked(link)
        if path is None:
            self._hide(item.name, _why_not_linked(link), item.line)
            return
        try:
            inner = read_json(path)
            if path.resolve() in self.chain or not is_template(inner):
                raise Trouble(f"{path} links back to itself" if is_template(inner) else f"{path} is no ARM template")
        except Trouble as trouble:
            self._hide(item.name, f"it links to a template that was not read: {trouble}", item.line)
            return
        self.opened.linked.add(path.resolve())
        chain = (*self.chain, path.resolve())
        self._inside(path, chain, item, target, why).open(inner, _given(said, terms))

    def _inside(self, path: Path, chain: tuple[Path, ...], item: Item, place: Place, why: str) -> Deployment:
        """Make the deployment that stands in this one; what it declares is noted with the rest."""
        label = f"{self.label} of {item.name}"
        return Deployment(path=path, opened=self.opened, chain=chain, uncertain=why, place=place, label=label)

    def _linked(self, link: Any) -> Path | None:
        """Give the file that a deployment links to; None where it says no path from its own.

        https://learn.microsoft.com/azure/azure-resource-manager/templates/linked-templates#linked-template
        """
        said = words(link).get("relativepath")
        return self.path.parent / said if isinstance(said, str) and not said.startswith("[") else None

    def _hide(self, what: str, why: str, line: int) -> None:
        """Note what was not opened, and open a gap that hides every kind."""
        self._note(what, why, line)
        self.opened.gaps.append(Gap(f"the deployment {what} at {self.path}:{line} may declare anything: {why}"))

    def _note(self, what: str, why: str, line: int) -> None:
        self.opened.unassessed.append(Unassessed(what, f"{self.path}:{line}", why))


def _why_not_linked(link: Any) -> str:
    """Say why a link cannot be followed."""
    found = words(link)
    said = next((found[key] for key in ("uri", "id", "relativepath") if isinstance(found.get(key), str)), "")
    return f"its template lies at {said}, which was not read" if said else "its template is not written out"


def _place_of(template: Mapping[str, Any]) -> Place:
    """Tell by a template's schema what it is deployed into; its ids open with `template:` for what it does not tell."""
    found = _SCHEMA.search(_schema(template))
    level = (found[1] or "group").lower() if found else "group"
    if level == "tenant":
        return Place("template:/subscription", "/")
    own = {"group": "template:/group", "subscription": "template:/subscription"}
    return Place("template:/subscription", own.get(level, "template:/managementGroup"))


def _given(deployment: Mapping[str, Any], terms: Terms) -> Any:
    """Work out the parameters that a deployment hands over; None where nobody knows which they are."""
    said = deployment.get("parameters", {})
    if not isinstance(said, dict) or "parameterslink" in deployment:
        return None
    return {name: _worked_out(value, terms) for name, value in said.items()}


def _worked_out(said: Any, terms: Terms) -> Any:
    """Work out one parameter that is handed over, as a parameter file would say it."""
    if not isinstance(said, dict) or "value" not in said:
        return said
    value = said["value"]
    return {"value": meant(value, terms) if isinstance(value, str) else told(value, terms, "", {})}


def _terms(head: Mapping[str, Any], given: Any, place: Place, label: str) -> Terms:
    """Make the terms of a template: its variables, and its parameters by what is given or their defaults.

    A secure parameter is a secret whatever it is. One that has no value is unknown, and so is each where nobody knows
    which are given.
    """
    variables = head.get("variables")
    terms = Terms(place=place, variables=words(variables), symbols={}, label=label, busy=set(), done={})
    declared = head.get("parameters")
    handed = {name.lower(): value for name, value in given.items()} if isinstance(given, dict) else {}
    values: dict[str, Any] = {}
    terms.parameters = values
    for name, row in declared.items() if isinstance(declared, dict) else ():
        value = _parameter(name.lower(), row, handed, terms) if given is not None else None
        if isinstance(row, dict) and str(row.get("type", "")).lower().startswith("secure"):
            value = Symbol(f"[parameters('{name.lower()}'){label}]", secret=True)
        if value is not None:
            values[name.lower()] = value
    return terms


def _parameter(name: str, row: Any, handed: Mapping[str, Any], terms: Terms) -> Any:
    """Give a parameter's value; None where it has none, or lies in a key vault."""
    said = handed.get(name)
    if said is not None:
        return said.get("value") if isinstance(said, dict) else None
    default = row.get("defaultValue") if isinstance(row, dict) else None
    if isinstance(default, str) and "newguid(" in default.lower():
        return None  # two parameters with this default differ
    return meant(default, terms) if isinstance(default, str) else told(default, terms, "", {})
