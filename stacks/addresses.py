"""The private address plan: which range each subnet of each region has."""

from collections.abc import Mapping

from config import PRIMARY, SECONDARY, Region

SPACE: Mapping[Region, str] = {PRIMARY: "10.10.0.0/16", SECONDARY: "10.20.0.0/16"}
"""All of each region's network. The two do not overlap: networks that do cannot be peered."""
BASTION: Mapping[Region, str] = {PRIMARY: "10.10.250.0/26", SECONDARY: "10.20.250.0/26"}
"""Bastion's own subnet, the only place from which remote desktop may be opened. Azure wants 64 addresses or more."""
SUBNETS: Mapping[Region, Mapping[str, str]] = {
    PRIMARY: {
        "exchange": "10.10.1.0/24",
        "directory": "10.10.2.0/24",
        "management": "10.10.3.0/24",
        "endpoints": "10.10.4.0/24",
        "web": "10.10.5.0/24",
    },
    SECONDARY: {
        "exchange": "10.20.1.0/24",
        "directory": "10.20.2.0/24",
        "management": "10.20.3.0/24",
        "endpoints": "10.20.4.0/24",
        "web": "10.20.5.0/24",
    },
}
"""By use. Security rules are written from this plan, so a subnet that moves takes its rules along."""


def everywhere(*subnets: str) -> list[str]:
    """Return the ranges of `subnets` in every region; raises `KeyError` for a subnet that is not in the plan.

    Rules take them as a list, so that one rule serves both regions.
    """
    return [ranges[subnet] for subnet in subnets for ranges in SUBNETS.values()]
