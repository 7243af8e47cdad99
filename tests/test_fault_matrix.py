"""Whatever goes wrong with one request, no verdict gets better by it, and the report names what was lost.

The requests are those that a clean collection makes; each of them meets each fault. `make check` runs a sample of
these cells, `make matrix` all of them; PROMISE_AUDIT_MATRIX=shapes runs one request of each type with every fault.
"""

import json
import os
import random
import re
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from audit.cli.live import merged
from audit.engine import judge
from audit.kinds import KINDS
from audit.model import AuditError, Verdict, worst
from audit.pipeline import Patience
from audit.sandbox import directory, faults
from audit.sandbox.address import parse
from audit.sources import azure, graph
from tests.estate_fixture import estate
from tests.live import SHORT, Unwatched, client
from tests.support import ROOT

__all__ = ["estate"]

SEED = 20260115
EXTENT = os.environ.get("PROMISE_AUDIT_MATRIX", "sample")
OF_EACH = 2
"""How many requests of each fault the sample holds."""
MOST_SECONDS = 25.0
ROLE = json.loads((ROOT / "docs" / "auditor-role.json").read_text())["Actions"]
_ALL, _LISTS = "every request", "lists"
FAULTS = {
    "401": ("status", {"status": 401}, "401", _ALL),
    "403": ("status", {"status": 403}, "403", _ALL),
    "404": ("status", {"status": 404}, "404", _ALL),
    "409": ("status", {"status": 409}, "409", _ALL),
    "429": ("status", {"status": 429, "seconds": 86_400}, "429", _ALL),
    "500": ("status", {"status": 500}, "500", _ALL),
    "timeout": ("timeout", {"seconds": 4}, "no answer", _ALL),
    "truncated": ("truncated", {}, "cut off|no answer", _ALL),
    "clock skew": ("skew", {"seconds": 7200}, "clock", _ALL),
    "empty page": ("empty", {}, "without an id|no list|never end|holds nothing", _ALL),
    "page 2 missing": ("page2", {}, "404|rows came|never end", _LISTS),
    "endless page": ("endless", {}, "never end|rows came", _LISTS),
}
"""Name → the effect, its rule, what the report says of it, and which requests it can meet."""
_RANK = {verdict: min(rank, 3) for rank, verdict in enumerate(Verdict)}
"""How good a verdict is; kept and not applicable are as good as each other."""


class Asked(msgspec.Struct, frozen=True, order=True):
    """One request of the collection."""

    path: str
    sent: str = ""
    query: str = ""

    @property
    def rule(self):
        """What a fault must say to meet this request alone, its later pages included."""
        text = json.dumps({"query": self.sent})[1:-1] if self.sent else ""
        return {"path": f"re:^{re.escape(self.path)}$", "text": text}

    @property
    def name(self):
        """What a reader looks for in a gap."""
        return self.sent.split("|", 1)[0].strip() if self.sent else self.path


class Seen(msgspec.Struct, frozen=True):
    """What one collection came to."""

    verdicts: dict[str, Verdict]
    """By control, and by promise."""
    wrong: frozenset[tuple[str, str]]
    """Control and resource of each finding that is broken."""
    doubted: frozenset[str]
    """The controls with a finding that is unproven."""
    gaps: tuple[str, ...]
    asked: tuple[Asked, ...]
    seconds: float


def looked(estate, policies, patience=SHORT):
    """Collect, ask again for what is broken, and judge, as the live audit does."""
    started, now = time.monotonic(), datetime.now(UTC)
    asking = client(estate, patience=patience, sleep=lambda _: None)
    try:
        found = azure.collect(asking, now=now, progress=Unwatched())
        found = merged((found, graph.collect(asking, now=now, progress=Unwatched())))
        found = azure.confirm(asking, found, {resource for _, resource in _wrong(_report(found, policies))})
    except AuditError as error:
        return Seen({}, frozenset(), frozenset(), (str(error),), (), time.monotonic() - started)
    finally:
        asking.close()
    report = _report(found, policies)
    findings = [finding for control in report.controls for finding in control.findings]
    promises = {
        f"{statement.id} {promise.id}": promise.verdict
        for statement in report.statements
        for promise in statement.promises
    }
    return Seen(
        {control.id: control.verdict for control in report.controls} | promises,
        frozenset(_wrong(report)),
        frozenset(finding.control for finding in findings if finding.verdict is Verdict.UNPROVEN),
        tuple(gap.reason for gap in found.gaps),
        tuple(sorted({_asked(answer) for answer in asking.answers})),
        time.monotonic() - started,
    )


def _report(found, policies):
    return judge(found, policies, found.seen_at.date(), product="test")


def _wrong(report):
    """Yield the control and resource of each broken finding."""
    for control in report.controls:
        for finding in control.findings:
            if finding.verdict is Verdict.BROKEN:
                yield control.id, finding.resource


def _asked(answer):
    """Tell which request an answer is to; its pages are one request."""
    parts = urlsplit(answer.url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name.lower() != "$skiptoken"]
    return Asked(parts.path, answer.sent, "&".join(f"{name}={value}" for name, value in sorted(query)))


@pytest.fixture(scope="session")
def clean(estate, policies):
    """The collection without a fault."""
    return looked(estate.renewed(), policies)


@pytest.fixture(scope="session")
def requests(estate, clean):
    """Every request of the clean collection, and whether its answer is a list."""
    found = {}
    for asked in clean.asked:
        body = {"query": asked.sent, "subscriptions": list(estate.store.subscriptions)} if asked.sent else None
        target = f"{asked.path}?{asked.query.replace(' ', '%20')}"
        status, answer, _ = estate.ask("POST" if asked.sent else "GET", target, body)
        assert status == 200, asked
        found[msgspec.structs.replace(asked, query="")] = isinstance(answer.get("value", answer.get("data")), list)
    return found


def trouble(clean, seen, *, status):
    """Tell every way in which a collection says more, or accuses of more, than the clean one; empty for none."""
    if not seen.verdicts:
        return []
    told = []
    for what, before in clean.verdicts.items():
        after = seen.verdicts.get(what, Verdict.UNPROVEN)
        blind = (before, after) == (Verdict.BROKEN, Verdict.UNPROVEN)  # what was not seen cannot accuse
        if _RANK[after] > _RANK[before] and not blind:
            told.append(f"{what} got better: {before} → {after}")
        if after is Verdict.BROKEN and before is not Verdict.BROKEN and status != 404:
            told.append(f"{what} is accused by a failed read: {before} → {after}")
    hidden = {control for control, resource in clean.wrong - seen.wrong if control not in seen.doubted}
    told += [f"{control} forgot what was broken, and doubts nothing" for control in sorted(hidden)]
    return told


def moved(clean, seen):
    """Count the verdicts that moved."""
    return sum(verdict is not clean.verdicts[what] for what, verdict in seen.verdicts.items())


def silence(clean, seen, name, words):
    """Tell what the gaps do not say of what was lost: what was asked, and the answer; empty where they say both."""
    new = [gap for gap in seen.gaps if gap not in clean.gaps]
    named = [gap for gap in new if name.lower() in gap.lower() and re.search(words, gap)]
    if named or (not seen.verdicts and re.search(words, seen.gaps[0])):
        return []
    return [f"no gap names {name} and {words}: {new[:3]}"]


def chosen(cells, name):
    """Return the cells to run, the same ones each time: a sample, one of each shape, or all."""
    cells = sorted(cells)
    if EXTENT == "sample":
        return random.Random(f"{SEED} {name}").sample(cells, min(OF_EACH, len(cells)))  # noqa: S311  # no secret
    return cells if EXTENT == "whole" else list({_shape(cell): cell for cell in reversed(cells)}.values())


def _shape(cell):
    """Return what a cell has in common with others: the type that is asked for, and whether as a list."""
    place = parse(cell.path) if isinstance(cell, Asked) and not cell.sent else None
    return (place.type, place.collection) if place is not None and place.provider else cell


def told(capsys, name, results, failures):
    """Print what came of a fault's cells."""
    moves = Counter()
    for count in results:
        moves["verdicts moved"] += count
        moves["cells that moved any"] += count > 0
    line = f"{name}: {len(results)} cells (seed {SEED}), {dict(moves)}, {len(failures)} failures"
    if EXTENT != "sample":
        with capsys.disabled():
            print("\n".join(["", line, *failures]), file=sys.stderr)
    print(line)


def grouped(cases):
    """Share cases out between two workers, each of which loads the estate once."""
    return [
        pytest.param(case, id=str(case), marks=pytest.mark.xdist_group(f"estate-{place % 2}"))
        for place, case in enumerate(cases)
    ]


@pytest.mark.parametrize("name", grouped(FAULTS))
def test_no_fault_makes_a_verdict_better_hangs_the_run_or_goes_unsaid(estate, policies, clean, requests, name, capsys):
    effect, rule, words, which = FAULTS[name]
    cells = [asked for asked, is_list in requests.items() if which == _ALL or is_list]
    failures, results = [], []
    for asked in chosen(cells, name):
        faults.clear(estate.store)
        estate.fault(effect, **rule, **asked.rule)
        seen = looked(estate, policies)
        assert all(fault.seen for fault in faults.listed(estate.store)), f"{asked} was not asked"
        wrong = trouble(clean, seen, status=rule.get("status"))
        if not _is_answer(name, asked, is_list=requests[asked]):
            wrong += silence(clean, seen, asked.name, words)
        elif name != "404" and moved(clean, seen):
            wrong.append("a page in front of the list moved a verdict")
        if seen.seconds > MOST_SECONDS:
            wrong.append(f"it took {seen.seconds:.0f} s")
        failures += [f"{asked.path} {asked.sent[:40]}: {line}" for line in wrong]
        results.append(moved(clean, seen))
    faults.clear(estate.store)
    told(capsys, name, results, failures)
    assert not failures, "\n".join(failures)


def _is_answer(name, asked, *, is_list):
    """Tell whether Azure may answer so: there is no such setting, or the first page of a list is empty.

    Resource Graph has no empty page before its last.
    """
    return (name == "404" and not is_list) or (name == "empty page" and is_list and not asked.sent)


@pytest.mark.parametrize("part", grouped(["first half", "second half"]))
def test_each_permission_taken_away_is_named_and_makes_nothing_better(estate, policies, clean, part, capsys):
    """Lists leave out what may not be read, without a word; what the identity may do says so."""
    half = part == "second half"
    needed = {kind.permission.lower() for kind in KINDS if kind.path or kind.table}
    failures, results = [], []
    try:
        estate.narrow(*ROLE)
        granted = looked(estate, policies)
        for action in chosen(sorted(ROLE)[half::2], "role"):
            estate.narrow(*(other for other in ROLE if other != action))
            seen = looked(estate, policies)
            wrong = trouble(clean, seen, status=403)
            if action.lower() in needed or moved(granted, seen):
                wrong += silence(clean, seen, action, "lacks" if action.lower() in needed else "403")
            failures += [f"{action}: {line}" for line in wrong]
            results.append(moved(clean, seen))
    finally:
        estate.narrow("*")
    told(capsys, f"role, {part}", results, failures)
    assert not failures, "\n".join(failures)


@pytest.mark.xdist_group("estate-0")
def test_each_permission_of_the_directory_taken_away_is_named_and_makes_nothing_better(estate, policies, clean):
    failures = []
    try:
        for action in chosen(directory.GRANTED, "directory"):
            directory.grant(estate.store, [other for other in directory.GRANTED if other != action])
            seen = looked(estate, policies)
            wrong = trouble(clean, seen, status=403)
            if moved(clean, seen):
                wrong += silence(clean, seen, action, "needs")
            failures += [f"{action}: {line}" for line in wrong]
    finally:
        directory.grant(estate.store, directory.GRANTED)
    assert not failures, "\n".join(failures)


@pytest.mark.xdist_group("estate-1")
def test_the_role_of_the_documentation_is_enough(estate, policies, clean):
    estate.narrow(*ROLE)
    seen = looked(estate, policies)
    estate.narrow("*")
    # Types that no row knows may be hidden from it, which one more role tells.
    (unknown,) = set(seen.gaps) - set(clean.gaps)
    assert "types that no row knows" in unknown
    strict = {control for control in clean.verdicts if seen.verdicts[control] is not clean.verdicts[control]}
    assert {name for name in strict if "-" in name and name.islower()} == {
        "access-telemetry-stays-ours",
        "geo-uk-regions-only",
    }


@pytest.mark.xdist_group("estate-1")
def test_the_estate_has_what_a_fault_can_spoil(clean):
    """Enough is kept, and enough is broken, that a verdict can move either way."""
    verdicts = Counter(clean.verdicts.values())
    assert verdicts[Verdict.KEPT] > 100
    assert verdicts[Verdict.BROKEN] > 20
    assert worst(clean.verdicts.values()) is Verdict.BROKEN


def _opened(estate):
    """Make a new account that anybody may read."""
    group = estate.all("microsoft.resources/resourcegroups")[0]
    account = {"location": "uksouth", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    properties = {"allowBlobPublicAccess": True, "minimumTlsVersion": "TLS1_0"}
    estate.put(f"{group}/providers/Microsoft.Storage/storageAccounts/sincethen", {**account, "properties": properties})


def _mended(estate):
    """Shut the account that was open."""
    account = estate.all("microsoft.storage/storageaccounts")[0]
    estate.change(account, lambda body: body.update(allowBlobPublicAccess=False, minimumTlsVersion="TLS1_2"))


def _deleted(estate):
    """Delete the site that takes plain HTTP."""
    estate.store.delete(estate.all("microsoft.web/sites")[0])


def _let_in(estate):
    """Open a database server's firewall, which Resource Graph does not hold."""
    server = estate.all("microsoft.sql/servers")[1]
    addresses = {"startIpAddress": "1.0.0.0", "endIpAddress": "223.255.255.255"}
    estate.put(f"{server}/firewallRules/nearly-everybody", {"properties": addresses})


@pytest.mark.xdist_group("estate-0")
def test_a_stale_resource_graph_neither_acquits_nor_accuses(estate, policies, clean):
    """What Resource Manager's own list and answers show is judged, whatever Resource Graph still says."""
    try:
        estate.fault("stale")
        for change in (_opened, _mended, _deleted, _let_in):
            change(estate)
        stale = looked(estate, policies)
        faults.clear(estate.store)
        truth = looked(estate, policies)
    finally:
        faults.clear(estate.store)
        estate.renewed()
    assert not trouble(truth, stale, status=None)
    assert truth.wrong >= stale.wrong
    new = {control for control, _ in stale.wrong - clean.wrong}
    assert new >= {"storage-no-anonymous-read", "sql-no-open-firewall"}
    assert clean.wrong - stale.wrong


@pytest.mark.xdist_group("estate-1")
def test_a_cloud_that_falls_silent_in_the_middle_ends_the_run_soon(estate, policies, clean):
    """What was not asked any more is named like everything else that was not seen."""
    try:
        estate.fault("timeout", seconds=2, nth=40)
        seen = looked(estate, policies, Patience(attempts=0, answer=1.0))
    finally:
        faults.clear(estate.store)
    assert seen.seconds < MOST_SECONDS
    assert not trouble(clean, seen, status=None)
    assert any("got no answer" in gap for gap in seen.gaps)
    assert len(seen.gaps) > 10
