"""The report as SARIF 2.1.0, for code scanning and every viewer that reads the standard.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any
from urllib.parse import quote

from audit.baseline import fingerprint
from audit.model import Control, Reading, Severity, Verdict
from audit.promises import Finding, Flaw, Known, PromiseResult, Report, Since, Waiver
from audit.reports import words
from audit.reports.counting import findings, ranked
from audit.reports.gate import Places, flaw_told, flawed, sentence, stops, touches

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "promiseAuditFinding/v1"
GITHUBS_FINGERPRINT = "primaryLocationLineHash"
"""The only one that GitHub reads; ours goes in it, so that an alert lasts when its line moves.

https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support"""
_LEVEL = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_SCORE = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""GitHub's `security-severity`: above 9 is critical, from 7 high, from 4 medium (the same page)."""
_KIND = {
    Verdict.BROKEN: "fail",
    Verdict.WAIVED: "fail",
    Verdict.UNPROVEN: "open",
    Verdict.NOT_APPLICABLE: "notApplicable",
}
"""§3.27.9; what is kept is left out: a pass is no finding, and there are thousands."""
_ROOT = "%SRCROOT%"
_MOST_TAGS = 20
"""GitHub refuses a log with more on one rule (the same page)."""


def render(report: Report, controls: Mapping[str, Control], places: Places, *, alerts: bool = False) -> bytes:
    """Render `report` as one SARIF run; `controls` say why each rule is there.

    With `alerts`, only what stops a pull request is in it: GitHub reads neither `kind` nor `suppressions`, and makes an
    alert of every result.
    """
    shown = [finding for finding in ranked(findings(report)) if finding.verdict in _KIND]
    if alerts:
        shown = [finding for finding in shown if stops(report, finding)]
    lost = report.against.absent if report.against and not alerts else ()
    rules = _rules(report, controls, {*(one.control for one in shown), *(one.control for one in lost)})
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [_result(report, finding, index, places) for finding in shown]
    results += [_absent(known, index, places) for known in lost]
    product, _, version = report.product.partition(" ")
    run = {
        "tool": {"driver": {"name": product, **_version(version), "rules": rules, "notifications": _DESCRIPTORS}},
        "automationDetails": {"id": f"{product}/{report.plane}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(report)],
        "results": results,
        "properties": {"verdict": report.verdict, "origin": report.origin, "judgedOn": str(report.judged_on)},
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(log, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8", "replace")


def escaped(text: str) -> str:
    """Spell a message so that nothing in it is a placeholder or a link (§3.11.5, §3.11.6)."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _version(version: str) -> dict[str, str]:
    """Give the product's version; only one of three numbers is a semantic one."""
    semantic = {"semanticVersion": version} if re.fullmatch(r"\d+\.\d+\.\d+", version) else {}
    return {"version": version, **semantic} if version else {}


def _rules(report: Report, controls: Mapping[str, Control], needed: set[str]) -> list[dict[str, Any]]:
    """Make a rule of every control judged, and of those that only the baseline knows."""
    judged = [result.id for result in report.controls]
    strange = sorted(needed - set(judged))
    return [_rule(report, identity, controls.get(identity)) for identity in [*judged, *strange]]


def _rule(report: Report, identity: str, control: Control | None) -> dict[str, Any]:
    """Make one rule; a control that is there no more has its name alone."""
    name = "".join(word.capitalize() for word in identity.split("-"))
    if control is None:
        text = {"text": f"{identity} is judged no more."}
        return {"id": identity, "name": name, "shortDescription": text, "fullDescription": text, "help": text}
    served = [
        (statement.url, promise)
        for statement in report.statements
        for promise in statement.promises
        if identity in promise.controls
    ]
    links = [url for url, _ in served if url.startswith(("https://", "http://"))]
    return {
        "id": identity,
        "name": name,
        "shortDescription": {"text": escaped(_ended(control.title))},
        "fullDescription": {"text": escaped(_ended(control.why))},
        "help": {
            "text": escaped(f"{_ended(control.why)}\n\n{_ended(control.how)}"),
            "markdown": escaped(f"**Why we promise this.** {control.why}\n\n**How to keep it.** {control.how}"),
        },
        # The published promise itself; ids of pages would need an address that only the company knows.
        **({"helpUri": links[0]} if links else {}),
        "defaultConfiguration": {"level": _LEVEL[control.severity]},
        "properties": _bag(control, [promise for _, promise in served]),
    }


def _bag(control: Control, served: list[PromiseResult]) -> dict[str, Any]:
    """Say what GitHub and our own readers look up: how bad it is, and which promises and articles it serves."""
    articles = dict.fromkeys(article for promise in served for article in promise.gdpr)
    return {
        "catalogue": control.catalogue,
        "commitments": [promise.id for promise in served],
        "precision": "very-high",
        "problem.severity": _LEVEL[control.severity].replace("note", "recommendation"),
        "security-severity": _SCORE[control.severity],
        "tags": ["security", "privacy", *(f"GDPR {article}" for article in articles)][:_MOST_TAGS],
    }


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _result(report: Report, finding: Finding, index: Mapping[str, int], places: Places) -> dict[str, Any]:
    """Make one result; what is no failure has no level (§3.27.10), for which GitHub takes its rule's."""
    kind = _KIND[finding.verdict]
    text = sentence(report, finding)
    digest = fingerprint(finding)
    return {
        "ruleId": finding.control,
        "ruleIndex": index[finding.control],
        "kind": kind,
        **({"level": _LEVEL[finding.severity]} if kind == "fail" else {}),
        "message": {"text": escaped(text)},
        "locations": [_location(finding, places)],
        **_related(finding, places),
        "partialFingerprints": {FINGERPRINT: digest, GITHUBS_FINGERPRINT: digest},
        **({"baselineState": finding.since} if finding.since else {}),
        **_suppressions(report, finding),
        "properties": {
            "verdict": finding.verdict,
            "blocks": stops(report, finding) is not None,
            "severity": finding.severity,
            "promises": [promise.id for promise in touches(report, finding)],
            "evidence": [_evidence(reading) for reading in finding.evidence],
        },
    }


def _evidence(reading: Reading) -> dict[str, str]:
    """Tell a value that was read; it is spelt as in every other format."""
    return {
        "resource": words.visible(reading.resource),
        "path": words.visible(reading.path),
        "value": words.value(reading.value),
    }


def _location(finding: Finding, places: Places) -> dict[str, Any]:
    """Say where a finding stands: in the program's own file, and in the estate."""
    return {"physicalLocation": _physical(*places.of(finding.file, finding.line)), **_logical(finding)}


def _logical(finding: Finding | Known) -> dict[str, Any]:
    """Name the resource; a finding about the whole estate has none."""
    if not finding.resource:
        return {}
    name, whole = words.visible(finding.name or finding.resource), words.visible(finding.resource)
    return {"logicalLocations": [{"name": name, "fullyQualifiedName": whole, "kind": "resource"}]}


def _physical(path: str, line: int) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": quote(path, errors="replace"), "uriBaseId": _ROOT},
        "region": {"startLine": line},
    }


def _related(finding: Finding, places: Places) -> dict[str, Any]:
    """Point to the lines that a remedy changes, where they are others than the finding's own."""
    own = places.of(finding.file, finding.line)
    changes = [change for change in finding.remedy if change.file and places.of(change.file, change.line) != own]
    related = [
        {
            "id": number,
            "physicalLocation": _physical(*places.of(change.file, change.line)),
            "message": {"text": escaped(words.visible(change.code))},
        }
        for number, change in enumerate(changes)
    ]
    return {"relatedLocations": related} if related else {}


def _suppressions(report: Report, finding: Finding) -> dict[str, Any]:
    """Tell the waiver of a waived finding; under a promise that admits none it is told as refused (§3.35)."""
    if finding.verdict is not Verdict.WAIVED:
        return {}
    waiver = _waiver(report, finding)
    return {
        "suppressions": [
            {
                "kind": "external",
                "status": "rejected" if stops(report, finding) else "accepted",
                "justification": words.visible(waiver.reason if waiver else finding.waiver),
                "properties": {"owner": waiver.owner, "until": str(waiver.until)} if waiver else {},
            }
        ]
    }


def _waiver(report: Report, finding: Finding) -> Waiver | None:
    """Find the waiver that excused a finding, None in a report that does not hold its waivers."""
    return next(
        (
            result.waiver
            for result in report.waivers
            if result.excuses
            and (result.waiver.control, result.waiver.resource) == (finding.control, finding.name)
            and report.plane in result.waiver.planes
            and report.judged_on <= result.waiver.until
        ),
        None,
    )


def _absent(known: Known, index: Mapping[str, int], places: Places) -> dict[str, Any]:
    """Make the result that stands for what the baseline has and was not found again."""
    kind = _KIND[known.verdict]
    text = f"{words.visible(known.name or known.resource or words.ESTATE)}: no longer {known.verdict}: {known.reason}"
    return {
        "ruleId": known.control,
        "ruleIndex": index[known.control],
        "kind": kind,
        **({"level": "note"} if kind == "fail" else {}),
        "message": {"text": escaped(words.visible(text))},
        "locations": [{"physicalLocation": _physical(places.otherwise, 1), **_logical(known)}],
        "baselineState": Since.ABSENT,
    }


_DESCRIPTORS = [
    {
        "id": identity,
        "shortDescription": {"text": text},
        # GitHub takes no descriptor without these two.
        "fullDescription": {"text": f"{text} {what}"},
        "help": {"text": what},
    }
    for identity, text, what in (
        ("gap", "Something could not be seen.", "What rests on it is unproven: give the audit what it lacks."),
        ("not-assessed", "Something is judged by nothing.", "No control speaks of it, so nothing is said of it."),
        ("waiver", "Something is wrong with a waiver.", "Mend it in waivers.toml, or take it out."),
    )
]


def _invocation(report: Report) -> dict[str, Any]:
    """Say how the run went: one with gaps did not see everything, and so did not succeed."""
    notes = [_notification("gap", "error", gap.reason) for gap in report.gaps]
    notes += [_notification("not-assessed", "note", text) for text in _unassessed(report)]
    wrong = [
        _notification("waiver", "note" if flaw.flaw is Flaw.ENDING else "warning", flaw_told(result, flaw))
        for result, flaw in flawed(report.waivers)
    ]
    return {
        "executionSuccessful": not report.gaps,
        "endTimeUtc": f"{report.seen_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "toolExecutionNotifications": notes,
        "toolConfigurationNotifications": wrong,
    }


def _unassessed(report: Report) -> Iterator[str]:
    for one in report.unassessed:
        yield f"{one.what}{f' at {one.where}' if one.where else ''}: {one.why}"


def _notification(identity: str, level: str, text: str) -> dict[str, Any]:
    """Make a notification; `error` says that results may be incomplete (§3.58.6)."""
    message = {"text": escaped(words.visible(text).replace("\n", " "))}
    return {"descriptor": {"id": identity}, "level": level, "message": message}
