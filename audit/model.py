"""The nouns of the product: what a promise, a control, a resource and a verdict are. Read this first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import msgspec

from audit.facts import SECRET, UNKNOWN, Cause, Facts, Part, Reading, Reference, Unseen, readings
from audit.kind import Kind, Parent, Scope
from audit.targets import Targets

__all__ = [
    "SECRET",
    "UNKNOWN",
    "Answer",
    "AuditError",
    "Cause",
    "Control",
    "Estate",
    "Example",
    "Facts",
    "Gap",
    "Kind",
    "Neighbour",
    "Parent",
    "Part",
    "Plane",
    "Reading",
    "Reference",
    "Resource",
    "Ruling",
    "Scope",
    "Severity",
    "Snapshot",
    "Source",
    "Targets",
    "Unassessed",
    "Unseen",
    "Verdict",
    "any_of",
    "broken",
    "days",
    "every",
    "kept",
    "missing",
    "not_applicable",
    "readings",
    "same",
    "worst",
]


T = TypeVar("T")


class AuditError(Exception):
    """Something a user can mend, said in one line: the thing, the trouble, the next step."""


class Verdict(StrEnum):
    """The ruling on a control, a resource or a promise; the order of declaration is worst first."""

    BROKEN = "broken"
    UNPROVEN = "unproven"
    WAIVED = "waived"
    KEPT = "kept"
    NOT_APPLICABLE = "not applicable"


class Plane(StrEnum):
    """Where a resource was seen."""

    PROGRAM = "program"
    PREVIEW = "preview"
    STATE = "state"
    TEMPLATE = "template"
    LIVE = "live"


class Severity(StrEnum):
    """How much a broken control costs; a critical one blocks when the value it reads is unknown."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Answer(msgspec.Struct, frozen=True):
    """One answer of a cloud: what was asked, when, and the digest of what came back."""

    url: str
    """The request's URL without credentials; the API version is in its query."""
    at: datetime
    request_id: str
    """The id by which the provider knows the request (`x-ms-request-id`)."""
    digest: str
    """SHA-256 of the body, in hexadecimal."""
    sent: str = ""
    """What was sent along, where it was a query."""


class Source(msgspec.Struct, frozen=True):
    """Where a resource is declared: the file, the line of its constructor, and the line of each property set there."""

    file: str
    line: int
    lines: Mapping[str, int] = {}
    """Normalised Pulumi property path (lower case, no underscores, dotted) → line."""


class Resource(Facts, msgspec.Struct, frozen=True, kw_only=True):
    """One thing as one plane saw it at one moment."""

    type: str
    """The `arm` name of its kind."""
    id: str
    """ARM's resource id in lower case, or the Pulumi URN before deployment."""
    name: str
    plane: Plane
    seen_at: datetime
    body: Mapping[str, Any]
    source: Source | None = None
    component: str = ""
    """The URN of the component that owns it."""
    dependencies: tuple[str, ...] = ()
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    """The answers of the cloud that it was read from."""
    declaration: str | None = None
    """The URN of what a stack declares it by, empty where no stack does; None where the two were not compared."""

    @property
    def _owner(self) -> str:  # type: ignore[override]  # computed here, stored in a Part
        return self.id

    @property
    def _prefix(self) -> str:  # type: ignore[override]  # computed here, stored in a Part
        return ""

    def path(self, path: str) -> str:
        """Give a path of the resource's own as it is."""
        return path

    @property
    def region(self) -> str:
        """Azure's short name of the location (`uksouth`); raises `Unseen` where there is none."""
        location = self.read("location", str)
        # The Kelvin sign is a `k` in lower case, and no region of Azure's is spelt with it.
        return location.replace(" ", "").lower() if location.isascii() else location

    def tag(self, name: str) -> str:
        """Return a tag's text, empty where the resource carries none; raises `Unseen` where tags are unknown."""
        # In any case: https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
        # Azure compares names of tags without case, and keeps their spelling.
        tags = self.body.get("tags")
        spelt = next((key for key in tags if same(key, name)), name) if isinstance(tags, Mapping) else name
        return self.read(f"tags.{spelt}", str, absent="")

    def declared(self) -> bool:
        """Tell whether a stack declares it; raises `Unseen` where it was not compared with any."""
        if self.declaration is None:
            raise Unseen("it was not compared with what a stack declares")
        return bool(self.declaration)

    def classes(self) -> tuple[str, ...]:
        """Return the data classes of its own `data` tag, in lower case; raises `Unseen` as `tag` does."""
        return tuple(re.split(r"[\s,;]+", self.tag("data").strip().lower()))


class Unassessed(msgspec.Struct, frozen=True):
    """Something that was seen and is judged by nothing: a resource type without a kind, code that was not run."""

    what: str
    where: str
    why: str


class Gap(msgspec.Struct, frozen=True):
    """What could not be seen, and why. No `kinds` means that anything may be hidden by it."""

    reason: str
    kinds: tuple[str, ...] = ()

    def hides(self, kind: Kind) -> bool:
        """Tell whether resources of `kind` may be missing because of this gap."""
        return not self.kinds or kind.arm in self.kinds


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What one source saw: resources, and gaps for what it could not see."""

    plane: Plane
    origin: str
    """What was looked at, in words a reader knows: a project and stack, a file, a subscription."""
    seen_at: datetime
    resources: tuple[Resource, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unassessed: tuple[Unassessed, ...] = ()
    answers: tuple[Answer, ...] = ()
    """Every answer of a cloud, those with nothing in them too: they are the evidence of what is not there."""
    tools: Mapping[str, str] = {}
    """Versions that a verdict can depend on, such as the SDK's, which fills in defaults."""

    def looked_for(self) -> frozenset[str]:
        """Return the kinds that somebody looked for, by name: of what was seen, and of what gaps may hide."""
        hidden = (kind for gap in self.gaps for kind in gap.kinds)
        return frozenset((*hidden, *(resource.type for resource in self.resources)))


class Estate(Protocol):
    """A snapshot indexed by id, kind and relation: what a control may ask about a resource's neighbours."""

    def of(self, kind: Kind) -> tuple[Resource, ...]:
        """Return every resource of `kind`."""

    def parent(self, resource: Resource) -> Resource:
        """Return the resource that `resource` is a child of; raises `Unseen` where it is not in the estate."""

    def children(self, resource: Resource, kind: Kind, *, below: str = "") -> tuple[Resource, ...]:
        """Return the children of `kind` (settings, locks, rules, policies attached to `resource`).

        `below` names a sub-resource that is not declared itself, such as `/databases/master`.
        Raises `Unseen` where a child of the kind does not say yet whose it is.
        """

    def target(self, facts: Facts, path: str) -> Resource:
        """Return the resource that the link at `path` points to; raises `Unseen` where it is not in the estate."""

    def referrers(self, resource: Resource, kind: Kind, path: str) -> tuple[Resource, ...]:
        """Return the resources of `kind` whose link at `path` points to `resource`; `a[].b` reads every element.

        Raises `Unseen` where a resource of the kind does not say yet where it points.
        """


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What a control says of one resource, with the change that would mend it."""

    verdict: Verdict
    reason: str
    changes: Mapping[str, Any] = {}
    """Property path → value promised."""
    declare: str = ""
    """What to declare, where a resource is missing."""
    subject: Resource | None = None
    """The resource to change, where it is not the one judged."""
    absence: bool = False
    """Whether the ruling rests on something not being there: an incomplete listing then proves nothing."""
    cause: Cause | None = None


def kept(reason: str) -> Ruling:
    """Rule that the promise is kept; `reason` carries the value seen."""
    return Ruling(verdict=Verdict.KEPT, reason=reason)


def broken(reason: str, *, change: Mapping[str, Any] | None = None, subject: Resource | None = None) -> Ruling:
    """Rule that the promise is broken by what was seen.

    `change` is the remedy: property path → value; it stands on `subject` where that is not the resource judged.
    """
    return Ruling(verdict=Verdict.BROKEN, reason=reason, changes=change or {}, subject=subject)


def missing(reason: str, *, declare: str) -> Ruling:
    """Rule that the promise is broken because something is not there; `declare` says what to declare."""
    return Ruling(verdict=Verdict.BROKEN, reason=reason, declare=declare, absence=True)


def not_applicable(reason: str) -> Ruling:
    """Rule that the control does not speak of this resource, by a rule that `reason` states."""
    return Ruling(verdict=Verdict.NOT_APPLICABLE, reason=reason)


def every(judge: Callable[[T], Ruling], items: Iterable[T]) -> Ruling:
    """Rule on all of `items`: one that is broken decides, then one that was not seen, which raises its `Unseen`."""
    return _decided(Verdict.BROKEN, judge, items)


def any_of(judge: Callable[[T], Ruling], items: Iterable[T]) -> Ruling:
    """Rule on all of `items`: one that is kept decides, then one that was not seen, which raises its `Unseen`."""
    return _decided(Verdict.KEPT, judge, items)


def _decided(decisive: Verdict, judge: Callable[[T], Ruling], items: Iterable[T]) -> Ruling:
    rulings: list[Ruling] = []
    unseen: Unseen | None = None
    for item in items:
        try:
            rulings.append(judge(item))
        except Unseen as error:
            unseen = unseen or error
    found = next((ruling for ruling in rulings if ruling.verdict is decisive), None)
    if found is None and unseen is not None:
        raise unseen
    return found or rulings[0]


class Example(msgspec.Struct, frozen=True):
    """A body (and its neighbours) with the verdict it must get: a control's examples are its page and its tests."""

    verdict: Verdict
    body: Mapping[str, Any]
    neighbours: tuple[Neighbour, ...] = ()
    targets: Mapping[str, Any] = {}
    """Dotted target name → value, where the example depends on one."""
    note: str = ""
    kind: Kind | None = None
    """What the resource is, where the control speaks of several kinds; the first of them otherwise."""


class Neighbour(msgspec.Struct, frozen=True):
    """Another resource of an example's estate; the link `{"$reference": "it"}` points at the resource judged."""

    kind: Kind
    body: Mapping[str, Any]
    name: str = ""


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """One checkable claim about one kind of resource, or about the estate where `on` is empty."""

    id: str
    title: str
    why: str
    how: str
    catalogue: str
    """The row of the control catalogue it stands for, such as STO-03."""
    severity: Severity
    on: tuple[Kind, ...]
    needs: tuple[Kind, ...]
    planes: tuple[Plane, ...]
    one_way: bool
    """Whether keeping it is a door that cannot be opened again (a lock): the only deviations our stacks may waive."""
    judge: Callable[..., Ruling]
    asks: tuple[str, ...]
    """The names of `judge`'s parameters: `estate` and `targets` by name, anything else is the resource."""
    absent: Mapping[str, str]
    """Property path → where the platform documents its default, for every `absent=` that can decide a verdict."""
    examples: tuple[Example, ...]
    file: str

    def judges_estate(self) -> bool:
        """Tell whether the control makes one claim about the whole estate."""
        return not self.on


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Fold verdicts: the worst counts, and none at all is unproven."""
    order = list(Verdict)
    return min(verdicts, key=order.index, default=Verdict.UNPROVEN)


def same(left: str, right: str) -> bool:
    """Compare two enum values, ids or regions as Azure does: without case."""
    # Folding every script's case would take a letter for its look-alike, such as a long s for an s.
    return left == right or (left.isascii() and right.isascii() and left.lower() == right.lower())


def days(duration: str) -> int:
    """Return the days of an ISO 8601 duration as Azure writes retention (`P35D`, `P4W`, `P12M`).

    A month counts 30 days, a year 365. Raises `Unseen` where the text is no such duration.
    """
    found = re.fullmatch(r"P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T[\dHMS]*)?", duration)
    if not duration or found is None:
        raise Unseen(f"{duration!r} is not a duration")
    years, months, weeks, single = (int(group or 0) for group in found.groups())
    return years * 365 + months * 30 + weeks * 7 + single
