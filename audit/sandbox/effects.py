"""What happens at the end of work that took its time: the name of each effect, and what brings it about."""

from collections.abc import Mapping

from audit.sandbox import blob_backups, blob_ranges, recovery, sql_restores
from audit.sandbox.jobs import Effect

EFFECTS: Mapping[str, Effect] = {
    **recovery.EFFECTS,
    **sql_restores.EFFECTS,
    **blob_backups.EFFECTS,
    **blob_ranges.EFFECTS,
}
