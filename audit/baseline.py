"""A baseline holds what was already broken, so that a change is stopped by what it adds and by nothing older."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import msgspec

from audit.folding import unexcused
from audit.model import AuditError, Plane, Verdict, worst
from audit.promises import Against, ControlResult, Finding, Known, Report, Since

FORMAT = "promise-audit/baseline/1"
_OF_ONE_STACK = (Plane.PROGRAM, Plane.PREVIEW, Plane.STATE)
"""Where the origin names the project and the stack; that of a template is a path, which may differ from run to run."""
_Key = tuple[str, str]
"""A control and the URN or ARM id of what it judged."""


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one report found, told by identity, control and judged value."""

    format: str
    """Changes when a field is renamed, removed or given another meaning."""
    product: str
    plane: Plane
    origin: str
    judged_on: date
    findings: tuple[Known, ...]
    kept: Mapping[str, tuple[str, ...]]
    """Control → what it found kept: so that a change from kept is told from something new."""


def written(report: Report) -> bytes:
    """Write what `report` found as a baseline: JSON with sorted keys, one newline at its end."""
    kept: defaultdict[str, set[str]] = defaultdict(set)
    known = set()
    for finding, verdict in _ruled(report):
        if verdict is Verdict.KEPT:
            kept[finding.control].add(finding.resource)
        else:
            known.add(_known(finding, verdict))
    baseline = Baseline(
        format=FORMAT,
        product=report.product,
        plane=report.plane,
        origin=report.origin,
        judged_on=report.judged_on,
        findings=tuple(sorted(known, key=lambda one: (one.control, one.resource, one.verdict, one.value))),
        kept={control: tuple(sorted(resources)) for control, resources in kept.items()},
    )
    return msgspec.json.format(msgspec.json.encode(baseline, order="sorted"), indent=2) + b"\n"


def read(path: Path) -> Baseline:
    """Read the baseline at `path`; raises `AuditError` where it cannot be read or is none."""
    try:
        baseline = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        raise AuditError(
            f"cannot read the baseline {path}: {error.strerror}. Make it with --write-baseline."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AuditError(f"{path} is no baseline: {error}. Make it anew with --write-baseline.") from error
    if baseline.format != FORMAT:
        raise AuditError(
            f"{path} has the format {baseline.format!r}, not {FORMAT}. Make it anew with --write-baseline."
        )
    return baseline


def compared(report: Report, baseline: Baseline) -> Report:
    """Say of every finding how it stands to `baseline`; verdicts stay what they are.

    Raises `AuditError` where the baseline is of another plane, as what it names is called otherwise here, or of another
    stack: what is said of an estate as a whole names no stack.
    """
    if report.plane is not baseline.plane:
        planes = f"the baseline is of the {baseline.plane} plane, and this is the {report.plane} plane"
        raise AuditError(f"{planes}. Make one for each with --write-baseline.")
    if report.plane in _OF_ONE_STACK and report.origin != baseline.origin:
        stacks = f"the baseline is of {baseline.origin}, and this is {report.origin}"
        raise AuditError(f"{stacks}. Make one for each with --write-baseline.")
    known: defaultdict[_Key, set[tuple[Verdict, str]]] = defaultdict(set)
    for one in baseline.findings:
        known[one.control, one.resource].add((one.verdict, one.value))
    for control, resources in baseline.kept.items():
        for resource in resources:
            known[control, resource].add((Verdict.KEPT, ""))
    beyond = _beyond_waiving(report)
    controls = tuple(_marked(result, known, beyond) for result in report.controls)
    marked = msgspec.structs.replace(report, controls=controls)
    still = {(finding.control, finding.resource) for finding, verdict in _ruled(marked) if verdict is not Verdict.KEPT}
    lost = tuple(one for one in baseline.findings if (one.control, one.resource) not in still)
    against = Against(
        judged_on=baseline.judged_on,
        adds=_adds(marked),
        absent=tuple(one for one in lost if one.verdict is not Verdict.NOT_APPLICABLE),
    )
    return msgspec.structs.replace(marked, against=against)


def hidden(finding: Finding) -> bool:
    """Tell whether a finding is unproven that the baseline had a ruling on."""
    return finding.verdict is Verdict.UNPROVEN and finding.was not in (None, Verdict.UNPROVEN)


def fingerprint(finding: Finding) -> str:
    """Give the digest by which a finding is known again: control, identity and judged value, no line and no file."""
    return _digest([finding.control, finding.resource, judged(finding)])


def judged(finding: Finding) -> str:
    """Give the digest of what was judged: the values read and what was said of them."""
    read = {(one.resource, one.path, json.dumps(one.value, sort_keys=True, default=str)) for one in finding.evidence}
    # Evidence counts what a list of objects holds; the reason names what in it decided.
    return _digest([sorted(read), finding.reason])


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def _ruled(report: Report) -> Iterator[tuple[Finding, Verdict]]:
    """Go through every finding with the verdict it stands for in the exit code."""
    beyond = _beyond_waiving(report)
    for result in report.controls:
        for finding in result.findings:
            yield finding, _ruling(finding, beyond)


def _ruling(finding: Finding, beyond: set[str]) -> Verdict:
    """Give a finding's verdict; where it is waived under a promise that knows no waiver, it counts as broken."""
    excused = finding.verdict is not Verdict.WAIVED or finding.control not in beyond
    return finding.verdict if excused else Verdict.BROKEN


def _beyond_waiving(report: Report) -> set[str]:
    """Name the controls that break a categorical promise, waived or not."""
    return {result.id for result in report.controls if unexcused(report, result.id)}


def _known(finding: Finding, verdict: Verdict) -> Known:
    return Known(
        control=finding.control,
        resource=finding.resource,
        name=finding.name,
        verdict=verdict,
        value=judged(finding),
        reason=finding.reason,
    )


def _marked(result: ControlResult, known: Mapping[_Key, set[tuple[Verdict, str]]], beyond: set[str]) -> ControlResult:
    """Mark a control's findings; what is kept is not compared value by value, as no value lapses there."""
    findings = []
    for finding in result.findings:
        before = known.get((finding.control, finding.resource))
        verdict = _ruling(finding, beyond)
        now = (verdict, "" if verdict is Verdict.KEPT else judged(finding))
        was = worst(ruling for ruling, _ in before) if before else None
        findings.append(msgspec.structs.replace(finding, since=_since(now, before or set()), was=was))
    return msgspec.structs.replace(result, findings=tuple(findings))


def _since(now: tuple[Verdict, str], before: set[tuple[Verdict, str]]) -> Since:
    """Say how a ruling stands to those before: what was kept had no result, so what becomes of it is new."""
    if now in before:
        return Since.UNCHANGED
    return Since.UPDATED if any(verdict is not Verdict.KEPT for verdict, _ in before) else Since.NEW


def _adds(report: Report) -> Verdict:
    """Give the worst that the baseline does not have; an audit that found nothing at all is unproven as ever.

    What was ruled on and is unproven now counts even where it is an obligation: a value was there, and was taken away.
    """
    ruled = list(_ruled(report))
    added = [(finding, verdict) for finding, verdict in ruled if finding.since is not Since.UNCHANGED]
    if any(verdict is Verdict.BROKEN for _, verdict in added):
        return Verdict.BROKEN
    if not ruled or any(finding.blocks or hidden(finding) for finding, _ in added):
        return Verdict.UNPROVEN
    return Verdict.NOT_APPLICABLE
