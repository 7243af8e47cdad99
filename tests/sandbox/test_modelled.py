"""Every kind of the audit that Azure holds is modelled: it can be put, read and listed where its row says."""

import re

import pytest

from audit.kinds import KINDS
from audit.sandbox.address import parse
from audit.sandbox.modelled import kind_of, types_listed

ARM = [pytest.param(kind, id=kind.arm) for kind in KINDS if kind.path]


def filled(path):
    """Put a name in the place of each parameter of a path; a scope is a resource group."""
    scoped = re.sub(r"^/\{[^}]+\}", "/subscriptions/s/resourceGroups/g", path)
    return re.sub(r"\{[^}]+\}", "name", scoped)


@pytest.mark.parametrize("kind", ARM)
def test_a_resource_stands_where_its_row_says(kind):
    address = parse(filled(kind.path))
    assert address is not None
    assert not address.collection
    found = kind_of(address.type)
    assert found is not None
    assert found.arm.removesuffix(" (subscription)").rpartition("/")[0] in kind.arm


@pytest.mark.parametrize("kind", ARM)
def test_a_collection_lists_the_type_that_stands_below_it(kind):
    resource = parse(filled(kind.path))
    collection = parse(resource.path.rpartition("/")[0])
    assert collection.collection
    assert resource.type in types_listed(collection)


LISTED = [pytest.param(kind, id=kind.arm) for kind in KINDS if kind.path and kind.listing]


@pytest.mark.parametrize("kind", LISTED)
def test_a_listing_elsewhere_lists_the_kind(kind):
    parent = next((found for found in KINDS if kind.parent and found.arm == kind.parent.type), None)
    root = filled(parent.path) if parent and "providers/" not in kind.listing else "/subscriptions/name"
    listing = kind.listing if kind.listing.startswith("/subscriptions") else f"{root}/{kind.listing}"
    collection = parse(filled(listing.partition("?")[0]))
    assert collection.collection
    assert parse(filled(kind.path)).type in types_listed(collection)
