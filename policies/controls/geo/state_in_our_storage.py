"""What Pulumi remembers of a stack is kept in our own storage, in the promised regions.

## Why we promise this
A stack's state names every machine, address and identity, and carries its secrets, if sealed. Kept by a service of
somebody else it lies wherever that service keeps it.

## How to keep it
Set `backend.url` in `Pulumi.yaml` to `azblob://CONTAINER?storage_account=ACCOUNT`, and name the account under its
region in the target `state.accounts`. The account is made before any stack: see `docs/deploy.md`. A stack of the target
`state.local_stacks` holds made-up data, and may keep its state in files.
"""

from audit.kinds.pulumi_stack import STATE_BACKEND, account, scheme
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

ON = STATE_BACKEND
SEVERITY = Severity.HIGH
PLANES = (Plane.PROGRAM,)


def judge(backend: Resource, targets: Targets) -> Ruling:
    url = backend.read("url", str)
    kind = scheme(url)
    local = backend.read("stack", str) in targets.names("state.local_stacks", may_be_empty=True)
    if kind == "file" and local:
        return not_applicable("the stack holds made-up data, and its state stays in files beside it")
    if kind != "azblob":
        seen = {"file": "in files of one machine", "": "nowhere that is known"}.get(kind, f"at {url.partition('?')[0]}")
        return broken(f"the state is kept {seen}, promised in a storage account of ours", change={"url": "azblob://…"})
    found = account(url)
    for region in targets.names("geo.regions"):
        if found in targets.names(f"state.accounts.{region}", may_be_empty=True):
            return kept(f"the state is kept in {found}, which lies in {region}")
    raise Unseen(f"the target state.accounts places {found} in no promised region")


_OURS = {
    "geo.regions": ["uksouth", "ukwest"],
    "state.accounts.uksouth": ["ourstate"],
    "state.accounts.ukwest": [],
    "state.local_stacks": ["trial"],
}


def _case(verdict: Verdict, url: object, stack: str = "production", note: str = "") -> Example:
    return Example(verdict, {"url": url, "stack": stack}, targets=_OURS, note=note)


EXAMPLES = (
    _case(Verdict.KEPT, "azblob://state?storage_account=ourstate"),
    _case(Verdict.KEPT, "azblob://state/below?storage_account=OurState"),
    _case(Verdict.KEPT, "azblob://state?storage_account=ourstate", "trial"),
    _case(Verdict.BROKEN, "https://api.pulumi.com", note="Pulumi's own service"),
    _case(Verdict.BROKEN, "https://api.pulumi.com", "trial", "in no stack"),
    _case(Verdict.BROKEN, "s3://state?region=eu-west-2"),
    _case(Verdict.BROKEN, "file://~"),
    _case(Verdict.BROKEN, "state"),
    _case(Verdict.NOT_APPLICABLE, "file://~", "trial"),
    _case(Verdict.UNPROVEN, None),
    _case(Verdict.UNPROVEN, "azblob://state", note="the account is chosen by whoever runs Pulumi"),
    _case(Verdict.UNPROVEN, "azblob://state?storage_account=another"),
    _case(Verdict.UNPROVEN, "azblob://state?storage_account=ourstate&domain=storage.example", note="another host"),
    _case(Verdict.UNPROVEN, "azblob://state?storage_account=ourstate&storage_account=another"),
)
