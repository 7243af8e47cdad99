"""What a nested deployment declares under a name that no row knows may be a known kind: it hides its siblings."""

import pytest

from audit.kinds.dns import DNS_ZONE, RECORD_SET
from audit.kinds.resources import DEPLOYMENT
from audit.sources.nested import expand
from tests.support import resource


def deployed(type_name):
    """Open a deployment that declares one resource of a type."""
    item = {"type": type_name, "name": "a/@", "properties": {"MXRecords": []}}
    return expand(resource(DEPLOYMENT, "nested", {"template": {"resources": [item]}}))


def test_a_child_that_arm_spells_otherwise_is_of_its_kind():
    """A foreign mail exchanger must not pass because ARM calls its record set by its type."""
    opened = deployed("Microsoft.Network/dnszones/MX")
    (found,) = opened.resources
    assert (found.type, found.body["type"], found.body["name"]) == (
        RECORD_SET.arm,
        "Microsoft.Network/dnszones/MX",
        "@",
    )
    assert not opened.gaps


def test_a_child_that_no_row_knows_hides_the_kinds_beside_it():
    (gap,) = deployed("Microsoft.Network/dnszones/HTTPS").gaps
    assert gap.hides(RECORD_SET)
    assert not gap.hides(DNS_ZONE)


@pytest.mark.parametrize("type_name", [DNS_ZONE.arm, "Microsoft.Unheard/of", "Microsoft.Unheard/of/children"])
def test_a_known_kind_and_a_stranger_hide_nothing(type_name):
    """One is judged, the other is listed as not assessed."""
    assert not deployed(type_name).gaps
