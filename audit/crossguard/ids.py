"""Finds the ids of what a stack declares: the engine tells a policy of none, and links are told by them."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from pulumi.runtime.proto import analyzer_pb2

from audit.estate import IndexedEstate
from audit.identity import Identities
from audit.model import Plane, Snapshot
from audit.placement import all_inside
from audit.sources.registered import Registration, declared

_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)/", re.IGNORECASE)


def subscriptions(told: Iterable[analyzer_pb2.AnalyzerResource]) -> dict[str, str]:
    """Return the subscription that each resource's provider is set up for, by URN; nothing of one that names none."""
    settings = {one.urn: one.provider.properties.fields for one in told}
    named = {urn: given["subscriptionId"].string_value for urn, given in settings.items() if "subscriptionId" in given}
    return {urn: subscription for urn, subscription in named.items() if subscription}


def identified(
    registrations: Iterable[Registration], subscription_of: Mapping[str, str], *, seen_at: datetime
) -> tuple[Registration, ...]:
    """Give each registration its ARM id, as far as its names say it.

    An id is made of names, and all of those are known once a stack is deployed. Where a provider names no subscription,
    it is the one that the first id in the stack names. What has no id that is known stays without one.
    """
    given = tuple(registrations)
    found = declared(given, plane=Plane.PREVIEW, seen_at=seen_at)
    estate = IndexedEstate(
        Snapshot(plane=Plane.PREVIEW, origin="", seen_at=seen_at, resources=found.resources, gaps=found.gaps)
    )
    texts = (text for one in given for text in all_inside(one.inputs, str))
    usual = next((name for text in texts for name in _SUBSCRIPTION.findall(f"{text}/")), "")
    identities: dict[str, Identities] = {}
    return tuple(
        msgspec.structs.replace(
            one, id=one.id or _identity(one, subscription_of.get(one.urn, usual), estate, identities)
        )
        for one in given
    )


def owners(registrations: Iterable[Registration]) -> dict[str, str]:
    """Return the URN of each registration by its URN, and by its ARM id in lower case where it has one."""
    known = {one.urn: one.urn for one in registrations}
    return known | {one.id.lower().rstrip("/"): one.urn for one in registrations if one.id}


def owner(identity: str, known: Mapping[str, str]) -> str:
    """Return the URN of the registration that a resource came of: its own, or the one that holds it.

    Empty where none is known, as for the estate as a whole: the engine then takes the stack itself.
    """
    while identity and identity not in known:
        identity = identity.rpartition("/")[0]
    return known.get(identity, "")


def _identity(one: Registration, subscription: str, estate: IndexedEstate, known: dict[str, Identities]) -> str:
    """Work out one ARM id; empty where it cannot be."""
    resource = estate.get(one.urn)
    if resource is None or not subscription:
        return ""
    identities = known.setdefault(subscription, Identities(estate, subscription=subscription))
    return identities.of(resource).id or ""
