"""Secrets in a stack's state are opened by a key of our own vault, and by no one else's.

## Why we promise this
What a deployment needs to know, such as a new machine's password, is kept in its state for good. A passphrase is known
to whoever ever typed it, and a service can open what it seals.

## How to keep it
Set `secretsprovider` in `Pulumi.<stack>.yaml` to `azurekeyvault://VAULT.vault.azure.net/keys/KEY`, by `pulumi stack
change-secrets-provider`, which seals anew what is there, and name the vault under its region in the target
`state.vaults`. A stack of the target `state.local_stacks` holds made-up data, and a passphrase may open it.
"""

from audit.kinds.pulumi_stack import FILE_STORES, STATE_BACKEND, STATE_SECRETS, scheme, vault
from audit.model import (
    Example,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    not_applicable,
)

ON = (STATE_SECRETS, STATE_BACKEND)
SEVERITY = Severity.HIGH
PLANES = (Plane.PROGRAM,)


def judge(setting: Resource, targets: Targets) -> Ruling:
    if setting.type == STATE_BACKEND.arm:
        if scheme(setting.read("url", str)) in FILE_STORES:
            return kept("the backend keeps what is sealed, and opens nothing")
        return not_applicable("what opens the secrets is said by the stack's own setting")
    provider = setting.read("provider", str)
    if provider == "passphrase" and setting.read("stack", str) in _local(targets):
        return not_applicable("the stack holds made-up data, which a passphrase opens")
    found = vault(provider)
    if not found:
        return broken(f"{provider} opens the secrets, promised a key of our own vault", change={"provider": _PROMISED})
    for region in targets.names("geo.regions"):
        if found in targets.names(f"state.vaults.{region}", may_be_empty=True):
            return kept(f"a key of {found} opens them, which lies in {region}")
    raise Unseen(f"the target state.vaults places {found} in no promised region")


def _local(targets: Targets) -> tuple[str, ...]:
    return targets.names("state.local_stacks", may_be_empty=True)


_PROMISED = "azurekeyvault://….vault.azure.net/keys/…"
_OURS = {
    "geo.regions": ["uksouth", "ukwest"],
    "state.vaults.uksouth": ["our-state"],
    "state.vaults.ukwest": [],
    "state.local_stacks": ["trial"],
}


def _case(verdict: Verdict, provider: object, stack: str = "production", note: str = "") -> Example:
    return Example(verdict, {"provider": provider, "stack": stack}, targets=_OURS, note=note)


def _backend(verdict: Verdict, url: object) -> Example:
    return Example(verdict, {"url": url, "stack": "production"}, targets=_OURS, kind=STATE_BACKEND)


EXAMPLES = (
    _case(Verdict.KEPT, "azurekeyvault://our-state.vault.azure.net/keys/pulumi"),
    _case(Verdict.KEPT, "azurekeyvault://Our-State.vault.azure.net/keys/pulumi/0123456789abcdef0123456789abcdef"),
    _case(Verdict.BROKEN, "passphrase"),
    _case(Verdict.BROKEN, "default", note="the backend's own service"),
    _case(Verdict.BROKEN, "default", "trial"),
    _case(Verdict.BROKEN, "awskms://alias/pulumi?region=eu-west-2"),
    _case(Verdict.BROKEN, "azurekeyvault://our-state.vault.example/keys/pulumi", note="another host"),
    _case(Verdict.BROKEN, "azurekeyvault://our-state.vault.azure.net.example/keys/pulumi", note="another host"),
    _case(Verdict.NOT_APPLICABLE, "passphrase", "trial"),
    _case(Verdict.UNPROVEN, None),
    _case(Verdict.UNPROVEN, "azurekeyvault://another.vault.azure.net/keys/pulumi"),
    _backend(Verdict.KEPT, "azblob://state?storage_account=ourstate"),
    _backend(Verdict.NOT_APPLICABLE, "https://api.pulumi.com"),
    _backend(Verdict.UNPROVEN, None),
)
