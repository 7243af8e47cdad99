"""Nothing is published to a web app by FTP or with a password.

Catalogue: WEB-03.

## Why we promise this
Plain FTP sends the publishing password over the network, and a password that works from anywhere lets whoever has it
replace the site that customers trust.

## How to keep it
Set `ftps_state="Disabled"` in the web app's `site_config`, and declare `web.WebAppFtpAllowed` and
`web.WebAppScmAllowed` with `allow=False` for it; a slot needs `web.WebAppFtpAllowedSlot` and
`web.WebAppScmAllowedSlot` of its own.
"""

from audit.kinds.web import (
    FTP_CREDENTIALS_POLICY,
    SCM_CREDENTIALS_POLICY,
    SLOT_FTP_CREDENTIALS_POLICY,
    SLOT_SCM_CREDENTIALS_POLICY,
    WEB_APP,
    WEB_APP_SLOT,
)
from audit.model import (
    Estate,
    Example,
    Kind,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

ON = (WEB_APP, WEB_APP_SLOT)
NEEDS = (
    FTP_CREDENTIALS_POLICY,
    SCM_CREDENTIALS_POLICY,
    SLOT_FTP_CREDENTIALS_POLICY,
    SLOT_SCM_CREDENTIALS_POLICY,
)
SEVERITY = Severity.HIGH

POLICIES = (
    (FTP_CREDENTIALS_POLICY, "web.WebAppFtpAllowed(name=…, allow=False)"),
    (SCM_CREDENTIALS_POLICY, "web.WebAppScmAllowed(name=…, allow=False)"),
)
SLOT_POLICIES = (
    (SLOT_FTP_CREDENTIALS_POLICY, "web.WebAppFtpAllowedSlot(name=…, slot=…, allow=False)"),
    (SLOT_SCM_CREDENTIALS_POLICY, "web.WebAppScmAllowedSlot(name=…, slot=…, allow=False)"),
)


def judge(site: Resource, estate: Estate) -> Ruling:
    state = site.read("siteConfig.ftpsState", str)
    if not same(state, "Disabled"):
        return broken(f"FTP is {state}, promised Disabled", change={"siteConfig.ftpsState": "Disabled"})
    policies = SLOT_POLICIES if same(site.type, WEB_APP_SLOT.arm) else POLICIES
    for kind, declare in policies:
        ruling = passwords(site, estate, kind, declare)
        if ruling.verdict is not Verdict.KEPT:
            return ruling
    return kept("FTP is Disabled, and publishing passwords are refused")


def passwords(site: Resource, estate: Estate, kind: Kind, declare: str) -> Ruling:
    """Rule on one way to publish with a password (FTP, SCM): a policy must refuse it, since a new app accepts it."""
    way = kind.arm.rpartition("/")[2].upper()
    found = estate.children(site, kind)
    if not found:
        return missing(f"nothing refuses the {way} publishing password", declare=declare)
    for policy in found:
        if policy.read("allow", bool) is not False:
            return broken(f"the {way} publishing password is accepted", change={"allow": False}, subject=policy)
    return kept(f"the {way} publishing password is refused")


_OFF = {"siteConfig": {"ftpsState": "Disabled"}}
_FTP = Neighbour(FTP_CREDENTIALS_POLICY, {"name": {"$reference": "it"}, "allow": False})
_SCM = Neighbour(SCM_CREDENTIALS_POLICY, {"name": {"$reference": "it"}, "allow": False})
_SLOT_FTP = Neighbour(SLOT_FTP_CREDENTIALS_POLICY, {"slot": {"$reference": "it"}, "allow": False})
_SLOT_SCM = Neighbour(SLOT_SCM_CREDENTIALS_POLICY, {"slot": {"$reference": "it"}, "allow": False})
_OTHERS = Neighbour(SCM_CREDENTIALS_POLICY, {"name": {"$reference": "other"}, "allow": False})
_ALLOWED = Neighbour(SCM_CREDENTIALS_POLICY, {"name": {"$reference": "it"}, "allow": True})
_UNSAID = Neighbour(SCM_CREDENTIALS_POLICY, {"name": {"$reference": "it"}, "allow": None})

EXAMPLES = (
    Example(Verdict.KEPT, _OFF, (_FTP, _SCM)),
    Example(Verdict.KEPT, {"siteConfig": {"ftpsState": "disabled"}}, (_FTP, _SCM), note="case does not matter"),
    Example(Verdict.KEPT, _OFF, (_SLOT_FTP, _SLOT_SCM), kind=WEB_APP_SLOT),
    Example(Verdict.BROKEN, {"siteConfig": {"ftpsState": "FtpsOnly"}}, (_FTP, _SCM), note="FTP over TLS is FTP still"),
    Example(Verdict.BROKEN, _OFF, (_FTP, _ALLOWED), note="passwords work through the publishing site"),
    Example(Verdict.BROKEN, _OFF, (_FTP,), note="nothing refuses the publishing site's password"),
    Example(Verdict.BROKEN, _OFF, (_FTP, Neighbour(WEB_APP, {}, "other"), _OTHERS), note="another site's policy"),
    Example(Verdict.BROKEN, _OFF, (_FTP, _SCM), kind=WEB_APP_SLOT, note="a slot has passwords of its own"),
    Example(Verdict.UNPROVEN, {}, (_FTP, _SCM)),
    Example(Verdict.UNPROVEN, _OFF, (_FTP, _UNSAID)),
)
