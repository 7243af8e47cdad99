"""Nobody lists or reads our containers and buckets without signing in.

Catalogue: LV-06.

## Why we promise this
A store that answers strangers gives everything in it to whoever guesses its address, and addresses are guessed all day.

## How to keep it
Switch anonymous reads off for the whole account (`allow_blob_public_access=False`), and block public access for the
bucket and its account. `audit probe` asks as a stranger would, for the list and for a blob that does not exist. S3
refuses both even where everybody may read each object by its name, so name objects that are there in the target
`probes.store_objects`, such as the canaries of the drills.
"""

from audit.kinds.probes import STORE_DOOR
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = STORE_DOOR
SEVERITY = Severity.CRITICAL


def judge(door: Resource) -> Ruling:
    told = [(name, door.read(name, str, absent="")) for name in ("listing", "reading")]
    opened = [name for name, how in told if how == "open"]
    if opened:
        return broken(f"{' and '.join(opened)} is open to anybody")
    if told[1][1] == "by name":
        raise Unseen(
            "S3 does not say whether objects are read by name: name some in probes.store_objects, and look again"
        )
    unclear = [name for name, how in told if how != "refused"]
    if unclear:
        raise Unseen(f"of {' and '.join(unclear)} the answer does not say whether a stranger is refused")
    return kept("listing and reading are refused to whoever signs in nowhere")


ABSENT = dict.fromkeys(("listing", "reading"), "audit/sources/probes/stores.py: left out where the answer does not say")

EXAMPLES = (
    Example(Verdict.KEPT, {"listing": "refused", "reading": "refused", "answers": ["409 PublicAccessNotPermitted"]}),
    Example(Verdict.UNPROVEN, {"listing": "refused", "reading": "by name", "answers": ["403 AccessDenied"]}),
    Example(Verdict.BROKEN, {"listing": "open", "reading": "refused", "answers": ["200"]}),
    Example(Verdict.BROKEN, {"listing": "refused", "reading": "open", "answers": ["404 BlobNotFound"]}),
    Example(Verdict.UNPROVEN, {"reading": "refused", "answers": ["404 NoSuchBucket"]}),
    Example(Verdict.UNPROVEN, {"answers": []}, note="no answer says"),
)
