"""A snapshot indexed by id, kind and relation, so that a control can ask about a resource's neighbours."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from audit.facts import MISSHAPEN, SOMEWHERE_BELOW, UNKNOWN, Cause, Facts, Reference, Unseen, inside, is_marker
from audit.kinds import BY_ARM, KINDS, UNKNOWN_TYPE
from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.network import NETWORK_INTERFACE
from audit.model import Gap, Kind, Plane, Resource, Snapshot, Source, same
from audit.shape import plain_key, pulumi_path

_Place = tuple[str, str]
"""A resource's id and a suffix below it (`/databases/master`), both in lower case."""
_INLINE = tuple(kind for kind in KINDS if kind.parent and kind.parent.inline)
"""The kinds that a parent may list in its own body, such as the rules of a security group."""


class IndexedEstate:
    """The estate that controls ask; relations are indexed once, when first asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._gaps: tuple[Gap, ...] = snapshot.gaps
        """What the source itself could not see."""
        self._hidden: dict[tuple[str, str], str] = {}
        """A parent's id and the type of inline children that it lists without showing them, in words."""
        self._by_id: dict[str, Resource] = {}
        """Folded id → the first resource that bears it."""
        self._by_kind: dict[str, list[Resource]] = defaultdict(list)
        self._relations: dict[tuple[str, str], tuple[dict[_Place, list[Resource]], list[Resource]]] = {}
        """Kind and link path → who points where, and who does not say yet; empty as the path means the link to a
        parent."""
        for resource in snapshot.resources:
            self._add(resource)
        for resource in snapshot.resources:
            self._add_inline(resource)

    def _add(self, resource: Resource) -> None:
        """Take in a resource; one of the same id that says otherwise is judged, too, and links lead to the first.

        The second of two that say the same is dropped: a listing may hold a resource twice.
        """
        first = self._by_id.setdefault(_key(resource.id), resource)
        if first is not resource and first.body == resource.body:
            return
        known = resource.type.lower() in BY_ARM
        self._by_kind[resource.type.lower() if known else UNKNOWN_TYPE.arm].append(resource)

    def _add_inline(self, parent: Resource) -> None:
        """Take in the children that a parent lists inline, unless they were seen on their own.

        A declared child wins over the inline one: it says more, and has its own line. Where two inline children share a
        name, or a list is not known, what the parent lists is hidden, and whoever asks for such children gets `Unseen`.
        A machine that makes its own network interfaces (`networkInterfaceConfigurations`) hides those, too.
        """
        if same(parent.type, VIRTUAL_MACHINE.arm):
            made = inside(inside(parent.body, "networkProfile"), "networkInterfaceConfigurations")
            if made is not None and made != []:
                self._hidden[_key(parent.id), NETWORK_INTERFACE.arm] = f"the interfaces that {parent.name} makes itself"
        added: set[str] = set()
        for child in self._inline_children(parent):
            key = _key(child.id)
            if key in added:
                self._hidden[_key(parent.id), child.type] = f"two {child.type} of {parent.name} have one name, and"
            elif key not in self._by_id:
                self._add(child)
            added.add(key)

    def _inline_children(self, parent: Resource) -> Iterator[Resource]:
        """Give children that the parent lists inline the same shape as those declared on their own.

        An element that is no object, or a list that is unknown as a whole, yields nothing and is noted as hidden.
        """
        for kind in _INLINE:
            link = kind.parent
            if link is None or not same(link.type, parent.type):
                continue
            items = inside(parent.body, link.inline)
            listed = items if isinstance(items, list | tuple) else () if items is None else (UNKNOWN,)
            for index, item in enumerate(listed):
                if isinstance(item, Mapping):
                    yield _inline_child(parent, kind, item, f"{link.inline}[{index}]")
                else:
                    self._hidden[_key(parent.id), kind.arm] = f"the {link.inline} of {parent.name}"

    def gap(self, kinds: tuple[Kind, ...]) -> Gap | None:
        """Return the first gap that may hide resources of one of `kinds`; inline children not known yet are one.

        None where every listing that the kinds need was complete.
        """
        return next(iter(self.gaps(kinds)), None)

    def gaps(self, kinds: tuple[Kind, ...]) -> tuple[Gap, ...]:
        """Return every gap that may hide resources of one of `kinds`, the source's own first; empty where none may."""
        unknown = (Gap(f"{what} are not known before deployment", (arm,)) for (_, arm), what in self._hidden.items())
        # As `Gap.hides` says of each kind; there may be thousands of gaps, and every control asks.
        names = {kind.arm for kind in kinds}
        return tuple(
            gap for gap in (*self._gaps, *unknown) if names and not (gap.kinds and names.isdisjoint(gap.kinds))
        )

    def all(self) -> tuple[Resource, ...]:
        """Return every resource, inline children included."""
        return tuple(self._by_id.values())

    def get(self, identity: str) -> Resource | None:
        """Return the resource of an id, None where it is not in the estate."""
        return self._by_id.get(_key(identity))

    def of(self, kind: Kind) -> tuple[Resource, ...]:
        """Return every resource of `kind`.

        Empty where there is none; whether that proves anything is for `gap` to say.
        """
        return tuple(self._by_kind.get(kind.arm.lower(), ()))

    def parent(self, resource: Resource) -> Resource:
        """Return the resource that `resource` is a child of; raises `Unseen` where it is not in the estate."""
        kind = BY_ARM.get(resource.type.lower())
        place = self._parent_place(resource, kind) if kind else None
        if is_marker(place):
            raise Unseen(f"{resource.name} does not say yet what it belongs to", Cause.UNKNOWN)
        if place is None or place[0] not in self._by_id:
            raise Unseen(f"what {resource.name} belongs to was not seen")
        return self._by_id[place[0]]

    def children(self, resource: Resource, kind: Kind, *, below: str = "") -> tuple[Resource, ...]:
        """Return the children of `kind`; raises `Unseen` where one does not say yet whose it is, or on which part.

        One child of the kind that is adrift hides all: it may belong to any resource, this one included.
        """
        if (hidden := self._hidden.get((_key(resource.id), kind.arm))) is not None:
            raise Unseen(f"{hidden} are not known before deployment", Cause.UNKNOWN)
        places, adrift = self._relation(kind, "")
        if adrift:
            raise Unseen(f"{adrift[0].name} does not say yet what it belongs to", Cause.UNKNOWN)
        if near := places.get((_key(resource.id), SOMEWHERE_BELOW)):
            raise Unseen(f"{near[0].name} does not say yet which part of {resource.name} it belongs to", Cause.UNKNOWN)
        return tuple(places.get((_key(resource.id), below.lower()), ()))

    def target(self, facts: Facts, path: str) -> Resource:
        """Return the resource that the link at `path` points to; raises `Unseen` where it is not in the estate.

        A link with something after the id (`/databases/master`) names no resource that was seen, and raises it, too.
        """
        place = self._place(facts.link(path))
        found = self._by_id.get(place[0]) if place and not place[1] else None
        if found is None:
            raise Unseen(f"{facts.path(path)} points to something that was not seen")
        return found

    def referrers(self, resource: Resource, kind: Kind, path: str) -> tuple[Resource, ...]:
        """Return the resources of `kind` whose link at `path` points to `resource`; raises as `children` does."""
        places, adrift = self._relation(kind, path)
        if adrift:
            raise Unseen(f"{adrift[0].name} does not say yet where its {path} points", Cause.UNKNOWN)
        return tuple(places.get((_key(resource.id), ""), ()))

    def data_of(self, resource: Resource) -> tuple[str, ...]:
        """Return the data classes of a resource or of what it belongs to; none means that it may hold any.

        The nearest tag decides, from the resource up through its parents. An empty or unreadable tag names no class,
        which the folding takes for all of them.
        """
        seen: set[str] = set()
        # Two resources that name each other as parent would be climbed for ever.
        while resource.id not in seen:
            seen.add(resource.id)
            classes = inside(inside(resource.body, "tags"), "data")
            if classes is not None:
                return tuple(classes.split()) if isinstance(classes, str) else ()
            try:
                resource = self.parent(resource)
            except Unseen:
                return ()
        return ()

    def _relation(self, kind: Kind, path: str) -> tuple[dict[_Place, list[Resource]], list[Resource]]:
        """Index the resources of `kind` by where the link at `path` points; by their parent where it is empty.

        Returns the index, and the resources whose link is not known yet. A resource with several links is listed once
        for each.
        """
        key = (kind.arm, path)
        if key not in self._relations:
            places: dict[_Place, list[Resource]] = defaultdict(list)
            adrift: list[Resource] = []
            for resource in self.of(kind):
                links = list(_values(resource.body, path)) if path else [self._parent_place(resource, kind)]
                for link in links:
                    place = link if isinstance(link, tuple) else self._place(link)
                    if place:
                        places[place].append(resource)
                    elif is_marker(link):
                        adrift.append(resource)
            self._relations[key] = places, adrift
        return self._relations[key]

    def _parent_place(self, resource: Resource, kind: Kind) -> Any:
        """Find what a child stands below: by its link, by its parent's name, or by its own id.

        None where the kind has no parent, or nothing says which it is; a marker where it is not known yet. What runs
        says it by its id: two subscriptions may have groups and servers of the same names.
        """
        if kind.parent is None:
            return None
        link = inside(resource.body, kind.parent.by)
        if resource.plane is Plane.TEMPLATE and is_marker(link):
            return link
        if resource.id.startswith(("/", "template:")) and (above := self._above(resource.id, kind.parent.type)):
            return above
        if is_marker(link):
            return link
        if isinstance(link, str) and not link.startswith("/"):
            return self._named(resource, kind.parent.type, kind.parent.by, link)
        return self._place(link) if link is not None else self._above(resource.id, kind.parent.type)

    def _above(self, identity: str, type_name: str) -> _Place | None:
        """Climb a live id to the nearest resource of the parent's type; any will do for what attaches to anything.

        None where it reaches the top without finding one.
        """
        if type_name == "*":
            return self._place(_parent_id(identity))
        while identity := _parent_id(identity):
            found = self._by_id.get(identity)
            if found is not None and same(found.type, type_name):
                return identity, ""
        return None

    def _named(self, child: Resource, type_name: str, by: str, name: str) -> Any:
        """Find the parent of a type by its ARM name; what stands above it must agree, or it is another's namesake.

        Where several may be meant, which one it is is not known.

        None where no resource of the type bears the name. A parent that Pulumi will name later may come to bear it.
        """
        above = ["resourceGroupName"]
        kind = BY_ARM.get(type_name.lower())
        while kind and kind.parent:
            above.append(kind.parent.by)
            kind = BY_ARM.get(kind.parent.type.lower())
        found = [
            parent
            for parent in self._by_kind.get(type_name.lower(), ())
            if same(name, _called(parent, by))
            and all(_agree(child.body.get(key), parent.body.get(key)) for key in above)
        ]
        if len(found) > 1 or any(_is_named_later(parent, by) for parent in found):
            return UNKNOWN
        return (_key(found[0].id), "") if found else None

    def _place(self, link: Any) -> _Place | None:
        """Resolve a reference or an ARM id to a known resource and what is left of the id below it.

        Anything else (a marker, null) gives None. An id that no resource bears comes back whole: two ids that are both
        unseen may still be compared.
        """
        if isinstance(link, Reference):
            return _key(link.urn), link.suffix.lower()
        if not isinstance(link, str):
            return None
        whole = link.lower().rstrip("/")
        steps = whole.split("/")
        # The longest known id wins: a database's id opens with its server's.
        for end in range(len(steps), 0, -1):
            if (head := "/".join(steps[:end])) in self._by_id:
                return head, whole[len(head) :]
        return whole, ""


def _key(identity: str) -> str:
    """Fold an id as Azure compares it; a Pulumi URN is compared as it is.

    Pulumi tells two URNs apart by case, so two resources may differ in nothing else.
    """
    return identity if identity.startswith("urn:") else identity.lower()


def _called(parent: Resource, by: str) -> str:
    """Give the name by which ARM knows a parent, as far as it is known.

    The property that its children name it by comes first, as in `accountName`; Pulumi's own name is the last resort.
    """
    return next((own for own in (parent.body.get(by), parent.body.get("name")) if isinstance(own, str)), parent.name)


def _is_named_later(parent: Resource, by: str) -> bool:
    """Tell whether Pulumi will make up the name: then one that the program spells may be another resource's.

    Only of a resource that a program declares: what is live has the name it has.
    """
    declared = parent.plane in (Plane.PROGRAM, Plane.PREVIEW) and parent.id.startswith("urn:")
    return declared and not any(isinstance(parent.body.get(key), str) for key in (by, "name"))


def _agree(left: Any, right: Any) -> bool:
    """Tell whether two names may mean the same thing: only two texts, or two links, can be told apart.

    Whatever cannot be told apart agrees, so that a namesake is never ruled out by a value nobody knows.
    """
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return not (isinstance(left, Reference) and isinstance(right, Reference)) or left.urn == right.urn


def _inline_child(parent: Resource, kind: Kind, item: Mapping[str, Any], path: str) -> Resource:
    """Make a child resource of one element of its parent's list.

    It takes plane, time and protection from its parent. One without a name is called by its place in the list.
    """
    name = item.get("name")
    label = name if isinstance(name, str) else path
    identity = item.get("id")
    plural = path.partition("[")[0]
    by = kind.parent.by if kind.parent else ""
    return msgspec.structs.replace(
        parent,
        type=kind.arm,
        id=identity if isinstance(identity, str) else f"{parent.id}/{plural}/{label}",
        name=f"{parent.name}/{label}",
        body={**item, by: Reference(parent.id, "name")},
        source=_inline_source(parent, path),
    )


def _inline_source(parent: Resource, path: str) -> Source | None:
    """Give an inline child the lines of its own element, and its parent's line where it has none.

    Lines are kept by the path inside the element, as if the child had a constructor of its own.
    """
    if parent.source is None:
        return None
    prefix = plain_key(pulumi_path(BY_ARM.get(parent.type.lower()), path))
    lines = {key[len(prefix) + 1 :]: line for key, line in parent.source.lines.items() if key.startswith(prefix + ".")}
    line = parent.source.lines.get(prefix, parent.source.line)
    return Source(parent.source.file, line, lines)


def _values(body: Any, path: str) -> Iterator[Any]:
    """Yield every value at a path in which `[]` stands for each element of a list; a marker on the way is yielded.

    Yields None where nothing stands there.
    """
    step, _, rest = path.partition(".")
    value = inside(body, step.removesuffix("[]"))
    if step.endswith("[]") and isinstance(value, Mapping):
        value = MISSHAPEN
    for item in value if step.endswith("[]") and isinstance(value, list | tuple) else (value,):
        if rest and not is_marker(item):
            yield from _values(item, rest)
        else:
            yield item


def _parent_id(identity: str) -> str:
    """Cut an ARM id back to the resource it stands below or is attached to; empty where it has no parent.

    What is attached (`…/providers/Microsoft.Authorization/locks/x` behind another id) belongs to that id; a resource
    group or a subscription has no parent here.
    """
    head, _, tail = identity.lower().rpartition("/providers/")
    if not head:
        return ""
    steps = tail.split("/")
    provider_type_name = 3
    if len(steps) > provider_type_name:
        return f"{head}/providers/{'/'.join(steps[:-2])}"
    return head
