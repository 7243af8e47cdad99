"""Whose a resource is: customers by their pseudonyms, nobody, or several at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fnmatch import fnmatchcase

from audit.facts import Unseen
from audit.model import Resource, same
from audit.people import Customer, Customers


def owners(resource: Resource, customers: Customers, day: date) -> tuple[str, ...]:
    """Return the pseudonyms of those whose a resource is on `day` by its own tags and id, in order; empty for nobody.

    A child of what an id's pattern names is theirs, too. A customer without selectors has nothing, and so has one on a
    day outside of its time. Tags that cannot be read tell of nobody.
    """
    return tuple(
        sorted(
            customer.pseudonym
            for customer in customers.customer
            if _is_customer(customer, day) and (_tagged(resource, customer) or _named(resource, customer))
        )
    )


def whose(resources: Iterable[Resource], customers: Customers, day: date) -> Mapping[str, tuple[str, ...]]:
    """Return the owners of each resource by its id, in which a child is also theirs whose its parents are.

    A child is what an id continues: `…/servers/one/databases/two` is one of `…/servers/one`. Where a child's own tags
    name another customer than its parent's, it is both's, and so shared: neither is shown what is the other's.
    """
    own = {resource.id: owners(resource, customers, day) for resource in resources}
    return {
        identity: tuple(sorted({name for higher in above(identity) for name in own.get(higher, ())}))
        for identity in own
    }


def owners_of(identity: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return whose something is by what `whose` told; nobody's where it is not known.

    What a control took out of a resource, such as a network's subnet, is whose the resource is.
    """
    places = (*above(identity), *above(identity.lower()))
    return next((known[place] for place in places if place in known), ())


def above(identity: str) -> tuple[str, ...]:
    """Return an id, and every id that it may be a child's of, the whole one first."""
    found = [identity]
    while (higher := found[-1].rpartition("/")[0]) and higher != found[-1]:
        found.append(higher)
    return tuple(found)


def _is_customer(customer: Customer, day: date) -> bool:
    return (customer.since is None or customer.since <= day) and (customer.until is None or day <= customer.until)


def _tagged(resource: Resource, customer: Customer) -> bool:
    """Tell whether a resource bears all of a customer's tags; no tag at all means nothing."""
    try:
        return bool(customer.tags) and all(
            bool(value) and same(resource.tag(name), value) for name, value in customer.tags.items()
        )
    except Unseen:
        return False


def _named(resource: Resource, customer: Customer) -> bool:
    """Tell whether a customer's pattern matches the resource's id, or one that it continues."""
    return any(
        fnmatchcase(higher.lower(), pattern.lower()) for higher in above(resource.id) for pattern in customer.ids
    )
