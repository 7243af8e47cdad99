"""Whether what is bound to a vault is a Resource Guard, and whether that lies apart from the vault."""

from audit.kinds.dataprotection import RESOURCE_GUARD
from audit.model import Estate, Resource, Ruling, Unseen, broken, kept, same

_GUARD = "resourceGuardResourceId"


def names_a_guard(proxy: Resource, estate: Estate) -> bool:
    """Tell whether a proxy points to a guard; one in another subscription is known by its id alone.

    Raises `Unseen` for any other id that is not in the estate.
    """
    link = proxy.link(_GUARD)
    if isinstance(link, str) and f"/providers/{RESOURCE_GUARD.arm}/".casefold() in link.casefold():
        return True
    return same(estate.target(proxy, _GUARD).type, RESOURCE_GUARD.arm)


def apart(vault: Resource, proxy: Resource) -> Ruling:
    """Rule on where a guard lies; raises `Unseen` where what is bound is no id of Azure's."""
    guard = proxy.read(_GUARD, str)
    group, found, _ = guard.partition("/providers/")
    if not found:
        raise Unseen(f"{guard} is no id of Azure's")
    if same(group, vault.id.partition("/providers/")[0]):
        return broken("the guard lies in the vault's own resource group, promised another", subject=proxy)
    return kept(f"the vault asks a second person, and the guard lies in {group}")
