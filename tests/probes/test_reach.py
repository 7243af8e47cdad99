"""Whom a connection may go to: what is ours by name, where all the world can reach it, and nobody else."""

import ipaddress

import pytest

from audit.sources.probes.reach import Limits, Own, Reach, Unreached

OURS = "www.hosting.example"


def reach(address, *, here=False):
    """Return a reach in which our one name leads to an address."""
    own = Own(hosts=frozenset({OURS}), networks=(ipaddress.ip_network("10.9.0.0/24"),), here=here)
    return Reach(own, lambda host: (address,), limits=Limits(), clock=lambda: 0.0, sleep=lambda seconds: None)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "10.9.0.7", "64:ff9b::5db8:d822"])
def test_a_name_of_ours_leads_anywhere_in_the_world_and_to_what_is_ours(address):
    assert reach(address).addresses(OURS) == (address,)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("127.0.0.1", id="this machine"),
        pytest.param("::1", id="this machine by IPv6"),
        pytest.param("::ffff:127.0.0.1", id="this machine, mapped"),
        pytest.param("10.0.0.1", id="a private network"),
        pytest.param("169.254.169.254", id="a cloud's metadata"),
        pytest.param("168.63.129.16", id="a cloud's wire server"),
        pytest.param("100.64.0.1", id="a carrier's own"),
        pytest.param("224.0.0.1", id="many at once"),
        pytest.param("ff02::1", id="many at once by IPv6"),
        pytest.param("fec0::1", id="a site's own"),
        pytest.param("fd00::1", id="a private network by IPv6"),
        pytest.param("64:ff9b::a00:1", id="a private network behind NAT64"),
        pytest.param("2002:a00:1::", id="a private network by 6to4"),
        pytest.param("::a00:1", id="a private network, compatible"),
        pytest.param("::ffff:10.0.0.1", id="a private network, mapped"),
    ],
)
def test_a_name_of_ours_that_leads_where_no_stranger_is_is_not_followed(address):
    with pytest.raises(Unreached, match="no stranger can reach"):
        reach(address).addresses(OURS)


def test_this_machine_is_met_where_it_is_named():
    assert reach("127.0.0.1", here=True).addresses(OURS) == ("127.0.0.1",)


def test_nobody_else_is_asked_for_an_address():
    with pytest.raises(Unreached, match="not named as the company's own"):
        reach("93.184.216.34").addresses("www.elsewhere.example")
