"""What people say and answer for, by role and never by name: attestations, exceptions, breaches and customers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

import msgspec

TARGETS = "AT-14"
"""The attestation that is about the values of targets, and not about a document."""


class AttestationKind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one sort of attestation is about, and how long such a word is worth anything."""

    title: str
    months: int
    """The longest that it may hold, counted from the day on which somebody looked."""


class Attestation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A human's dated, expiring word for what no machine can see (`policies/attestations.toml`)."""

    id: str
    """What is attested, as commitments name it (`AT-03`); `AT-14` is the word for targets."""
    role: str
    looked_at: str
    """What the person looked at, in a sentence."""
    on: date
    until: date
    """The last day on which it holds."""
    evidence: str
    """SHA-256 of what was looked at; for targets that of their values as RFC 8785 writes them."""
    targets: tuple[str, ...] = ()
    """For `AT-14`: the dotted names of the targets that are attested; a table's name stands for all in it."""
    controls: tuple[str, ...] = ()
    """Left empty unless the word is about single controls: it then serves only the promises that these prove."""


class AttestationState(StrEnum):
    """Whether an attestation holds on a day, the worst first."""

    CHANGED = "what was attested has changed"
    EXPIRED = "expired"
    AHEAD = "not yet in force"
    ENDING = "near expiry"
    VALID = "valid"


class AttestationResult(msgspec.Struct, frozen=True, kw_only=True):
    """An attestation and whether it holds."""

    attestation: Attestation
    state: AttestationState
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether it counts as evidence."""
        return self.state in (AttestationState.VALID, AttestationState.ENDING)


class Response(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The management's answer to an exception (`policies/exceptions.toml`)."""

    control: str
    resource: str
    """The resource's name; empty for what is about the whole estate."""
    cause: str
    response: str
    risk: str
    """The risk to people, in a sentence."""
    owner: str
    """A role."""
    due: date
    closed: date | None = None
    breach: str = ""
    """The id of the breach that it was assessed as (Art. 33); empty where it was none."""
    breach_reason: str = ""
    """Why it was or was not one."""


class Breach(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the breach register (`policies/breaches.toml`): facts, effects, remedies (Art. 33(5))."""

    id: str
    aware: datetime
    """When the company became aware of it: the clock starts."""
    notified: datetime | None = None
    """When the controllers concerned were told: the clock stops."""
    customers: tuple[str, ...] = ()
    """Their pseudonyms."""
    facts: str
    effects: str = ""
    remedy: str = ""
    owner: str
    late: str = ""
    """Why notice was late or was not given, where that is so."""
    closed: datetime | None = None


class Customer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pseudonym, and what of the estate is theirs (`policies/customers.toml`)."""

    pseudonym: str
    tags: Mapping[str, str] = {}
    """Tag → value, without case; all of them must match."""
    ids: tuple[str, ...] = ()
    """Patterns of resource ids (`*/databases/c-07-*`), without case."""
    since: date | None = None
    until: date | None = None
    """The last day on which they were a customer."""


class Shared(StrEnum):
    """What a customer's edition says of what serves several customers."""

    SUMMARISED = "summarised"
    """Verdicts and counts by control, without a name or a reason."""
    LEFT_OUT = "left out"


class Customers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose is what."""

    customer: tuple[Customer, ...] = ()
    shared: Shared = Shared.SUMMARISED
