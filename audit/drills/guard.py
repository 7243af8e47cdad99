"""Where a drill may write: into its own group, and beyond it only what its kind names."""

from __future__ import annotations

import re
from collections.abc import Callable

from audit.drills.drill import Kind


def rule(kind: Kind, *, subscription: str, name: str) -> Callable[[str, str], str]:
    """Return what says why a method on a path must not be, empty where it may: for the drill of this `name`."""
    own = f"/subscriptions/{subscription}/resourcegroups/{name}".lower()
    patterns = [re.compile(text.replace("{name}", re.escape(name)), re.IGNORECASE) for text in kind.writes]

    def may(method: str, path: str) -> str:
        if ".." in path or "?" in path or "#" in path:
            return "it is no plain path"
        if (path.lower() == own or path.lower().startswith(f"{own}/")) and subscription:
            return ""
        if any(pattern.fullmatch(f"{method} {path}") for pattern in patterns):
            return ""
        return "it is not the drill's own"

    return may
