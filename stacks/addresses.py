"""The private address plan: which range each subnet of each region has."""

from collections.abc import Mapping

from config import PRIMARY, SECONDARY, Region

SPACE: Mapping[Region, str] = {PRIMARY: "10.10.0.0/16", SECONDARY: "10.20.0.0/16"}
BASTION: Mapping[Region, str] = {PRIMARY: "10.10.250.0/26", SECONDARY: "10.20.250.0/26"}
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


def everywhere(*subnets: str) -> list[str]:
    """Return the ranges of `subnets` in every region; raises `KeyError` for a subnet that is not in the plan."""
    return [ranges[subnet] for subnet in subnets for ranges in SUBNETS.values()]
