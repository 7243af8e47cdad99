"""Runs of data checks against what this machine serves."""

from datetime import UTC, datetime

from audit.model import Targets
from audit.sources.data.inside import Inside

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


def inside(targets=None, **more):
    """Return a run by `targets` (table → name → value)."""
    return Inside(targets=Targets(targets or {}), now=NOW, **more)
