"""Says what of an estate nobody looked at from outside: a door that was not knocked at is not shut."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from audit.facts import Unseen
from audit.kinds.aws import BUCKET
from audit.kinds.network import PUBLIC_IP_ADDRESS
from audit.kinds.probes import ADDRESS, MAIL_DOOR, STORE_DOOR, TLS_DOOR
from audit.kinds.storage import BLOB_CONTAINER, STORAGE_ACCOUNT
from audit.kinds.web import WEB_APP
from audit.model import Gap, Kind, Resource
from audit.sources.looking import held
from audit.sources.probes.declared_floor import store_host
from audit.sources.probes.own import networks_of
from audit.sources.probes.stores import met

Estate = Sequence[Resource]


class _Debt(msgspec.Struct, frozen=True):
    """What a probe owes an estate."""

    kind: Kind
    """What it brings of each."""
    of: tuple[Kind, ...]
    """The kinds of the estate that it looks at."""
    named: Callable[[Estate], Iterator[str]]
    """The names of what must be met; raises `Unseen` where one cannot be told."""
    met: Callable[[Resource], object]
    """The name by which something was met."""


def owed(estate: Estate, hidden: Sequence[Gap], found: Estate, looked: Collection[str]) -> tuple[Gap, ...]:
    """Return a gap for each of the kinds `looked` for, by name, of which an estate holds more than was `found`.

    `hidden` is what that estate may hold besides. Nothing is owed of kinds that nobody looked for.
    """
    return tuple(
        Gap(why, (debt.kind.arm,))
        for debt in _DEBTS
        if debt.kind.arm in looked and (why := _why(debt, estate, hidden, found))
    )


def _why(debt: _Debt, estate: Estate, hidden: Sequence[Gap], found: Estate) -> str:
    """Say what is owed; empty where nothing is."""
    try:
        theirs = [one for kind in debt.of for one in held(tuple(estate), tuple(hidden), kind)]
        left = sorted(set(debt.named(theirs)) - {debt.met(one) for one in found if one.type == debt.kind.arm})
    except Unseen as error:
        return str(error)
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    return f"nobody looked at {left[0]}{more} of the estate: give it to audit probe with --estate" if left else ""


def _addresses(estate: Estate) -> Iterator[str]:
    return (str(address) for network in networks_of(estate) for address in network)


def _hosts(estate: Estate) -> Iterator[str]:
    for one in estate:
        if one.type == STORAGE_ACCOUNT.arm:
            place = store_host(one)
            yield from place[:1] if place else ()
        else:
            yield from (name.lower() for name in one.texts("hostNames"))


def _stores(estate: Estate) -> Iterator[str]:
    return (url or name for name, url in met(estate))


_DEBTS = (
    _Debt(ADDRESS, (PUBLIC_IP_ADDRESS,), _addresses, lambda one: one.name),
    _Debt(MAIL_DOOR, (PUBLIC_IP_ADDRESS,), _addresses, lambda one: one.name.rpartition(":")[0]),
    _Debt(TLS_DOOR, (STORAGE_ACCOUNT, WEB_APP), _hosts, lambda one: one.body.get("host")),
    _Debt(STORE_DOOR, (STORAGE_ACCOUNT, BLOB_CONTAINER, BUCKET), _stores, lambda one: one.name),
)
