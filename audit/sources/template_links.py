"""Follows the links of ARM templates to what they lead to: declared here, somewhere else, or nobody can tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from audit.facts import UNKNOWN, Reference, is_marker
from audit.kinds import kind_of
from audit.sources.expressions import Link
from audit.sources.template_text import SOMEWHERE

UNTOLD = "template:"
"""How an id opens whose group or subscription its template does not tell."""
_PROVIDERS = "/providers/"


class Known:
    """The ids that all templates declare, children that stand inside their parents among them."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = set(ids)
        self._alike: dict[tuple[int, str], list[str]] = defaultdict(list)
        """Number of steps below the scope, and the first two of them → ids."""
        self._alike_open: dict[tuple[int, str], list[str]] = defaultdict(list)
        """The same, of ids that are not told in whole: no other can be that of an id in clear."""
        for identity in self._ids:
            self._alike[_outline(identity)].append(identity)
            if _is_open(identity):
                self._alike_open[_outline(identity)].append(identity)

    def place(self, identity: str) -> tuple[str, str] | None:
        """Find what an id leads to: a declared id and what is left below it, both empty where there is none.

        None where nobody can tell, since the id, or something above it, may be that of a declared resource: two names
        of which one is not known may be the same.
        """
        steps = identity.split("/")
        alike = self._alike if _is_open(identity) else self._alike_open
        for end in range(len(steps), 0, -1):
            head = "/".join(steps[:end])
            if head in self._ids:
                return head, identity[len(head) :]
            if any(_may_be(head, other) for other in alike.get(_outline(head), ())):
                return None
        return "", ""


def _outline(identity: str) -> tuple[int, str]:
    """Give what two ids of one resource have in common however little of them is known."""
    steps = identity.partition(_PROVIDERS)[2].split("/")
    return len(steps), "/".join(steps[:2])


def _may_be(left: str, right: str) -> bool:
    """Tell whether two ids may be the same one; two that are told in whole are not, as they are spelt differently."""
    root, found, below = left.partition(_PROVIDERS)
    other, _, beside = right.partition(_PROVIDERS)
    if not found or (root != other and not _is_open(root) and not _is_open(other)):
        return False
    pairs = zip(below.split("/"), beside.split("/"), strict=True)
    return all(one == two or "[" in one or "[" in two for one, two in pairs)


def _is_open(identity: str) -> bool:
    """Tell whether an id, or a scope, is not told in whole."""
    return identity.startswith(UNTOLD) or "[" in identity


class Telling(msgspec.Struct, frozen=True):
    """How one template's ids are told from those of others."""

    shared: frozenset[str] | set[str]
    """The ids that several templates declare below a group that none of them tells."""
    mark: str
    """What stands in this template's ids so that they differ; empty where it shares none."""

    def identity(self, text: str) -> str:
        """Give the id by which the estate knows a resource, in lower case as any other id."""
        return text.lower().replace(UNTOLD, f"{UNTOLD}{self.mark}", 1)


class Linking:
    """The links of one template."""

    def __init__(self, known: Known, telling: Telling) -> None:
        self._known, self._telling = known, telling

    def body(self, type_name: str, identity: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Follow every link of a resource's settings, the one to its parent by its own id among them.

        Where the parent may be a declared one and nobody can tell, whose child it is is unknown.
        """
        linked = {key: self._linked(value) for key, value in plain.items()}
        kind = kind_of(type_name)
        if kind is None or kind.parent is None:
            return linked
        above = identity[: identity.rfind(_PROVIDERS)] if kind.parent.type == "*" else identity.rsplit("/", 2)[0]
        found = self._known.place(above) if _PROVIDERS in above else ("", "")
        somewhere = above.startswith(self._telling.identity(SOMEWHERE))
        if found is None or somewhere or self._is_shared(above):
            linked[kind.parent.by] = UNKNOWN
        elif found == (above, "") and is_marker(linked.get(kind.parent.by)):
            linked[kind.parent.by] = Reference(above, "id" if kind.parent.type == "*" else "name")
        return linked

    def _linked(self, value: Any) -> Any:
        """Put in place of each link an id in clear, a reference, or the unknown value; at any depth."""
        if isinstance(value, Link):
            return self._followed(value)
        if isinstance(value, dict):
            return dict(self._fields(value))
        if isinstance(value, list):
            return [self._linked(item) for item in value]
        if isinstance(value, str) and value[:15].lower() == "/subscriptions/" and _PROVIDERS in value:
            return UNKNOWN if self._known.place(value.rstrip("/").lower()) is None else value
        return value

    def _fields(self, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Follow what stands in an object; a name that is an id, as those of identities are, is folded as ids are."""
        for key, item in value.items():
            yield self._telling.identity(key) if key.startswith(UNTOLD) else key, self._linked(item)

    def _followed(self, link: Link) -> Any:
        """Follow one link.

        An id that the template tells in whole is given in clear. Any other is a reference, declared or not, so that it
        is never taken for an id of Azure's; a property of what is not declared here is unknown.
        """
        identity = self._telling.identity(link.id)
        found = self._known.place(identity)
        if found is None or self._is_shared(identity):
            return UNKNOWN
        head, below = found
        if link.property != "id":
            return Reference(head, link.property) if head and not below else UNKNOWN
        if not _is_open(identity):
            return link.id
        if not head and _is_well_known(identity):
            return identity[identity.rfind(_PROVIDERS) :]
        return Reference(head, "id", below) if head else Reference(identity, "id")

    def _is_shared(self, identity: str) -> bool:
        """Tell whether an id may be that of any of several templates, of which this is none."""
        return not self._telling.mark and identity in self._telling.shared


def _is_well_known(identity: str) -> bool:
    """Tell whether an id is a role's or a policy's that every subscription has, and by the same name.

    https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
    """
    kinds = ("roledefinitions/", "policydefinitions/", "policysetdefinitions/")
    return identity.rpartition("/providers/microsoft.authorization/")[2].startswith(kinds)
