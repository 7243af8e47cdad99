"""What a customer's edition may not say is taken out of every text of it, whoever wrote it there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from hashlib import sha256
from typing import Any, TypeVar, cast

import msgspec

from audit.people import Customer, Customers
from audit.quarters.timeline import Timeline
from audit.quarters.views import Theirs

T = TypeVar("T")
WITHHELD = "withheld: it names what is another's"
_SUBSCRIPTION = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_LEAST = 4
"""Shorter names are words of the language more often than anyone's."""


def names_of_others(line: Timeline, view: Theirs) -> frozenset[str]:
    """Return the names of resources that are not this customer's alone, in lower case, unless it has one so called.

    A shared one that is called by a plain word is not among them: `backup` in a text names nobody.
    """
    own: set[str] = set()
    others: set[str] = set()
    for sight in line.sights:
        for resource in sight.pack.snapshot.resources if sight.pack.snapshot else ():
            names = {part.lower() for part in (resource.name, *resource.name.split("/"))}
            if view.owns(resource.id, sight.pack):
                own |= names
            else:
                shown = view.shows(resource.id, sight.pack)
                others |= {name for name in names if not shown or _is_telling(name)}
    return frozenset(name for name in others - own if len(name) >= _LEAST)


def _is_telling(name: str) -> bool:
    """Tell whether a name is no plain word, so that a text that holds it can mean nothing else."""
    return len(name) > _LEAST and not name.isalpha()


def scrubber(names: frozenset[str], customer: str, customers: Customers) -> Callable[[str], str]:
    """Return what withholds a text that names another customer or what is not theirs, and gives any other as it is."""
    telling = sorted(name for name in names if _is_telling(name))
    stranger = pseudonyms(customer, customers, tags=True)

    def scrubbed(text: str) -> str:
        lowered = text.lower()
        found = not names.isdisjoint(_WORD.findall(lowered)) or any(name in lowered for name in telling)
        return WITHHELD if found or stranger(text) else text

    return scrubbed


def pseudonyms(customer: str, customers: Customers, *, tags: bool = False) -> Callable[[str], bool]:
    """Return what tells whether a text holds another customer's pseudonym, or with `tags` a value that marks theirs."""
    words = {word for one in customers.customer if one.pseudonym != customer for word in _marks(one, tags=tags)}
    own = {word for one in customers.customer if one.pseudonym == customer for word in _marks(one, tags=tags)}
    known = sorted(word for word in words - own if word)
    if not known:
        return lambda _: False
    one_of = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)
    return lambda text: one_of.search(text) is not None


def _marks(customer: Customer, *, tags: bool) -> tuple[str, ...]:
    return (customer.pseudonym, *(customer.tags.values() if tags else ()))


def every_text(value: T, change: Callable[[str], str]) -> T:
    """Return a value with `change` made to each text in it, however deep; words of an enumeration and keys stay."""
    changed: Any = value
    if isinstance(value, str) and not isinstance(value, Enum):
        changed = change(value)
    elif isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        changed = msgspec.structs.replace(value, **{name: every_text(item, change) for name, item in fields.items()})
    elif isinstance(value, Mapping):
        changed = {key: every_text(item, change) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        changed = type(value)(every_text(item, change) for item in value)
    return cast(T, changed)


def obscured(text: str) -> str:
    """Spell each id of a subscription or tenant as eight digits of its digest: the same for the same, and no more."""
    return _SUBSCRIPTION.sub(lambda found: f"id-{sha256(found[0].lower().encode()).hexdigest()[:8]}", text)
