"""What was begun and did not come to its end: the resource is there, and the engine must know it."""

from audit.model import AuditError


class Unfinished(AuditError):
    """A request that Azure accepted, and whose work then failed: the resource of this id may be there."""

    def __init__(self, identity: str, why: str) -> None:
        super().__init__(f"{identity} was begun and {why}. Run the command again.")
        self.identity = identity
