"""What read-only checks inside the data find; rows of our own, since no cloud holds these.

A body holds counts, names of columns and salted digests: never a value of a row. The modules of `audit/sources/data/`
say what stands in each.
"""

from audit.kind import DATA, Kind, Scope


def _row(name: str) -> Kind:
    """Make the row of something that is only seen inside the data."""
    return Kind(arm=f"{DATA}{name}", api="", pulumi=(), scope=Scope.TENANT)


TABLE = _row("sql.Table")
"""A table that a promise speaks of: its columns, beside those that are promised."""
RULE = _row("sql.Rule")
"""A rule that all rows of a database keep: how many there are, and how many break it."""
SCAN = _row("scan.Place")
"""A place that was searched for numbers of cards and of persons: how much of it, and what was found."""
BACKUP_LIST = _row("backup.DatabaseList")
"""The mailbox databases that there are, beside those that the backup of the mail servers holds."""
OFFSITE_LIST = _row("offsite.Manifest")
"""What the archive lists beside what the copy elsewhere holds."""
OFFSITE_SAMPLE = _row("offsite.Sample")
"""A sample of the copy elsewhere: whether each is ciphertext under our key."""
BREACH = _row("breach.Clock")
"""A confirmed breach: from when it was found to when the customer and the Commissioner were told."""
