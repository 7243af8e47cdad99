"""What every probe is given: whom it may ask, what the company promised, and what its estate is known to hold."""

from __future__ import annotations

from datetime import datetime

import msgspec

from audit.model import Gap, Resource, Targets
from audit.sources.probes.names import Names
from audit.sources.probes.reach import Reach


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the probes."""

    reach: Reach
    names: Names
    targets: Targets
    now: datetime
    estate: tuple[Resource, ...] = ()
    """What a snapshot of the estate holds, where one was given: its zones, public addresses and stores are the
    company's own, too."""
    hidden: tuple[Gap, ...] = ()
    """What that snapshot could not see."""
    authorities: str = ""
    """A file of those whose certificates this machine trusts beside Mozilla's list; empty for its system's own."""
    mail_port: int = 25
    """Where mail exchangers listen: RFC 5321."""
    name_port: int = 53
    """Where a zone's own name servers listen: RFC 1035."""
    policy_port: int = 443
    """Where a mail policy is fetched: RFC 8461."""
    send_test: bool = False
    """Whether test messages may be sent to the company's own test box."""
    arrived: tuple[str, ...] = ()
    """The test messages that somebody found in the test box: `virus`, `spam`."""
