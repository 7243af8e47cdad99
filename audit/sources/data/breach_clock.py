"""Reads the register of breaches: how long it took from awareness until the controllers concerned were told.

What stands in the body of a `breach.Clock`: `minutes` from awareness to notice, or until now while nobody was told,
`told`, and `closed` where the entry was closed without notice. One named `register` says how many entries there are,
so that an empty register is told from one that nobody read. Facts, effects and customers stay in the register.
"""

from __future__ import annotations

from datetime import timedelta

from audit.facts import Unseen
from audit.kinds.data import BREACH
from audit.people import Breach
from audit.sources.data.inside import Inside
from audit.sources.looking import Found, resource

KINDS = (BREACH,)
REGISTER = "register"
_MINUTE = timedelta(minutes=1)


def asks(inside: Inside) -> tuple[str, ...]:
    """Say what it reads."""
    return ("the register of breaches (breaches.toml of the policies): times alone",)


def check(inside: Inside) -> Found:
    """Measure the clock of every breach; raises `Unseen` where there is no register, not even an empty one."""
    if inside.breaches is None:
        raise Unseen(
            "there is no register of breaches: keep breaches.toml with the policies, and empty while none is known"
        )
    entries = [resource(BREACH, one.id, _clock(one, inside), now=inside.now) for one in inside.breaches]
    whole = resource(BREACH, REGISTER, {"entries": len(entries)}, now=inside.now)
    return Found((whole, *entries))


def _clock(one: Breach, inside: Inside) -> dict[str, object]:
    """Give the facts of one clock; time that has begun counts as a whole minute."""
    until = one.notified or inside.now
    return {
        "minutes": -(-(until - one.aware) // _MINUTE),
        "told": one.notified is not None,
        "closed": one.closed is not None,
    }
