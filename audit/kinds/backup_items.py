"""What Azure Backup still lists of an item that was deleted."""

from audit.model import Resource, Ruling, not_applicable

_DELETED = "isScheduledForDeferredDelete"
UNDELETED = {
    _DELETED: "https://learn.microsoft.com/rest/api/backup/protected-items/get: set on an item that was deleted and "
    "can still be brought back"
}


def deleted(item: Resource) -> Ruling | None:
    """Rule that a control applies to no deleted item; None for one that is protected."""
    if item.read(_DELETED, bool, absent=False) is True:
        return not_applicable("it was deleted and can still be brought back; nothing is backed up by it")
    return None
