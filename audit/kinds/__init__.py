"""Every resource type the audit knows: one row each, a file a provider family."""

import re
from importlib import import_module
from pkgutil import iter_modules

from audit.model import Kind

UNKNOWN_TYPE = Kind(arm="?", api="", pulumi=())
"""Stands for every resource whose type has no row here."""

KINDS: tuple[Kind, ...] = tuple(
    {
        # A row that another file imports (as a parent) is met twice and counts once.
        value.arm: value
        for module in iter_modules(__path__)
        for value in vars(import_module(f"{__name__}.{module.name}")).values()
        if isinstance(value, Kind)
    }.values()
)
_PINNED = re.compile(r"(?<=^azure-native)_\w+(?=:)|(?<=\w)/v\d{8}\w*(?=:)")
BY_ARM = {spelling.lower(): kind for kind in KINDS for spelling in (*kind.also, kind.arm)}
BY_PULUMI = {token.lower(): kind for kind in KINDS for token in kind.pulumi}
REGIONAL = tuple(kind for kind in KINDS if kind.regional)
"""The kinds whose resources lie in an Azure region."""


def kind_of(type_name: str) -> Kind | None:
    """Return the kind of an ARM type or a Pulumi token, without case, or None where no row knows it.

    A token may pin an API version, in its module (`azure-native:storage/v20230101:StorageAccount`) or, where the SDK
    was made for that version alone, in its package (`azure-native_storage_v20230101:storage:StorageAccount`).

    ARM compares type names without case:
    https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
    """
    plain = _PINNED.sub("", type_name.lower())
    return BY_ARM.get(plain) or BY_PULUMI.get(plain)
