"""Nobody lists or reads our containers and buckets without signing in.

Catalogue: LV-06.

## Why we promise this
A store that answers strangers gives everything in it to whoever guesses its address, and addresses are guessed all day.

## How to keep it
Switch anonymous reads off for the whole account (`allow_blob_public_access=False`), and block public access for the
bucket and its account. `audit probe` asks as a stranger would, for the list and for a blob that does not exist. What is
not public as a whole may have single objects in S3 that are: those a stranger must know by name.
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
    unclear = [name for name, how in told if how not in ("refused", "by name")]
    if unclear:
        raise Unseen(f"of {' and '.join(unclear)} the answer does not say whether a stranger is refused")
    if told[1][1] == "by name":
        return kept(
            "listing is refused to whoever signs in nowhere; single objects are for the bucket's policy to shut"
        )
    return kept("listing and reading are refused to whoever signs in nowhere")


ABSENT = dict.fromkeys(("listing", "reading"), "audit/sources/probes/stores.py: left out where the answer does not say")

EXAMPLES = (
    Example(Verdict.KEPT, {"listing": "refused", "reading": "refused", "answers": ["409 PublicAccessNotPermitted"]}),
    Example(Verdict.KEPT, {"listing": "refused", "reading": "by name", "answers": ["403 AccessDenied"]}),
    Example(Verdict.BROKEN, {"listing": "open", "reading": "refused", "answers": ["200"]}),
    Example(Verdict.BROKEN, {"listing": "refused", "reading": "open", "answers": ["404 BlobNotFound"]}),
    Example(Verdict.UNPROVEN, {"reading": "refused", "answers": ["404 NoSuchBucket"]}),
    Example(Verdict.UNPROVEN, {"answers": []}, note="no answer says"),
)
