"""How far a drill is, in the order in which it goes."""

from enum import StrEnum


class State(StrEnum):
    """How far a drill is."""

    PLANNED = "planned"
    PREFLIGHT = "preflight"
    AUTHORISED = "authorised"
    SELECTED = "selected"
    ISOLATING = "isolating"
    ISOLATED = "isolated"
    RESTORING = "restoring"
    RESTORED = "restored"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    FAILING = "failing"
    ABORTED = "aborted"
    TEARING_DOWN = "tearing-down"
    CLEANUP_STUCK = "cleanup-stuck"
    TORN_DOWN = "torn-down"
    RESIDUE_CHECKED = "residue-checked"
    ENDED = "ended"
    """All is done but to seal the record, which a pack does."""
