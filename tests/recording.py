"""Records an audit of what runs as a pack, as `audit run` does, so that tests can replay it."""

from datetime import UTC, datetime

from audit.cli import live
from audit.engine import judge
from audit.evidence import facts, pack
from audit.evidence.contents import exchanges
from audit.evidence.redaction import Redaction, texts
from audit.evidence.replaying import identities
from audit.reports import machine
from audit.snapshots import encode
from tests.live import UNPACED

KEY = b"a key for tests"


def redaction(policies, names=None):
    """Make what redacts a recording."""
    return Redaction(KEY, names=names, readable=tuple(texts(policies.targets.values)))


def recorded(packs, where, policies, *, names=None):
    """Look at what runs, and leave a pack of it; gives its folder and its report."""
    hidden = redaction(policies, names)
    began = datetime.now(UTC)
    unfinished = pack.begin(packs, at=began, redact=hidden, redact_text=hidden.text)
    seen = live.observe(where, policies, began.date(), tape=unfinished, clock=UNPACED, real=hidden.real)
    report = judge(seen, policies, began.date(), product="test")
    run = facts.facts(
        policies, id=unfinished.id, began=began, ended=datetime.now(UTC), product="test", versions={}, identities=()
    )
    folder = unfinished.finish(run, snapshot=encode(seen), report=machine.render(report))
    assert identities(exchanges(folder))
    return folder, report


def verdicts(report):
    """Return every finding's verdict, by control and resource."""
    findings = (finding for control in report.controls for finding in control.findings)
    return sorted((finding.control, finding.resource, finding.verdict) for finding in findings)
