"""Where a drill may write: into its own group, and beyond it only what its kind names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from audit.drills.drill import Kind


def rule(kind: Kind, *, subscription: str, name: str) -> Callable[[str, str], str]:
    """Return what says why a method on a path must not be, empty where it may: for the drill of this `name`."""
    own = f"/subscriptions/{subscription}/resourcegroups/{name}".lower()
    beside = only(text.replace("{name}", re.escape(name)) for text in kind.writes)

    def may(method: str, path: str) -> str:
        if subscription and _plain(path) and (path.lower() == own or path.lower().startswith(f"{own}/")):
            return ""
        return beside(method, path)

    return may


def only(patterns: Iterable[str]) -> Callable[[str, str], str]:
    """Return what lets through the writes alone that one of these patterns of `METHOD path` fits."""
    known = [re.compile(text, re.IGNORECASE) for text in patterns]

    def may(method: str, path: str) -> str:
        if _plain(path) and any(pattern.fullmatch(f"{method} {path}") for pattern in known):
            return ""
        return "it is not the drill's own"

    return may


def _plain(path: str) -> bool:
    """Tell whether a path leads where it seems to lead."""
    return ".." not in path and not set(path) & set("?#%")
