"""Management locks: what stands below one is not deleted, and below a read-only one not changed either."""

from collections.abc import Iterator

from audit.sandbox.address import Address
from audit.sandbox.answers import Refusal
from audit.sandbox.store import Store

_TYPE = "microsoft.authorization/locks"
_ENDED_BY = "/providers/microsoft.authorization/locks/"


def demand_unlocked(store: Store, address: Address, verb: str) -> None:
    """Raise 409 where a lock forbids to `delete` or `write` a resource; locks themselves may always go.

    A lock holds for all below its scope, and keeps what its scope stands in from being deleted.
    https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
    """
    if address.type == _TYPE:
        return
    locked = sorted(_scopes(store, address, verb))
    if locked:
        message = (
            f"The scope '{address.path}' cannot perform {verb} operation because following scope(s) are locked: "
            f"'{','.join(locked)}'. Please remove the lock and try again."
        )
        raise Refusal(409, "ScopeLocked", message)


def _scopes(store: Store, address: Address, verb: str) -> Iterator[str]:
    """Yield the scopes of the locks that stand in the way."""
    for lock in store.listed(_TYPE):
        scope = lock["id"][: lock["id"].lower().rindex(_ENDED_BY)]
        read_only = lock.get("properties", {}).get("level") == "ReadOnly"
        below = f"{address.id}/".startswith(f"{scope.lower()}/")
        above = verb == "delete" and f"{scope.lower()}/".startswith(f"{address.id}/")
        if (below or above) and (verb == "delete" or read_only):
            yield scope
