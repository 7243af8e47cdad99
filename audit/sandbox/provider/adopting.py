"""Whether what is there already is what a run was about to make, as after one that was killed half way."""

from collections.abc import Mapping
from typing import Any


def agrees(wanted: Any, found: Any, *, whole: bool) -> bool:
    """Tell whether what Azure holds is what is to be made, or without `whole` a part of that.

    Azure adds to a resource, spells ids as it likes, and gives the children that a parent lists in an order of its own;
    a child that nobody wants is a difference.
    """
    if found in (None, [], {}):
        return not whole or found == wanted or wanted in (None, [], {})
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        theirs = {key.lower(): item for key, item in found.items()}
        return all(agrees(item, theirs.get(key.lower()), whole=whole) for key, item in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return _agree(wanted, found, whole=whole)
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted.lower() == found.lower()
    return bool(wanted == found)


def _agree(wanted: list[Any], found: list[Any], *, whole: bool) -> bool:
    """Compare two lists: by names where all in them have one, and place by place otherwise."""
    ours, theirs = (_by_name(items) for items in (wanted, found))
    if ours is None or theirs is None:
        return len(wanted) == len(found) and all(agrees(*pair, whole=whole) for pair in zip(wanted, found, strict=True))
    return theirs.keys() <= ours.keys() and all(
        agrees(item, theirs.get(name), whole=whole) for name, item in ours.items()
    )


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    """Return the items of a list by their names; None where one has none, or two have the same."""
    named = {str(item["name"]).lower(): item for item in items if isinstance(item, Mapping) and "name" in item}
    return named if len(named) == len(items) else None
