"""Finds which declared resource a value stands for that only a deployment knows, or that is another's id."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from audit.facts import SOMEWHERE_BELOW, UNKNOWN, Reference
from audit.kinds import KINDS
from audit.kinds.resources import RESOURCE_GROUP
from audit.model import Kind, same

_Told = tuple[Kind | None, str, str]
"""A declared resource's kind, the cloud's id of it and its ARN; both empty where they are not known yet."""
_Steps = tuple[str, ...]
_BARE = ("id", "name", "uri", "resourceid")
"""Properties that are called after the object that holds them: `networkSecurityGroup.id`."""
_LABELS = ("name", "lun")
"""Properties that tell the elements of a list apart and say nothing else."""
_SEVERAL = 2
_SHORTEST = 4
"""A word shorter than this is a part of too many others."""


class _Input(NamedTuple):
    """One input of a resource, and what it was computed from."""

    owner: str
    kind: Kind | None
    sources: tuple[str, ...]
    """The URNs that it was computed from."""
    unnamed: tuple[str, ...]
    """Those of them that no word in the input stands for."""


class Links:
    """The links between the registrations of one stack.

    `declared` is what was registered by URN, `identities` the ids that the resources get on this plane. With
    `known_ids`, an id in clear of another declared resource becomes a link to it, as it would be before it was made.
    """

    def __init__(self, declared: Mapping[str, _Told], *, identities: Mapping[str, str], known_ids: bool) -> None:
        self._declared, self._identities = declared, identities
        self._ids = {told[1].lower(): urn for urn, told in declared.items() if known_ids and told[1].startswith("/")}

    def linked(self, value: Any, kind: Kind | None, key: str, sources: tuple[str, ...], *, own: str) -> Any:
        """Put links in place of the values that stand for another declared resource, at any depth of one input.

        `sources` are the URNs that the input was computed from. An unknown value whose source is not plain stays
        unknown; every other value comes back as it is. `own` is the resource itself, which is nobody's link.
        """
        others = tuple(sorted(urn for urn in set(sources) if urn != own))
        words = {_word(steps) for steps in _unknown(value, (key,))} if others else set()
        named = {urn for urn in others for word in words if _means(word, self._kind(urn))}
        told = _Input(own, kind, others, tuple(urn for urn in others if urn not in named))
        return self._at(value, (key,), told)

    def _at(self, value: Any, steps: _Steps, told: _Input) -> Any:
        if value is UNKNOWN:
            return self._source(steps, told) or value
        if isinstance(value, Reference):
            return Reference(self._identities.get(value.urn, value.urn), value.property, value.suffix)
        if isinstance(value, str):
            return self._named(value, told.sources) or self._known(value, told.owner) or value
        if isinstance(value, Mapping):
            return {key: self._at(item, (*steps, key), told) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._at(item, steps, told) for item in self._dealt(value, steps, told)]
        return value

    def _dealt(self, items: Sequence[Any], steps: _Steps, told: _Input) -> Sequence[Any]:
        """Deal out several sources to as many elements of a list that are alike but for their labels.

        Which element has which source is not known, and makes no difference: they say the same. Elements that are not
        alike come back as they are.
        """
        plain = [_unlabelled(item) for item in items]
        if len(items) < _SEVERAL or not self._told_all(told.sources) or any(item != plain[0] for item in plain):
            return items
        places = [path for path in _unknown(plain[0], steps) if self._fits_all(path, len(items), told)]
        if len(places) != 1:
            return items
        found, below = self._meant(_word(places[0]), told.sources), places[0][len(steps) :]
        links = [Reference(self._identities[urn], _property(places[0])) for urn in found]
        return [_put(item, below, link) for item, link in zip(items, links, strict=True)]

    def _fits_all(self, steps: _Steps, count: int, told: _Input) -> bool:
        """Tell whether as many sources are meant by a property's word as there are elements."""
        return len(self._meant(_word(steps), told.sources)) == count

    def _source(self, steps: _Steps, told: _Input) -> Reference | None:
        """Find the one declared resource that an unknown value can stand for; None where it is not plain which."""
        if not self._told_all(told.sources):
            return None
        parent = told.kind.parent if told.kind and told.kind.parent and steps == (told.kind.parent.by,) else None
        suffix = ""
        if parent is not None and parent.type != "*":
            found = [urn for urn in told.sources if same(getattr(self._kind(urn), "arm", ""), parent.type)]
        elif parent is not None:
            found = list(told.sources)
            suffix = SOMEWHERE_BELOW if any(self._has_parts(told.kind, urn) for urn in found) else ""
        else:
            found = self._fitting(_word(steps), told)
        return Reference(self._identities[found[0]], _property(steps), suffix) if len(found) == 1 else None

    def _told_all(self, sources: tuple[str, ...]) -> bool:
        """Tell whether every source was registered: one that was not (a component's own output) may be anything."""
        return bool(sources) and all(urn in self._declared for urn in sources)

    def _kind(self, urn: str) -> Kind | None:
        return self._declared[urn][0] if urn in self._declared else None

    def _has_parts(self, kind: Kind | None, urn: str) -> bool:
        """Tell whether what attaches to anything may stand on a part of a resource instead of on the whole.

        A diagnostic setting is as often a blob service's as its account's, and the program's value says the account.
        """
        owner = self._kind(urn)
        return owner is None or any(one.startswith(f"{owner.arm}/") for one in (kind.attached if kind else ()))

    def _meant(self, word: str, sources: tuple[str, ...]) -> list[str]:
        """Find the sources that a property's word names the type of."""
        return [urn for urn in sources if _means(word, self._kind(urn))]

    def _fitting(self, word: str, told: _Input) -> list[str]:
        """Find the sources that a property may mean: by its own word, or where it names no type, what is left over.

        A group is meant only by name: ids are put together of a group's by hand.
        """
        meant = self._meant(word, told.sources)
        if meant or word in _TYPES:
            return meant
        left = told.sources if len(told.sources) == 1 else told.unnamed
        return [urn for urn in left if self._kind(urn) is not RESOURCE_GROUP] if len(left) == 1 else []

    def _named(self, value: str, sources: tuple[str, ...]) -> Reference | None:
        """Find the source whose id or ARN a known value is, where the cloud is not ARM; None where there is none."""
        for urn in sources:
            _, identity, arn = self._declared.get(urn, (None, "", ""))
            if value and not value.startswith("/") and value in (identity, arn):
                return Reference(self._identities[urn], "arn" if value == arn else "id")
        return None

    def _known(self, value: str, own: str) -> Reference | None:
        """Find the declared resource whose ARM id a known value is, or opens with; None where there is none.

        What stands on another resource (`…/providers/…` behind its id) is not taken for a part of it.
        """
        if not value.startswith("/") or not self._ids:
            return None
        whole = value.rstrip("/")
        steps = whole.split("/")
        for end in range(len(steps), 1, -1):
            head = "/".join(steps[:end])
            urn = self._ids.get(head.lower())
            if urn is not None:
                suffix = whole[len(head) :]
                mine = urn == own or "/providers/" in f"{suffix}/".lower()
                return None if mine else Reference(self._identities[urn], "id", suffix)
        return None


def _unknown(value: Any, steps: _Steps) -> Iterator[_Steps]:
    """Yield the way to each unknown value; positions in lists are left out."""
    if value is UNKNOWN:
        yield steps
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _unknown(item, (*steps, key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _unknown(item, steps)


def _unlabelled(item: Any) -> Any:
    """Return an element without its labels."""
    return {key: item[key] for key in item if key not in _LABELS} if isinstance(item, Mapping) else item


def _put(item: Any, steps: _Steps, link: Reference) -> Any:
    """Put a link at a way below an element; on a way through a list, nothing changes."""
    if not steps:
        return link if item is UNKNOWN else item
    return {**item, steps[0]: _put(item.get(steps[0]), steps[1:], link)} if isinstance(item, Mapping) else item


def _property(steps: _Steps) -> str:
    """Guess which property of its source a value is: its id, unless it is called otherwise."""
    last = steps[-1]
    if last.lower().endswith("name"):
        return "name"
    own = last in ("principalId", "tenantId", "clientId") or last.lower().endswith(("uri", "url"))
    return last if own and last != "resourceUri" else "id"


def _word(steps: _Steps) -> str:
    """Find the word by which a property says what it means: `workspace` for `workspaceResourceId`."""
    own = steps[-1] if len(steps) == 1 or steps[-1].lower() not in _BARE else steps[-2]
    return _singular(re.sub(r"(Resource)?(I[dD]s?|Names?|Ur[il]s?|Arns?)$", "", own).lower())


def _singular(word: str) -> str:
    """Spell a plural as one of its kind: `identities`, `addresses`, `subnets`."""
    for plural, single in (("ies", "y"), ("sses", "ss"), ("ss", "ss"), ("s", "")):
        if word.endswith(plural):
            return word[: -len(plural)] + single
    return word


def _types_word(kind: Kind) -> str:
    """Return the word that a type is called by: `virtualnetwork`, and `bucket` for S3's."""
    return _singular(re.split(r"/|::", kind.arm.removesuffix(" (subscription)"))[-1].lower())


def _means(word: str, kind: Kind | None) -> bool:
    """Tell whether a property's word means a type: it is the type's own, or the end of it, or ends in it."""
    if kind is None or not word:
        return False
    own = _types_word(kind)
    return word == own or (len(word) >= _SHORTEST and own.endswith(word)) or word.endswith(own)


def _words() -> Iterator[str]:
    for kind in KINDS:
        yield _types_word(kind)


_TYPES = frozenset(_words())
