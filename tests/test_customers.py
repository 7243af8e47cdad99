"""Whose a resource is follows from tags and ids, and what cannot be told is nobody's."""

from datetime import date

import pytest

from audit.customers import owners, owners_of, whose
from audit.facts import UNKNOWN
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.people import Customer, Customers
from tests.support import resource

DAY = date(2026, 10, 5)
BASE = "/subscriptions/s/resourcegroups/g/providers/microsoft.sql/servers/one"


def thing(identity, **tags):
    """Make a resource with an id and tags."""
    return resource(STORAGE_ACCOUNT, identity, {"tags": tags})


def customers(*rows):
    """Make a map of customers."""
    return Customers(customer=rows)


SEVEN = Customer(pseudonym="c-07", tags={"customer": "c-07"}, ids=("*/databases/c-07-*", "*/accounts/seven"))
EIGHT = Customer(pseudonym="c-08", tags={"customer": "c-08", "tier": "gold"})
BOTH = customers(EIGHT, SEVEN)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(thing("a", customer="c-07"), ("c-07",), id="by its tag"),
        pytest.param(thing("a", Customer="C-07"), ("c-07",), id="in any case"),
        pytest.param(thing("a", customer="c-071"), (), id="another value"),
        pytest.param(thing("a", customer="c-08"), (), id="one of two tags"),
        pytest.param(thing("a", customer="c-08", tier="gold"), ("c-08",), id="both tags"),
        pytest.param(thing(f"{BASE}/databases/c-07-mail"), ("c-07",), id="by its id"),
        pytest.param(thing(f"{BASE}/DATABASES/C-07-mail"), ("c-07",), id="by its id in any case"),
        pytest.param(thing(f"{BASE}/databases/c-08-mail"), (), id="another id"),
        pytest.param(thing("/x/accounts/seven/containers/one"), ("c-07",), id="below what is theirs"),
        pytest.param(thing("/x/accounts/seventeen"), (), id="an id that begins alike"),
        pytest.param(
            thing(f"{BASE}/databases/c-07-mail", customer="c-08", tier="gold"), ("c-07", "c-08"), id="two at once"
        ),
        pytest.param(thing("a"), (), id="nobody's"),
    ],
)
def test_an_owner_is_found_by_tags_or_by_id(one, expected):
    """All of the tags, or any of the ids."""
    assert owners(one, BOTH, DAY) == expected


def test_tags_that_are_not_known_tell_of_nobody():
    """What is not seen to be a customer's is not shown as theirs."""
    hidden = resource(STORAGE_ACCOUNT, "a", {"tags": UNKNOWN})
    assert owners(hidden, BOTH, DAY) == ()


@pytest.mark.parametrize(
    ("fields", "theirs"),
    [
        pytest.param({}, True, id="always"),
        pytest.param({"since": DAY}, True, id="from this day"),
        pytest.param({"since": date(2026, 10, 6)}, False, id="from the next day"),
        pytest.param({"until": DAY}, True, id="to this day"),
        pytest.param({"until": date(2026, 10, 4)}, False, id="to the day before"),
    ],
)
def test_a_customer_has_something_while_it_is_one(fields, theirs):
    """The last day counts."""
    found = owners(thing("a", customer="x"), customers(Customer(pseudonym="x", tags={"customer": "x"}, **fields)), DAY)
    assert bool(found) is theirs


@pytest.mark.parametrize("fields", [{}, {"tags": {"customer": ""}}, {"ids": ()}])
def test_a_customer_without_selectors_has_nothing(fields):
    """And not everything."""
    assert owners(thing("a"), customers(Customer(pseudonym="x", **fields)), DAY) == ()


def test_what_stands_below_a_customers_resource_is_theirs():
    """By its id; where a child is another customer's by its own tags, it is both's."""
    found = whose(
        [
            thing(BASE, customer="c-07"),
            thing(f"{BASE}/databases/mail"),
            thing(f"{BASE}/databases/mail/rules/first"),
            thing(f"{BASE}/databases/lent", customer="c-08", tier="gold"),
            thing(f"{BASE}-two/databases/other"),
        ],
        BOTH,
        DAY,
    )
    assert found == {
        BASE: ("c-07",),
        f"{BASE}/databases/mail": ("c-07",),
        f"{BASE}/databases/mail/rules/first": ("c-07",),
        f"{BASE}/databases/lent": ("c-07", "c-08"),
        f"{BASE}-two/databases/other": (),
    }


@pytest.mark.parametrize(
    ("identity", "theirs"),
    [
        pytest.param(BASE, ("c-07",), id="itself"),
        pytest.param(f"{BASE}/subnets/one", ("c-07",), id="a part that a control took out of it"),
        pytest.param(f"{BASE.upper()}/subnets/One", ("c-07",), id="a part that is spelt in another case"),
        pytest.param(f"{BASE}-two/subnets/one", (), id="a part of what is called alike"),
        pytest.param("", (), id="the estate"),
    ],
)
def test_a_part_of_a_resource_is_whose_the_resource_is(identity, theirs):
    """Else what is broken in one customer's network would count as everybody's."""
    assert owners_of(identity, whose([thing(BASE, customer="c-07")], BOTH, DAY)) == theirs
