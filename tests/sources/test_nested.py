"""What a nested deployment declares under a name that no row knows may be a known kind: it hides its siblings."""

import pytest

from audit.kinds.dns import DNS_ZONE, RECORD_SET
from audit.kinds.resources import DEPLOYMENT
from audit.sources.nested import expand
from tests.support import resource


def deployed(type_name):
    """Open a deployment that declares one resource of a type."""
    item = {"type": type_name, "name": "a/b", "properties": {"MXRecords": []}}
    return expand(resource(DEPLOYMENT, "nested", {"template": {"resources": [item]}}))


def test_a_child_spelt_otherwise_hides_the_kinds_beside_it():
    """A foreign mail exchanger must not pass because ARM calls its record set by its type."""
    (gap,) = deployed("Microsoft.Network/dnszones/MX").gaps
    assert gap.hides(RECORD_SET)
    assert not gap.hides(DNS_ZONE)


@pytest.mark.parametrize("type_name", [DNS_ZONE.arm, "Microsoft.Unheard/of", "Microsoft.Unheard/of/children"])
def test_a_known_kind_and_a_stranger_hide_nothing(type_name):
    """One is judged, the other is listed as not assessed."""
    assert not deployed(type_name).gaps
