"""What happens at the end of work that took its time: the name of each effect, and what brings it about."""

from collections.abc import Mapping

from audit.sandbox.jobs import Effect

EFFECTS: Mapping[str, Effect] = {}
