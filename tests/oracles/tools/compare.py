"""Sets the verdicts of tools that others wrote beside ours, on the same estate, with what each of them cost.

Run by `make oracles`. Exits with 1 where a difference has no reason in `reasons.py`, or a reason is of no difference.
"""

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import azure_cli
from estate import BIN, ROOT, prepare
from page import render
from pairs import Pair, Reason, pairs
from reasons import REASONS
from running import Cost, asked, measured, version, within

from audit.sandbox import process, proxy

PASSES, FAILS = "pass", "fail"
_OURS = {"kept": PASSES, "waived": PASSES, "broken": FAILS, "unproven": FAILS, "not applicable": ""}
"""What is unproven is not kept, so it stands beside what others fail; the page tells the two apart."""

Verdicts = dict[str, dict[str, str]]
"""Check or control → id of a resource in lower case → verdict."""


class Row(NamedTuple):
    """One pair with what both said."""

    pair: Pair
    theirs: Mapping[str, str]
    ours: Mapping[str, str]
    differing: tuple[str, ...]
    """The resources on which they differ; `*` where they are compared as a whole."""
    reasons: tuple[Reason, ...]


def ours(folder: Path) -> tuple[Verdicts, dict[str, str], Cost]:
    """Audit what runs; returns our verdicts, what we saw (id → type), and the cost of the audit."""
    report, seen = folder / "report", folder / "seen.json"
    audit = BIN / "audit"
    cost = measured(within(folder, audit, "check", "--live", "-o", report), folder / "ours.log", accepted=(3,))
    asked(folder, audit, "collect", "--live", "-o", seen)
    controls = json.loads((report / "report.json").read_text())["controls"]
    verdicts = {
        control["id"]: {str(one["resource"]).lower(): one["verdict"] for one in control["findings"]}
        for control in controls
    }
    resources = json.loads(seen.read_text())["resources"]
    return verdicts, {str(one["id"]).lower(): one["type"] for one in resources}, cost


def prowler(tool: Path, folder: Path) -> tuple[Verdicts, Cost]:
    """Let Prowler run all its checks, as it comes."""
    words = ("azure", "--sp-env-auth", "-M", "json-ocsf", "-o", folder / "prowler", "-F", "found", "--no-banner", "-z")
    cost = measured(within(folder, tool / "bin" / "prowler", *words, public=True), folder / "prowler.log")
    found: Verdicts = defaultdict(dict)
    for one in json.loads((folder / "prowler" / "found.ocsf.json").read_text()):
        verdict = {"PASS": PASSES, "FAIL": FAILS}.get(one["status_code"])
        if verdict:
            found[one["metadata"]["event_code"]][str(one["resources"][0]["uid"]).lower()] = verdict
    return found, cost


def custodian(tool: Path, folder: Path) -> tuple[Verdicts, Cost]:
    """Let Cloud Custodian run our policies; of what it lists of a type, a policy passes what it does not match."""
    words = ("run", "--cache-period", "0", "-s", folder / "c7n", ROOT / "tests/oracles/tools/c7n/estate.yml")
    cost = measured(within(folder, tool / "bin" / "custodian", *words, public=True), folder / "c7n.log")
    kinds, matched = {}, {}
    for place in (folder / "c7n").iterdir():
        if (place / "resources.json").exists():
            kinds[place.name] = json.loads((place / "metadata.json").read_text())["policy"]["resource"]
            ids = {str(one["id"]).lower() for one in json.loads((place / "resources.json").read_text())}
            matched[place.name] = ids
    everything = {kinds[name]: ids for name, ids in matched.items() if name.startswith("all-")}
    return {
        name: {one: FAILS if one in ids else PASSES for one in everything[kinds[name]]}
        for name, ids in matched.items()
        if not name.startswith("all-")
    }, cost


def rows(found: Mapping[str, Verdicts], mine: Verdicts) -> Iterator[Row]:
    """Set each pair side by side."""
    for pair in pairs():
        checks = (said for check, said in found[pair.tool].items() if fnmatchcase(check, pair.check))
        theirs = {one: verdict for said in checks for one, verdict in said.items()}
        own = mine[pair.control]
        differing = tuple(_differing(pair, theirs, own))
        fitting = (one for one in REASONS if (one.check, one.control) == (pair.check, pair.control))
        used = tuple(one for one in fitting if any(_explains(one, theirs, at) for at in differing))
        yield Row(pair, theirs, own, differing, used)


def _differing(pair: Pair, theirs: Mapping[str, str], own: Mapping[str, str]) -> Iterator[str]:
    """Yield the resources on which the two differ, those included that one of them fails and the other passes over."""
    if not theirs:
        yield "*"
    elif pair.whole:
        if _worst(theirs) != _worst({one: _OURS[verdict] for one, verdict in own.items()}):
            yield "*"
    else:
        for one in sorted(theirs.keys() | own.keys()):
            both = {theirs.get(one, ""), _OURS[own.get(one, "not applicable")]}
            if FAILS in both and len(both) > 1:
                yield one


def _worst(verdicts: Mapping[str, str]) -> str:
    return FAILS if FAILS in verdicts.values() else PASSES


def _explains(reason: Reason, theirs: Mapping[str, str], resource: str) -> bool:
    """Tell whether a reason is about what they say of a resource, or of all, where it is compared as a whole."""
    said = _worst(theirs) if resource == "*" and theirs else theirs.get(resource, "silent")
    return said == reason.theirs and (resource == "*" or fnmatchcase(resource, reason.resource))


def unexplained(compared: list[Row]) -> list[str]:
    """Say what differs without a reason, what was never compared, and which reasons are used no more."""
    problems = []
    for row in compared:
        left = [
            at for at in row.differing if not any(at == "*" or _explains(one, row.theirs, at) for one in row.reasons)
        ]
        if row.differing and (left or not row.reasons):
            problems.append(f"{row.pair.check} and {row.pair.control} differ without a reason: {left or row.differing}")
        elif row.theirs and not row.pair.whole and not row.theirs.keys() & row.ours.keys():
            problems.append(
                f"{row.pair.check} and {row.pair.control} judge nothing in common: {sorted(row.theirs)[:2]}"
            )
    used = {reason for row in compared if row.differing for reason in row.reasons}
    return problems + [
        f"no longer true of {one.check} and {one.control}: {one.text}" for one in REASONS if one not in used
    ]


def main(tools: Path) -> int:
    """Compare, write the page, and return the exit code."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "azure"
        folder.mkdir()
        try:
            running = prepare(folder)
            mine, seen, own_cost = ours(folder)
            listed = azure_cli.run(tools / "azure-cli", folder, seen)
            found: dict[str, Verdicts] = {}
            found["Prowler"], prowler_cost = prowler(tools / "prowler", folder)
            found["Cloud Custodian"], custodian_cost = custodian(tools / "c7n-azure", folder)
            refused = proxy.refused(running.folder)
        finally:
            process.stop(folder)
    compared = list(rows(found, mine))
    costs: list[tuple[str, str, Cost, int]] = [
        ("Promise Audit", version(BIN.parent, "promise-audit"), own_cost, sum(map(len, mine.values()))),
        _cost(tools / "prowler", "Prowler", "prowler", prowler_cost, found),
        _cost(tools / "c7n-azure", "Cloud Custodian", "c7n-azure", custodian_cost, found),
    ]
    away = [one for one in listed if one.unseen]
    facts: dict[str, Any] = {"costs": costs, "listed": listed, "rows": compared, "refused": refused}
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    text = render(**facts, day=day, azure_cli=version(tools / "azure-cli", "azure-cli"))
    (ROOT / "docs" / "oracles.md").write_text(text)
    problems = unexplained(compared) + [f"{one.command} and we differ: {one.unseen}" for one in away]
    print(text)
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


def _cost(tool: Path, name: str, package: str, cost: Cost, found: Mapping[str, Verdicts]) -> tuple[str, str, Cost, int]:
    """Return what is told of a tool's run: name, version, cost, and how many verdicts came of it."""
    return name, version(tool, package), cost, sum(map(len, found[name].values()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
