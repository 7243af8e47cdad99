"""Every resource type the audit knows: one row each, a file a provider family."""

from importlib import import_module
from pkgutil import iter_modules

from audit.model import Kind

UNKNOWN_TYPE = Kind(arm="?", api="", pulumi=())
"""Stands for every resource whose type has no row here."""

KINDS: tuple[Kind, ...] = tuple(
    {
        value.arm: value
        for module in iter_modules(__path__)
        for value in vars(import_module(f"{__name__}.{module.name}")).values()
        if isinstance(value, Kind)
    }.values()
)
BY_ARM = {kind.arm.lower(): kind for kind in KINDS}
BY_PULUMI = {token.lower(): kind for kind in KINDS for token in kind.pulumi}
REGIONAL = tuple(kind for kind in KINDS if kind.regional)
"""The kinds whose resources lie in an Azure region."""


def kind_of(type_name: str) -> Kind | None:
    """Return the kind of an ARM type or a Pulumi token, without case, or None where no row knows it."""
    return BY_ARM.get(type_name.lower()) or BY_PULUMI.get(type_name.lower())
