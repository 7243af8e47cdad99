"""Runs of probes against servers on this machine."""

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from audit.engine import judge
from audit.model import Plane, Snapshot, Targets
from audit.policies import load
from audit.sources.probes.names import Names, Server
from audit.sources.probes.own import own
from audit.sources.probes.reach import Limits, Reach, Unreached
from audit.sources.probes.scene import Scene

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)
NOBODY = Server("127.0.0.1", 1)


def scene(targets, *, hosts=None, resolvers=(NOBODY,), estate=(), seconds=2.0, **more):
    """Return a run by `targets` (table → name → value) in which `hosts` maps names to addresses of this machine.

    A name may have several, in a tuple.
    """
    chosen = Targets({"dns": {"partner_mx_suffixes": ["filter.example"]}, **targets})
    names = Names(tuple(resolvers), seconds=1.0, per_second=1000.0)

    def resolve(host):
        if hosts is None:
            return names.addresses(host)
        if host not in hosts:
            raise Unreached(f"{host} has no address")
        return (hosts[host],) if isinstance(hosts[host], str) else hosts[host]

    limits = Limits(seconds=seconds, bytes=100_000, per_second=1000.0)
    # The company's servers are of this machine, wherever names lead.
    reach = Reach(
        replace(own(chosen, estate), here=True), resolve, limits=limits, clock=time.monotonic, sleep=time.sleep
    )
    return Scene(reach=reach, names=names, targets=chosen, now=NOW, estate=tuple(estate), **more)


@cache
def _rules():
    return load(Path("policies"))


def verdict(control, found, targets):
    """Return what a control says of what was found, by `targets`, and why."""
    rules = replace(_rules(), controls={control: _rules().controls[control]}, targets=Targets(targets), waivers=())
    seen = Snapshot(plane=Plane.LIVE, origin="a test", seen_at=NOW, resources=found.resources, gaps=found.gaps)
    [result] = judge(seen, rules, NOW.date(), product="").controls
    return result.verdict, [finding.reason for finding in result.findings]
