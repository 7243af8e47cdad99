"""What Azure makes because something else is declared: nobody can declare it, and yet it is no stranger."""

from collections.abc import Iterator, Mapping
from typing import Any

from audit.facts import Facts, Unseen, inside
from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.network import PRIVATE_ENDPOINT
from audit.kinds.recoveryservices import REPLICATED_ITEM
from audit.kinds.sql import FAILOVER_GROUP, REPLICATION_LINK
from audit.model import Estate, Resource, same

_REPLICAS = "providerSpecificDetails.protectedManagedDisks[]"
_MAKES = {
    # https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview#os-disk
    VIRTUAL_MACHINE: ("storageProfile.osDisk.managedDisk.id",),
    # https://learn.microsoft.com/azure/private-link/private-endpoint-overview#private-endpoint-properties
    PRIVATE_ENDPOINT: ("networkInterfaces[].id",),
    # https://learn.microsoft.com/azure/site-recovery/azure-to-azure-architecture#target-resources
    REPLICATED_ITEM: (f"{_REPLICAS}.recoveryReplicaDiskId", f"{_REPLICAS}.recoveryTargetDiskId"),
}
"""Kind → where its live answer names what Azure made with it."""


def following(running: Estate, declared: Mapping[str, Resource]) -> Iterator[tuple[str, Resource]]:
    """Yield the id, in lower case, of what Azure made because of something declared, and what declares that.

    `declared` says which live id is declared by what. Something that a resource merely points at is not among these:
    neither a server in a group nor a disk on a machine becomes declared by that.
    """
    for kind, paths in _MAKES.items():
        for resource in running.of(kind):
            declaring = declared.get(resource.id.lower())
            for path in paths if declaring else ():
                yield from ((identity.lower(), declaring) for identity in _texts(resource.body, path) if declaring)
    for machine in running.of(VIRTUAL_MACHINE):
        declaring = declared.get(machine.id.lower())
        if declaring:
            yield from ((disk, declaring) for disk in _disks(machine, declaring))
    for group in running.of(FAILOVER_GROUP):
        declaring = declared.get(group.id.lower())
        if declaring:
            yield from ((copy, declaring) for copy in _copies(group, running, declared))


def _texts(body: Any, path: str) -> Iterator[str]:
    """Yield the texts at a path in which `[]` stands for each element of a list."""
    step, _, rest = path.partition(".")
    value = inside(body, step.removesuffix("[]"))
    items = value if step.endswith("[]") and isinstance(value, list | tuple) else (value,)
    for item in items:
        if rest:
            yield from _texts(item, rest)
        elif isinstance(item, str):
            yield item


def _disks(machine: Resource, declaring: Resource) -> Iterator[str]:
    """Yield the data disks that Azure made with a machine: at the places where its program asks for a new one."""
    new = {
        inside(disk, "lun")
        for disk in _listed(declaring, "storageProfile.dataDisks")
        if not same(str(inside(disk, "createOption")), "Attach")
    }
    for disk in _listed(machine, "storageProfile.dataDisks"):
        if inside(disk, "lun") in new:
            yield from (identity.lower() for identity in _texts(disk, "managedDisk.id"))


def _listed(facts: Facts, path: str) -> tuple[Any, ...]:
    """Return what is listed at a path; empty where nothing was seen there."""
    try:
        return tuple(facts.read(path, list))
    except Unseen:
        return ()


def _copies(group: Resource, running: Estate, declared: Mapping[str, Resource]) -> Iterator[str]:
    """Yield what a failover group makes: itself on its partner, the copies of its databases, and the links to them.

    https://learn.microsoft.com/azure/azure-sql/database/failover-group-sql-db
    """
    databases = [name for name in _texts(group.body, "databases[]") if name.lower() in declared]
    for partner in (server.lower() for server in _texts(group.body, "partnerServers[].id")):
        if partner not in declared:
            continue
        yield f"{partner}/failovergroups/{group.id.rpartition('/')[2]}".lower()
        for database in databases:
            copy = f"{partner}/databases/{database.rpartition('/')[2]}".lower()
            yield copy
            for link in running.of(REPLICATION_LINK):
                if _leads(link, database, copy) or _leads(link, copy, database):
                    yield link.id.lower()


def _leads(link: Resource, start: str, end: str) -> bool:
    """Tell whether a link leads from one database to the server of another."""
    own = link.id.lower().rpartition("/replicationlinks/")[0]
    server = link.body.get("partnerServer")
    return own == start.lower() and isinstance(server, str) and same(server, end.split("/")[-3])
