"""How a company drills: what must be recoverable, where copies may lie, who may allow it, and how much at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec

from audit.drill_record import DrillKind


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the rules; a misspelt key is an error and not a rule left out."""


class Class(_Strict, frozen=True, kw_only=True):
    """One class of what must be recoverable: everything declared of these types."""

    kind: DrillKind
    types: tuple[str, ...] = ()
    """ARM or AWS types; what is declared of them is in scope. Empty where nothing declares it, as with mailboxes."""
    named: tuple[str, ...] = ()
    """More of it that no stack declares, such as mailbox databases, by the name or id that the drill uses."""
    tier: str
    weight: int = 1
    """How much sooner its turn comes than that of weight 1."""
    drills: tuple[str, ...]
    """The drills that commitments name (`BCK-13`) which a drill of it is."""
    methods: tuple[str, ...]
    """The ways in which it is restored, taken in turn (`point-in-time`, `geo`, `long-term`)."""
    target: str
    """The table of targets.toml with `rpo_minutes` and `rto_minutes` for it, such as `recovery.sql`."""
    targets: Mapping[str, str] = {}
    """Method → another table, for what is restored from an older copy."""
    without: tuple[str, ...] = ()
    """Patterns of ids that are no part of the class (`*/databases/master`), `*` for anything, without case."""
    subscription: str = ""
    """Where its copies lie instead, for what its vault restores into no other subscription."""
    facts: Mapping[str, str | tuple[str, ...]] = {}
    """What its kind needs to know of each, such as the `files` of a machine that a manifest holds."""
    left_out: tuple[LeftOut, ...] = ()


class LeftOut(_Strict, frozen=True, kw_only=True):
    """One that is in scope all the same, and cannot be drilled; the reason stands in every report."""

    name: str
    """Its id or its name, or a pattern of ids."""
    reason: str


class NegativeControl(_Strict, frozen=True, kw_only=True):
    """Something damaged on purpose, which a drill must find."""

    kind: DrillKind
    id: str
    method: str
    damage: str
    """What was done to it, in words."""


class Freeze(_Strict, frozen=True, kw_only=True):
    """A time in which nothing is drilled."""

    begins: Annotated[datetime, msgspec.Meta(tz=True)]
    ends: Annotated[datetime, msgspec.Meta(tz=True)]
    reason: str


class Authorisation(_Strict, frozen=True, kw_only=True):
    """Who may allow a drill; roles, not names."""

    by: tuple[str, ...]
    two_persons: tuple[str, ...] = ()
    """The subscriptions whose drills two roles must allow, those in which production runs."""


class Budget(_Strict, frozen=True, kw_only=True):
    """How much is drilled at once and in one run."""

    at_once: Annotated[int, msgspec.Meta(ge=1)] = 2
    items: Annotated[int, msgspec.Meta(ge=1)] = 10
    minutes: Annotated[int, msgspec.Meta(ge=1)] = 240
    """No drill begins later than this after the first; what has begun is brought to its end."""
    gigabytes: Annotated[int, msgspec.Meta(ge=1)] = 1024
    """The most that is restored in one run."""


class DrillRules(_Strict, frozen=True, kw_only=True):
    """The whole of `policies/drills.toml`."""

    subscription: str = ""
    """Where copies are restored to: one in which nothing of production is."""
    identity: str = ""
    """The object id of the identity that restores; it is not the auditor's."""
    sweeper: str = ""
    """The object id of the identity that sweeps up, which may be the same as nobody else's."""
    region: str = ""
    """Where copies are restored to, where the method does not say another one; it must be a promised region."""
    owner: str = ""
    """The role that answers for what drills leave behind."""
    expires_hours: int = 24
    """Hours after which the sweeper takes what a drill made."""
    authorisation: Authorisation = Authorisation(by=())
    budget: Budget = Budget()
    freeze: tuple[Freeze, ...] = ()
    classes: tuple[Class, ...] = msgspec.field(name="class", default=())
    negative_controls: tuple[NegativeControl, ...] = msgspec.field(name="negative_control", default=())

    def subscriptions(self) -> tuple[str, ...]:
        """Return every subscription that drills write to, the drills' own first."""
        named = (self.subscription, *(one.subscription for one in self.classes))
        return tuple(dict.fromkeys(name for name in named if name))
