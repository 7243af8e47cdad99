"""How a conditional access policy is read: whom it reaches, and what it demands of them."""

from collections.abc import Iterable

from audit.model import Resource, Targets, Unseen, same

_DOCS = "https://learn.microsoft.com/graph/api/resources/"
UNSET = {
    "grantControls": f"{_DOCS}conditionalaccesspolicy",
    "grantControls.authenticationStrength": f"{_DOCS}conditionalaccessgrantcontrols",
    "conditions.users.excludeGuestsOrExternalUsers": f"{_DOCS}conditionalaccessusers",
    "conditions.applications.applicationFilter": f"{_DOCS}conditionalaccessapplications",
    "conditions.platforms": f"{_DOCS}conditionalaccessconditionset",
    "conditions.locations": f"{_DOCS}conditionalaccessconditionset",
    "conditions.devices": f"{_DOCS}conditionalaccessconditionset",
    "conditions.clientApplications": f"{_DOCS}conditionalaccessconditionset",
    "conditions.authenticationFlows": f"{_DOCS}conditionalaccessconditionset",
    "conditions.signInRiskLevels": f"{_DOCS}conditionalaccessconditionset",
    "conditions.userRiskLevels": f"{_DOCS}conditionalaccessconditionset",
}
"""What Graph answers as null where a policy does not use it; each narrows the policy where it is used."""
_NARROWING = (
    "conditions.users.excludeGuestsOrExternalUsers",
    "conditions.applications.applicationFilter",
    "conditions.devices",
    "conditions.clientApplications",
    "conditions.authenticationFlows",
)
_MODERN = ("browser", "mobileAppsAndDesktopClients")
LEGACY = ("exchangeActiveSync", "other")


def holding(
    policies: Iterable[Resource],
    targets: Targets,
    *accepted: str,
    clients: tuple[str, ...] = _MODERN,
    platform: str = "",
) -> Resource | None:
    """Find the policy that holds for everyone and lets nobody past without one of `accepted`; None where none does.

    Raises `Unseen` where none is known to hold, and what one of them demands, or of whom, was not seen.
    """
    found: Resource | None = None
    unseen: Unseen | None = None
    for policy in policies:
        try:
            if _demands(policy, *accepted) and not _shortfall(policy, targets, clients=clients, platform=platform):
                found = found or policy
        except Unseen as error:
            unseen = unseen or error
    if found is None and unseen is not None:
        raise unseen
    return found


def _shortfall(policy: Resource, targets: Targets, *, clients: tuple[str, ...] = _MODERN, platform: str = "") -> str:
    """Say why a policy does not hold for everyone, everywhere and by all of `clients`; empty where it does.

    With a `platform` it need only hold for sign-ins from that one. Raises `Unseen` where a condition was not seen.
    """
    state = policy.read("state", str)
    if not same(state, "enabled"):
        return f"it is {state}, promised enabled"
    if not _holds(policy.texts("conditions.users.includeUsers"), "All"):
        return "it does not include all users"
    if not _holds(policy.texts("conditions.applications.includeApplications"), "All"):
        return "it does not include all applications"
    types = policy.texts("conditions.clientAppTypes")
    if not _holds(types, "all") and not all(_holds(types, client) for client in clients):
        return f"it holds for {', '.join(types)} alone, promised {', '.join(clients)}"
    return _left_out(policy, targets) or _elsewhere(policy, platform)


def _left_out(policy: Resource, targets: Targets) -> str:
    """Say whom or what a policy leaves out, beyond the emergency accounts; empty where that is nobody."""
    spared = targets.names("identity.break_glass", may_be_empty=True)
    for path in ("users.excludeUsers", "users.excludeGroups", "users.excludeRoles", "applications.excludeApplications"):
        beyond = [name for name in policy.texts(f"conditions.{path}") if not _holds(spared, name)]
        if beyond:
            return f"{path} leaves out {', '.join(beyond)}, promised nobody but the emergency accounts"
    for path in ("conditions.signInRiskLevels", "conditions.userRiskLevels"):
        if policy.read(path, list, absent=[]):
            return f"it holds at certain {path.rpartition('.')[2]} alone"
    narrowed = next((path for path in _NARROWING if policy.read(path, dict, absent={})), "")
    return f"{narrowed} narrows it" if narrowed else ""


def _elsewhere(policy: Resource, platform: str) -> str:
    """Say from where a policy does not hold: a place, or a platform; empty where it holds from everywhere asked."""
    if policy.read("conditions.locations", dict, absent={}):
        included, excluded = (policy.texts(f"conditions.locations.{way}Locations") for way in ("include", "exclude"))
        if not _holds(included, "All") or excluded:
            return "it does not hold at every location"
    if policy.read("conditions.platforms", dict, absent={}):
        included, excluded = (policy.texts(f"conditions.platforms.{way}Platforms") for way in ("include", "exclude"))
        everywhere = _holds(included, "all") or (platform and _holds(included, platform))
        if not everywhere or (_holds(excluded, platform) if platform else excluded):
            return f"it does not hold on {platform or 'every platform'}"
    return ""


def _demands(policy: Resource, *accepted: str) -> bool:
    """Tell whether nobody gets past a policy without one of `accepted`.

    Raises `Unseen` where what it grants was not seen.
    """
    # A policy that only limits the session has no grant controls, and asks for nothing.
    if not policy.read("grantControls", dict, absent={}):
        return False
    ways = list(policy.texts("grantControls.builtInControls"))
    ways += policy.texts("grantControls.termsOfUse")
    ways += policy.texts("grantControls.customAuthenticationFactors")
    if policy.read("grantControls.authenticationStrength", dict, absent={}):
        ways.append(policy.read("grantControls.authenticationStrength.requirementsSatisfied", str))
    good = [way for way in ways if _holds(accepted, way)]
    # Of alternatives each must do; where all are demanded, one of them is enough.
    if same(policy.read("grantControls.operator", str), "AND"):
        return bool(good)
    return bool(good) and len(good) == len(ways)


def _holds(names: tuple[str, ...], name: str) -> bool:
    return any(same(name, found) for found in names)
