"""No key and no network rule trusts another tenant.

Catalogue: ACC-08.

## Why we promise this
Data under a key of another tenant is theirs to open or to lose, and a network rule that names another tenant's resource
lets that resource in past the firewall.

## How to keep it
Leave `encryption_federated_identity_client_id` (storage) and `federated_client_id` (SQL servers, disk encryption sets)
unset, and let `resource_access_rules` of a storage account name tenants of the target `access.own_tenants` only.
"""

from audit.kinds.compute import DISK_ENCRYPTION_SET
from audit.kinds.sql import SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Kind, Part, Resource, Ruling, Severity, Targets, Verdict, broken, every, kept, same

ON = (STORAGE_ACCOUNT, SQL_SERVER, DISK_ENCRYPTION_SET)
SEVERITY = Severity.HIGH
STORAGE_CLIENT = "encryption.identity.federatedIdentityClientId"
CLIENT = "federatedClientId"
RULES = "networkAcls.resourceAccessRules"
ABSENT = {
    STORAGE_CLIENT: "azure-native 3.29 docstring of EncryptionIdentity.encryption_federated_identity_client_id",
    CLIENT: "azure-native 3.29 docstrings of Server.federated_client_id and DiskEncryptionSet.federated_client_id",
    RULES: "azure-native 3.29 docstring of NetworkRuleSet.resource_access_rules",
}
NOBODY = ("", "None", "00000000-0000-0000-0000-000000000000")
"""What Azure takes for no client: https://learn.microsoft.com/azure/virtual-machines/disks-cross-tenant-customer-managed-keys"""

_ALONE = kept("it trusts no other tenant")


def judge(resource: Resource, targets: Targets) -> Ruling:
    is_account = same(resource.type, STORAGE_ACCOUNT.arm)
    path = STORAGE_CLIENT if is_account else CLIENT
    client = resource.read(path, str, absent="")
    if not any(same(client, nobody) for nobody in NOBODY):
        return broken(f"its key is reached by application {client} in another tenant, promised a key of our own")
    own = targets.names("access.own_tenants")
    # Every rule is read, the ones behind a wrong one too: a second one is other evidence.
    rules = resource.each(RULES, absent=()) if is_account else ()
    return every(lambda rule: _judge_rule(rule, own), rules) if rules else _ALONE


def _judge_rule(rule: Part, own: tuple[str, ...]) -> Ruling:
    tenant = rule.read("tenantId", str)
    if any(same(tenant, one) for one in own):
        return _ALONE
    return broken(f"its firewall lets in a resource of tenant {tenant}, promised our own alone")


_OURS = "00000000-0000-0000-0000-00000000000a"
_TARGETS = {"access.own_tenants": [_OURS]}


def _example(verdict: Verdict, kind: Kind, body: dict[str, object], note: str = "") -> Example:
    return Example(verdict, body, targets=_TARGETS, note=note, kind=kind)


def _admits(tenant: object) -> dict[str, object]:
    return {"networkAcls": {"resourceAccessRules": [{"tenantId": tenant, "resourceId": "/subscriptions/x"}]}}


EXAMPLES = (
    _example(Verdict.KEPT, STORAGE_ACCOUNT, {}),
    _example(Verdict.KEPT, STORAGE_ACCOUNT, _admits(_OURS), "a resource of ours"),
    _example(Verdict.BROKEN, STORAGE_ACCOUNT, _admits("theirs")),
    _example(Verdict.BROKEN, STORAGE_ACCOUNT, {"encryption": {"identity": {"federatedIdentityClientId": "app"}}}),
    _example(Verdict.UNPROVEN, STORAGE_ACCOUNT, _admits(None)),
    _example(Verdict.UNPROVEN, STORAGE_ACCOUNT, {"networkAcls": {"$unknown": True}}),
    _example(Verdict.KEPT, SQL_SERVER, {}),
    _example(Verdict.KEPT, SQL_SERVER, {CLIENT: "00000000-0000-0000-0000-000000000000"}, "as Azure clears it"),
    _example(Verdict.BROKEN, SQL_SERVER, {CLIENT: "app"}),
    _example(Verdict.UNPROVEN, SQL_SERVER, {CLIENT: {"$unknown": True}}),
    _example(Verdict.KEPT, DISK_ENCRYPTION_SET, {CLIENT: "None"}, "as Azure clears it"),
    _example(Verdict.BROKEN, DISK_ENCRYPTION_SET, {CLIENT: "app"}),
)
