"""The platform sets no cookies on our visitors.

Catalogue: WEB-04.

## Why we promise this
A web app with client affinity, or a gateway with cookie affinity before it, puts a cookie on every visitor that no
page of ours ever asked for.

## How to keep it
Set `client_affinity_enabled=False` on the web app and its slots, and `cookie_based_affinity="Disabled"` in each of
the backend settings of an application gateway. Sign-in by the platform ("Easy Auth") sets a cookie too; its
settings are not declared with the site, and the live audit reads them.
"""

from audit.kinds.web import APPLICATION_GATEWAY, WEB_APP, WEB_APP_SLOT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = (WEB_APP, WEB_APP_SLOT, APPLICATION_GATEWAY)
SEVERITY = Severity.HIGH


def judge(front: Resource) -> Ruling:
    if same(front.type, APPLICATION_GATEWAY.arm):
        return gateway(front)
    if front.read("clientAffinityEnabled", bool) is False:
        return kept("client affinity is off")
    return broken("client affinity sets a cookie on every visitor", change={"clientAffinityEnabled": False})


def gateway(front: Resource) -> Ruling:
    """Rule on an application gateway: cookie-based affinity sets a cookie of Azure's own on every visitor."""
    states = {
        backend.path("cookieBasedAffinity"): backend.read("cookieBasedAffinity", str)
        for backend in front.each("backendHttpSettingsCollection")
    }
    wrong = [path for path, state in states.items() if not same(state, "Disabled")]
    if wrong:
        seen = ", ".join(f"{path} is {states[path]}" for path in wrong)
        return broken(f"{seen}, promised Disabled", change=dict.fromkeys(wrong, "Disabled"))
    return kept("cookie affinity is Disabled in every backend setting")


def _backends(*states: str | None) -> dict[str, object]:
    return {"backendHttpSettingsCollection": [{"cookieBasedAffinity": state} for state in states]}


EXAMPLES = (
    Example(Verdict.KEPT, {"clientAffinityEnabled": False}),
    Example(Verdict.BROKEN, {"clientAffinityEnabled": True}),
    Example(Verdict.BROKEN, {"clientAffinityEnabled": True}, kind=WEB_APP_SLOT),
    Example(Verdict.UNPROVEN, {"clientAffinityEnabled": None}),
    Example(Verdict.KEPT, _backends("Disabled", "disabled"), kind=APPLICATION_GATEWAY),
    Example(Verdict.BROKEN, _backends("Disabled", "Enabled"), kind=APPLICATION_GATEWAY, note="one of two"),
    Example(Verdict.UNPROVEN, _backends(None), kind=APPLICATION_GATEWAY),
    Example(Verdict.UNPROVEN, {}, kind=APPLICATION_GATEWAY),
)
