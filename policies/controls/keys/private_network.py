"""Key vaults answer on the private network only.

Catalogue: KEY-04.

## Why we promise this
A vault on the public internet is one stolen token away from the keys to everything.

## How to keep it
In the vault's `properties` set `public_network_access="Disabled"` and
`network_acls=NetworkRuleSetArgs(default_action="Deny", bypass="AzureServices")`: the bypass lets storage, SQL and disks
reach the keys they are encrypted with. azure-native sends `enabled` where `public_network_access` is left out.
"""

from audit.kinds.keyvault import KEY_VAULT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = KEY_VAULT
SEVERITY = Severity.HIGH
PROMISED = {
    "publicNetworkAccess": "Disabled",
    "networkAcls.defaultAction": "Deny",
    "networkAcls.bypass": "AzureServices",
}


def judge(vault: Resource) -> Ruling:
    for path, promised in PROMISED.items():
        seen = vault.read(path, str)
        if not same(seen, promised):
            return broken(f"{path} is {seen}, promised {promised}", change=PROMISED)
    return kept("public access is disabled, and the firewall lets only trusted services by")


def _body(access: str | None, action: str, bypass: str) -> dict[str, object]:
    return {"publicNetworkAccess": access, "networkAcls": {"defaultAction": action, "bypass": bypass}}


EXAMPLES = (
    Example(Verdict.KEPT, _body("Disabled", "Deny", "AzureServices")),
    Example(Verdict.KEPT, _body("disabled", "Deny", "AzureServices"), note="as the SDK spells it"),
    Example(Verdict.BROKEN, _body("enabled", "Deny", "AzureServices")),
    Example(Verdict.BROKEN, _body("Disabled", "Allow", "AzureServices"), note="open once public access is back"),
    Example(Verdict.BROKEN, _body("Disabled", "Deny", "None"), note="the encrypted services are locked out"),
    Example(Verdict.UNPROVEN, _body(None, "Deny", "AzureServices")),
    Example(Verdict.UNPROVEN, {"publicNetworkAccess": "Disabled"}, note="nothing is said of the firewall"),
)
