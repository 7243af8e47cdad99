"""Every door that customers use takes TLS 1.2 or 1.3, and no older version.

Catalogue: WEB-07.

## Why we promise this
What we promised as "secure socket layers" is only secure in the versions that followed: SSL 3.0, TLS 1.0 and 1.1 can
be broken, and whoever sits between a customer and us may talk both down to the oldest that a door takes.

## How to keep it
Set the lowest version of the site, the load balancer or the mail server to TLS 1.2. A door of a mail protocol that
begins in the clear must offer STARTTLS. `audit probe` offers each version by itself, with a hello of its own making.
"""

from audit.kinds.probes import TLS_DOOR
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = TLS_DOOR
SEVERITY = Severity.CRITICAL

SOUND = ("TLSv1.3", "TLSv1.2")
OLD = ("TLSv1.1", "TLSv1", "SSLv3")
IN_THE_CLEAR = ("smtp", "imap", "pop3")


def judge(door: Resource) -> Ruling:
    if door.read("speaks", str) in IN_THE_CLEAR and door.read("startTls", bool) is not True:
        return broken("it does not offer STARTTLS")
    accepted, refused = door.texts("accepted"), door.texts("refused")
    unsound = [version for version in accepted if version not in SOUND]
    if unsound:
        return broken(f"it takes {', '.join(unsound)}, promised none older than TLSv1.2")
    if unknown := [version for version in OLD if version not in refused]:
        whys = door.read("unknown", dict)
        told = "; ".join(f"{version}: {whys.get(version, 'not offered')}" for version in unknown)
        raise Unseen(f"nobody could see whether it takes {told}")
    if not accepted and all(version in refused for version in SOUND):
        return broken("it takes neither TLSv1.2 nor TLSv1.3")
    if not accepted:
        raise Unseen("no version was seen to be taken, so being refused says nothing of the others")
    return kept(f"it takes {', '.join(accepted)} and refuses {', '.join(OLD)}")


def _door(accepted: tuple[str, ...], refused: tuple[str, ...], **facts: object) -> dict[str, object]:
    return {"speaks": "https", "accepted": list(accepted), "refused": list(refused), **facts}


EXAMPLES = (
    Example(Verdict.KEPT, _door(SOUND, OLD)),
    Example(Verdict.KEPT, _door(("TLSv1.2",), ("TLSv1.3", *OLD))),
    Example(Verdict.KEPT, _door(SOUND, OLD, speaks="smtp", startTls=True)),
    Example(Verdict.BROKEN, _door((*SOUND, "TLSv1"), ("TLSv1.1", "SSLv3"))),
    Example(Verdict.BROKEN, _door((*SOUND, "SSLv3"), ("TLSv1.1",)), note="one that is seen decides"),
    Example(Verdict.BROKEN, {"speaks": "smtp", "startTls": False}),
    Example(Verdict.BROKEN, _door((), (*SOUND, *OLD))),
    Example(
        Verdict.UNPROVEN,
        _door(SOUND, ("TLSv1.1", "TLSv1"), unknown={"SSLv3": "Connection reset by peer"}),
        note="a firewall on the way resets what it dislikes, too",
    ),
    Example(Verdict.UNPROVEN, _door(SOUND, ("TLSv1.1", "TLSv1"))),
    Example(Verdict.UNPROVEN, _door((), ("TLSv1.2", *OLD)), note="nothing is taken"),
    Example(Verdict.UNPROVEN, {"speaks": "https", "accepted": list(SOUND), "refused": None}),
    Example(Verdict.UNPROVEN, {"speaks": "smtp"}),
)
