"""Puts a resource into Azure together with what Azure makes by itself: above it, apart from it and beside it."""

from collections.abc import Callable, Mapping
from typing import Any

from audit.kinds.web import WEB_APP, WEB_APP_CONFIG, WEB_APP_SLOT, WEB_APP_SLOT_CONFIG
from audit.model import Kind
from audit.sandbox.made import Read, above, beside, completed

Put = Callable[[str, str, dict[str, Any]], object]
"""Puts a resource: its ARM id, the API version, ARM's JSON."""

_CONFIG = {WEB_APP.arm: WEB_APP_CONFIG, WEB_APP_SLOT.arm: WEB_APP_SLOT_CONFIG}
"""Kinds whose `siteConfig` is read apart from them, at `config/web`."""


class Placing:
    """Puts resources one by one, and remembers what came with them."""

    def __init__(self, put: Put, read: Read) -> None:
        self.made: dict[str, None] = {}
        """The ids, in lower case, of what nobody declared."""
        self._put, self._read = put, read

    def place(self, kind: Kind, identity: str, body: dict[str, Any]) -> None:
        """Put a resource, with what must stand above it first; `body` is ARM's own JSON. Raises what `put` raises."""
        self._place_above(identity)
        full = completed(kind, identity, body)
        config = _CONFIG.get(kind.arm)
        settings = full.get("properties", {}).pop("siteConfig", None) if config else None
        self._put(identity, kind.api, full)
        if config and settings:
            self._put(f"{identity}/config/web", config.api, {"properties": settings})

    def place_beside(self, kind: Kind, identity: str) -> None:
        """Make what Azure makes next to a resource, such as a database's copy on the partner server."""
        for path, made, body in beside(kind, identity, self._read):
            self._put(path, made.api, body)
            self.made[path.lower()] = None

    def _place_above(self, identity: str) -> None:
        """Make what a resource stands below and Azure makes by itself, such as a network watcher."""
        for path, kind, region in above(identity):
            if path.lower() not in self.made and self._read(path, kind.api) is None:
                parent = {} if region else self._read("/".join(path.split("/")[:-2]), kind.api) or {}
                self._put(path, kind.api, {"location": region or parent.get("location")})
                self.made[path.lower()] = None


def whole(kind: Kind, identity: str, answer: Mapping[str, Any], read: Read) -> dict[str, Any]:
    """Return what Azure answers of a resource with what it keeps apart from it; `answer` alone where that is nothing.

    A site answers its settings at `config/web`:
    https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration
    """
    config = _CONFIG.get(kind.arm)
    apart = read(f"{identity}/config/web", config.api) if config else None
    if apart is None:
        return dict(answer)
    return {**answer, "properties": {**answer.get("properties", {}), "siteConfig": apart.get("properties", {})}}
