"""Storage accounts answer over their own protocol only: no SFTP, no NFS, no local users.

Catalogue: STO-20.

## Why we promise this
Each of these is another door to the same blobs, with names and passwords that no sign-in policy knows.

## How to keep it
Set `is_sftp_enabled=False`, `enable_nfs_v3=False` and `is_local_user_enabled=False` on the account.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = STORAGE_ACCOUNT
SEVERITY = Severity.MEDIUM
DOORS = {"isSftpEnabled": "SFTP", "isNfsV3Enabled": "NFS", "isLocalUserEnabled": "local users"}


def judge(account: Resource) -> Ruling:
    seen = {path: account.read(path, bool) for path in DOORS}
    opened = [path for path, state in seen.items() if state is not False]
    if opened:
        reason = f"open to {', '.join(DOORS[path] for path in opened)}, promised none"
        return broken(reason, change=dict.fromkeys(opened, False))
    return kept("SFTP, NFS and local users are off")


_SHUT = dict.fromkeys(DOORS, False)

EXAMPLES = (
    Example(Verdict.KEPT, _SHUT),
    Example(Verdict.BROKEN, {**_SHUT, "isSftpEnabled": True}),
    Example(Verdict.BROKEN, {**_SHUT, "isNfsV3Enabled": True}),
    Example(Verdict.BROKEN, {**_SHUT, "isLocalUserEnabled": True}),
    Example(Verdict.UNPROVEN, {**_SHUT, "isLocalUserEnabled": None}),
    Example(Verdict.UNPROVEN, {}),
)
