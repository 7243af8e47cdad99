"""What the operations of the azure-mgmt SDKs ask of ARM, and which model each makes of the answer."""

import re
import sys
import typing
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from audit.kinds import BY_ARM
from audit.model import Kind

PACKAGES = {
    "microsoft.alertsmanagement": ("alertsmanagement",),
    "microsoft.authorization": ("authorization", "resource.locks", "resource.policy"),
    "microsoft.compute": ("compute", "guestconfig"),
    "microsoft.dataprotection": ("dataprotection",),
    "microsoft.datashare": ("datashare",),
    "microsoft.features": ("resource.features",),
    "microsoft.guestconfiguration": ("guestconfig",),
    "microsoft.insights": ("monitor",),
    "microsoft.keyvault": ("keyvault",),
    "microsoft.maintenance": ("maintenance",),
    "microsoft.managedidentity": ("msi",),
    "microsoft.managedservices": ("managedservices",),
    "microsoft.network": ("network", "dns", "privatedns"),
    "microsoft.operationalinsights": ("loganalytics",),
    "microsoft.recoveryservices": ("recoveryservices", "recoveryservicesbackup", "recoveryservicessiterecovery"),
    "microsoft.resources": (
        "resource.resources",
        "resource.deployments",
        "resource.deploymentstacks",
        "resource.subscriptions",
    ),
    "microsoft.security": ("security",),
    "microsoft.sql": ("sql",),
    "microsoft.storage": ("storage",),
    "microsoft.web": ("web",),
}
"""The packages below `azure.mgmt` that speak for a resource provider; one that is not installed says nothing."""
ODD_PATHS = {
    "microsoft.resources/resourcegroups": "subscriptions/{}/resourcegroups/{}",
    "microsoft.resources/subscriptions": "subscriptions/{}",
    # A record's kind stands in the path of each record (`dnsZones/{}/MX/{}`), which the SDK leaves as a parameter.
    "microsoft.network/dnszones/recordsets": "microsoft.network/dnszones/{}/{}/{}",
}
"""Types whose path is not made of their name: https://learn.microsoft.com/rest/api/resources."""
_VERSIONED = re.compile(r"\.v2\w+$")
_BUILD = re.compile(
    r'^def (build_\w+)\(.*?^    _url = (?:kwargs\.pop\(\s*"template_url",\s*|\(\s*)?"([^"]+)".*?method="(\w+)"',
    re.S | re.M,
)
_CALL = re.compile(
    r"(?<!def )\b(?P<call>build_\w+)\("
    r"|(?<!failsafe)_deserialize\(\s*(?:[Ll]ist\[)?\"?(?:_models\.)*(?P<model>\w+)"
)


class Answer(typing.NamedTuple):
    """What one GET answers: the path asked, and the model of the answer or, of a listing, of one of its elements."""

    path: str
    package: str
    model: type


@cache
def models(package: str) -> ModuleType:
    """Import the models of a package below `azure.mgmt` and nothing else of it: the clients take seconds."""
    alias = f"oracle_{package}"
    steps = alias.split(".")
    for depth in range(1, len(steps) + 1):
        name = ".".join(steps[:depth])
        if name not in sys.modules:
            # An empty package stands in for the real one, whose `__init__` would import the client.
            sys.modules[name] = ModuleType(name)
            sys.modules[name].__path__ = [str(_folder(name.removeprefix("oracle_")))]
    return import_module(f"{alias}.models")


def answers_of(kind: Kind) -> list[Answer]:
    """Return what the SDKs' GETs of one resource of the kind answer; empty where no SDK has one."""
    return _closest(kind, pattern(kind))


def listings_of(kind: Kind) -> list[Answer]:
    """Return what the SDKs' listings of the kind answer, an element each; empty where no SDK has one."""
    if not kind.listing:
        return _closest(kind, pattern(kind).rpartition("/")[0])
    _, at_subscription, named = kind.listing.rpartition("providers/")
    above = BY_ARM.get(kind.parent.type.lower()) if kind.parent else None
    head = "" if at_subscription else f"{pattern(above) if above else kind.arm.partition('/')[0].lower()}/"
    return _closest(kind, head + _plain(named))


def pattern(kind: Kind) -> str:
    """Spell the path of a kind without what it stands in, in lower case, its parameters left blank."""
    arm = kind.arm.removesuffix(" (subscription)").lower()
    if arm in ODD_PATHS:
        return ODD_PATHS[arm]
    return _plain(kind.path.rpartition("/providers/")[2]) if kind.path else _typed(arm)


def _typed(arm: str) -> str:
    provider, *types = arm.split("/")
    return "/".join((provider, *(f"{name}/{{}}" for name in types)))


def _plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path.partition("?")[0].strip("/").lower())


def _closest(kind: Kind, wanted: str) -> list[Answer]:
    """Find the answers whose path is most like the one wanted, of the row's API version or else the newest there is."""
    ranked: dict[int, list[Answer]] = {}
    for answer in _answers(kind.arm.partition("/")[0].lower()):
        ranked.setdefault(_likeness(answer.path.split("/"), wanted.split("/")), []).append(answer)
    best = max(ranked, default=0)
    found = ranked[best] if best else []
    of_the_row = [answer for answer in found if answer.package.endswith(f".v{kind.api.replace('-', '_')}")]
    newest = max((answer.package for answer in found if _VERSIONED.search(answer.package)), default="")
    return of_the_row or [answer for answer in found if not newest or answer.package == newest]


def _likeness(offered: list[str], wanted: list[str]) -> int:
    """Count the steps that two paths share; 0 where they are not of one type."""
    if len(offered) != len(wanted):
        return 0
    alike = [theirs == ours for theirs, ours in zip(offered, wanted, strict=True)]
    # Types must be the same; of names, either side may leave open what the other fixes (`default`).
    open_names = (place % 2 == 0 and "{}" in (offered[place], wanted[place]) for place in range(len(wanted)))
    return sum(alike) if all(same or left for same, left in zip(alike, open_names, strict=True)) else 0


@cache
def _answers(provider: str) -> tuple[Answer, ...]:
    """Read every GET of a provider's packages."""
    return tuple(
        answer
        for name in PACKAGES.get(provider, ())
        for package in _versions(name)
        for path in sorted((_folder(package) / "operations").glob("*operations.py"))
        for answer in _gets(package, path.read_text())
    )


def _versions(name: str) -> list[str]:
    """Return a package, or where it holds one for each API version, all of those."""
    dated = sorted(path.name for path in _folder(name).glob("v2*"))
    return [f"{name}.{version}" for version in dated] or [name]


@cache
def _folder(package: str) -> Path:
    spec = find_spec("azure.mgmt")
    return Path(next(iter(spec.submodule_search_locations or ()))).joinpath(*package.split(".")) if spec else Path()


def _gets(package: str, source: str) -> Iterator[Answer]:
    """Pair each URL in a file of operations with the model that is made of its answer."""
    asked = {
        name: _plain(url.rpartition("/providers/")[2]) for name, url, verb in _BUILD.findall(source) if verb == "GET"
    }
    path = ""
    for found in _CALL.finditer(source):
        if found["call"]:
            path = asked.get(found["call"], "")
        elif path and isinstance(model := getattr(models(package), found["model"], None), type):
            yield Answer(path, package, model)
