"""Takes the resources out of an ARM template: their ids, their settings and the lines where these stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from audit.facts import AMBIGUOUS, SECRET, UNKNOWN, is_marker
from audit.kinds import kind_of
from audit.kinds.resources import RESOURCE_GROUP
from audit.model import Kind, Scope, Source
from audit.secret_names import called, is_secret
from audit.shape import from_arm, path_names, plain_key, pulumi_path
from audit.sources.expressions import Link, Place, Symbol, Terms, identity, meant, setting, spelt, subscription_at
from audit.sources.template_text import SOMEWHERE, Object, words

_STRUCTURE = {
    *("$options", "apiversion", "asserts", "comments", "condition", "copy", "dependson", "existing", "extension", "id"),
    *("import", "metadata", "name", "resourcegroup", "resources", "scope", "subscriptionid", "type"),
}
"""What a template says of a resource that is no setting of it, in lower case."""
_UNTOLD = {"/group": "/subscriptions/?/resourceGroups/?", "/subscription": "/subscriptions/?"}
"""What a template does not tell of an id → its form with the names left open."""
_OPAQUE = ("tags", "userAssignedIdentities")
"""Objects whose keys are somebody's own words."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One resource as a template lists it."""

    raw: Mapping[str, Any]
    words: Mapping[str, Any]
    """The words of a template's structure in lower case → what they say; ARM reads them in any case."""
    type: str
    """The whole type; empty where it is not written out."""
    name: str
    """The whole name, what is not known of it in brackets."""
    id: str
    line: int
    repeated: bool = False
    """Whether it stands in a loop, its own or that of what it is listed in."""
    symbolic: bool = False
    """Whether it has a symbolic name: only then `existing` is a word of ARM's."""

    @property
    def kind(self) -> Kind | None:
        """Its kind; a row for one fixed name (`…/ftp`) or for a subscription's own says that in its type."""
        last = self.name.rpartition("/")[2]
        above = self.id[: self.id.lower().rfind("/providers/")].lower()
        whole = above.startswith(("/subscriptions/", "template:/subscription")) and "/resourcegroups/" not in above
        own = kind_of(f"{self.type} (subscription)") if whole and "/providers/" not in above else None
        return own or kind_of(self.type) or kind_of(f"{self.type}/{last}")


def items(listed: Any, terms: Terms, place: Place, above: Item | None = None, line: int = 0) -> Iterator[Item]:
    """Yield every resource of a list, or of a map from symbolic names, with those listed inside each.

    One that is no object has no type. Symbolic names are told to `terms` on the way.
    https://learn.microsoft.com/azure/azure-resource-manager/templates/resource-declaration
    """
    pairs = listed.items() if isinstance(listed, dict) else (("", item) for item in listed)
    for symbol, raw in pairs:
        item = _item(raw if isinstance(raw, dict) else Object(line), terms, place, above)
        if symbol:
            terms.symbols[symbol] = item.id
            item = msgspec.structs.replace(item, symbolic=True)
        yield item
        inner = item.words.get("resources")
        if isinstance(inner, list | dict):
            yield from items(inner, terms, place, item, item.line)
        elif inner is not None:
            yield msgspec.structs.replace(item, raw={}, words={}, type="", name="")


def _item(raw: Mapping[str, Any], terms: Terms, place: Place, above: Item | None) -> Item:
    """Make an item: a child inside its parent gives the last step of its type and name alone, or the whole of both."""
    said = words(raw)
    own = said.get("type")
    type_name = own.strip() if isinstance(own, str) and not own.startswith("[") else ""
    name = spelt(meant(said["name"], terms)) if isinstance(said.get("name"), str) else ""
    at = ""
    if above is not None and type_name and "." in type_name.partition("/")[0]:
        if type_name.lower().startswith(f"{above.type.lower()}/"):
            name = name if "/" in name else f"{above.name}/{name}"
        else:
            at = above.id
    elif above is not None and type_name:
        type_name, name = f"{above.type}/{type_name}", f"{above.name}/{name}"
    at = at or _scope_of(said, terms, place)
    type_name, name, at = _attached(type_name, name, at or _standing(type_name, said, terms, place))
    return Item(
        raw=raw,
        words=said,
        type=type_name,
        name=name,
        id=f"{at}/resourceGroups/{name}" if kind_of(type_name) is RESOURCE_GROUP else identity(at, type_name, name),
        line=raw.line if isinstance(raw, Object) else above.line if above else 0,
        repeated="copy" in said or (above is not None and above.repeated),
    )


def _scope_of(words: Mapping[str, Any], terms: Terms, place: Place) -> str:
    """Give the id of what a resource says that it stands in; empty where it says nothing.

    `Microsoft.Storage/storageAccounts/logs` is one beside it:
    https://learn.microsoft.com/azure/azure-resource-manager/templates/scope-extension-resources
    """
    said = words.get("scope")
    if not isinstance(said, str):
        return "" if said is None else SOMEWHERE
    found = spelt(meant(said, terms))
    if found.startswith(("/", "template:")):
        return found.rstrip("/") or "/"
    return f"{SOMEWHERE}{found}" if found.startswith("[") else f"{place.group}/providers/{found}"


def _standing(type_name: str, words: Mapping[str, Any], terms: Terms, place: Place) -> str:
    """Give the id of what a resource stands in that does not say it: the group or the subscription of the deployment.

    A deployment, and a resource that is looked up, may name both.
    """
    kind = kind_of(type_name)
    named = placed(words, terms, place)
    if kind and kind.scope is Scope.TENANT:
        return "/"
    return named.subscription if kind and kind.scope is Scope.SUBSCRIPTION else named.group


def placed(words: Mapping[str, Any], terms: Terms, place: Place) -> Place:
    """Give the place that `scope`, or `subscriptionId` and `resourceGroup` name; `place` itself where none is said."""
    own = _scope_of(words, terms, place)
    if own:
        return Place(own[: own.lower().find("/resourcegroups/")] if "/resourcegroups/" in own.lower() else own, own)
    subscription, group = words.get("subscriptionid"), words.get("resourcegroup")
    root = subscription_at(meant(subscription, terms)) if subscription is not None else place.subscription
    if group is not None:
        return Place(root, f"{root}/resourceGroups/{spelt(meant(group, terms))}")
    return place if subscription is None else Place(root, root)


def _attached(type_name: str, name: str, at: str) -> tuple[str, str, str]:
    """Take the older spelling of an extension apart: `…/accounts/providers/locks` named `logs/Microsoft.X/keep`.

    Anything else comes back as it is.
    """
    base, found, rest = type_name.partition("/providers/")
    steps = name.split("/")
    own = base.count("/")
    if not found or len(steps) < own + 2:
        return type_name, name, at
    return f"{steps[own]}/{rest}", "/".join(steps[own + 1 :]), identity(at, base, "/".join(steps[:own]))


def body(item: Item, terms: Terms) -> dict[str, Any]:
    """Give a resource's settings in the common shape, links still as `Link`; the names in its id are among them.

    Only what is written out, a parameter's value or a link is known of it.
    """
    kind = item.kind
    plain = {key: value for key, value in item.raw.items() if key.lower() not in _STRUCTURE}
    said: dict[str, Any] = {}
    for key, value in plain.items():
        found = told(value, terms, key, plain)
        said[_named(key)] = found if said.get(_named(key), found) == found else AMBIGUOUS
    answer = {"properties": {}, **{key: value for key, value in said.items() if value is not None}}
    whole = from_arm(kind, answer)
    for key, value in _names(item, kind).items():
        whole.setdefault(key, value)
    return whole


def _named(key: str) -> str:
    """Spell `properties` as the common shape reads it; any other name comes back."""
    return "properties" if key.lower() == "properties" else key


def _names(item: Item, kind: Kind | None) -> dict[str, Any]:
    """Give the names in a resource's id by the parameters of its kind's path; what is not known of them is unknown."""
    at = item.id.removeprefix("template:")
    for untold, form in _UNTOLD.items():
        at = form + at.removeprefix(untold) if at.startswith(f"{untold}/") else at
    found: dict[str, Any] = {}
    for key, name in path_names(kind, at).items():
        if kind and kind.parent and key == kind.parent.by and kind.scope is Scope.ANY:
            found[key] = Link(item.id[: item.id.lower().rfind("/providers/")])
        elif "?" not in name:
            found[key] = UNKNOWN if "[" in name else name
    if kind and kind.parent and kind.parent.type != "*" and kind.parent.by not in found:
        found[kind.parent.by] = UNKNOWN
    if kind is RESOURCE_GROUP:
        found["resourceGroupName"] = UNKNOWN if "[" in item.name else item.name
    if kind and ({"name", "type"} & set(kind.renamed)):
        last = item.name.rpartition("/")[2]
        found |= {"name": UNKNOWN if "[" in last else last, "type": item.type}
    return found


def told(value: Any, terms: Terms, key: str, holder: Mapping[str, Any], name: str = "") -> Any:
    """Give what a property is set to; a secret, by its name or its parameter, is the mark for one.

    A loop inside sets a property nobody can tell, and a name that is an expression makes the whole object unknown.
    """
    name = called(holder, key, name)
    if isinstance(value, str):
        found = setting(value, terms)
        return SECRET if isinstance(found, str) and found and is_secret(name) else found
    if isinstance(value, dict):
        return _object(value, terms, key, name)
    return [told(item, terms, key, holder, name) for item in value] if isinstance(value, list) else value


def _object(value: Mapping[str, Any], terms: Terms, key: str, name: str) -> Any:
    """Give an object that a property is set to."""
    found: dict[str, Any] = {}
    repeated: dict[str, Any] = {}
    for inner, item in value.items():
        if inner.lower() == "copy" and isinstance(item, list):
            names = [meant(words(one).get("name"), terms) for one in item]
            if not all(isinstance(one, str) for one in names):
                return UNKNOWN
            repeated |= dict.fromkeys(names, UNKNOWN)
            continue
        spelling = meant(inner, terms)
        if isinstance(spelling, Link) or (isinstance(spelling, Symbol) and key in _OPAQUE):
            inner = spelt(spelling)  # noqa: PLW2901  # the key as it is meant
        elif not isinstance(spelling, str):
            return UNKNOWN
        else:
            inner = spelling  # noqa: PLW2901  # as above
        plain = told(item, terms, inner, value, name)
        found[_named(inner)] = plain if found.get(_named(inner), plain) == plain else AMBIGUOUS
    return found | repeated


def source(item: Item, file: str) -> Source:
    """Say where a resource stands in its file, property by property."""
    kind = item.kind
    renamed = {path.partition(".")[0] for path in kind.renamed} if kind else set()
    lines: dict[str, int] = {}
    for key, value, line in _settings(item.raw):
        if key.lower() not in _STRUCTURE:
            _note_lines(lines, key.replace("_", "").lower(), value, line)
            if key in renamed:
                _note_renamed(lines, key, value, kind)
    return Source(file, item.line, lines)


def _settings(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any, int]]:
    """Yield each setting of an object with its line, those of its `properties` among them."""
    lines = raw.lines if isinstance(raw, Object) else {}
    for key, value in raw.items():
        if key.lower() == "properties" and isinstance(value, dict):
            yield from _settings(value)
        else:
            yield key, value, lines.get(key, 0)


def _note_lines(lines: dict[str, int], path: str, value: Any, line: int) -> None:
    """Note the line of a property, by its path as `plain_key` folds it, and of what lies below it."""
    lines[path] = line
    if isinstance(value, dict):
        for key, item, own in _settings(value):
            _note_lines(lines, f"{path}.{key.replace('_', '').lower()}", item, own)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, Object):
                _note_lines(lines, f"{path}.{index}", item, item.line)


def _note_renamed(lines: dict[str, int], path: str, value: Any, kind: Kind | None) -> None:
    """Note the lines of what a row renames by the names that are looked up: Pulumi's."""
    own = plain_key(path)
    lines[plain_key(pulumi_path(kind, path))] = lines.get(own, 0)
    if isinstance(value, dict):
        for key, item, _ in _settings(value):
            _note_renamed(lines, f"{path}.{key}", item, kind)


def certain(item: Item, terms: Terms) -> bool | None:
    """Tell whether a resource is deployed; None where only Azure can work out its condition."""
    said = item.words.get("condition", True)
    found = setting(said, terms) if isinstance(said, str) else said
    return found if isinstance(found, bool) and not is_marker(found) else None
