"""What every format counts the same way: always n of m, worst first."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from audit.folding import in_scope, needs
from audit.model import Severity, Verdict
from audit.people import TARGETS, AttestationResult, AttestationState
from audit.promises import ControlResult, Finding, PromiseResult, Proof, Report, StatementResult

_ASKED_BY = {"probes": "audit probe", "data": "audit data"}
"""What controls of a family are asked by, where that is not an audit of one plane or another."""


class Tally(NamedTuple):
    """How many of a number of things got each verdict.

    Every format takes its figures from here, so that no two formats can count differently.
    """

    of: int
    by: Counter[Verdict]

    def says(self, verdict: Verdict) -> str:
        """Say a verdict's count, such as `3 of 52`."""
        return f"{self.by[verdict]} of {self.of}"

    def share(self, verdict: Verdict) -> float:
        """Give a verdict's part of a hundred, for the length of a bar.

        Between 0 and 100, with two decimals; 0 where there was nothing to count.
        """
        return round(100 * self.by[verdict] / self.of, 2) if self.of else 0.0

    def seen(self) -> tuple[Verdict, ...]:
        """Return the four verdicts, and `not applicable` only where something got it.

        A verdict that nothing got is still named: none broken is worth saying.
        """
        return tuple(verdict for verdict in Verdict if verdict is not Verdict.NOT_APPLICABLE or self.by[verdict])


def tally(verdicts: Iterable[Verdict]) -> Tally:
    """Count verdicts."""
    by = Counter(verdicts)
    return Tally(by.total(), by)


def promises(report: Report) -> tuple[PromiseResult, ...]:
    """Return the promises that count, of every statement."""
    return tuple(promise for statement in report.statements for promise in counted(statement))


def counted(statement: StatementResult) -> tuple[PromiseResult, ...]:
    """Return the statement's promises of its company's own."""
    return tuple(promise for promise in statement.promises if promise.counted)


def promise_tally(found: Iterable[PromiseResult]) -> Tally:
    """Count promises by verdict."""
    return tally(promise.verdict for promise in found)


def control_tally(report: Report) -> Tally:
    """Count the controls judged on this plane by verdict."""
    return tally(control.verdict for control in report.controls)


def found(report: Report, verdict: Verdict) -> tuple[Finding, ...]:
    """Return every finding with `verdict`, the most severe first."""
    return ranked(finding for finding in findings(report) if finding.verdict is verdict)


def blocking(report: Report) -> tuple[Finding, ...]:
    """Return the findings that are unproven for want of what this plane should hold, the most severe first."""
    return ranked(finding for finding in findings(report) if finding.blocks)


def findings(report: Report) -> Iterator[Finding]:
    """Go through every finding of every control."""
    return (finding for control in report.controls for finding in control.findings)


def ranked(these: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings by severity, then by control and resource.

    The order is whole, so that the same findings always come in the same order.
    """
    order = list(Severity)
    return tuple(sorted(these, key=lambda one: (order.index(one.severity), one.control, one.name, one.reason)))


def by_control(these: Iterable[Finding]) -> list[tuple[str, tuple[Finding, ...]]]:
    """Group ranked findings by control, in the order they come.

    One control may come twice where findings are not ranked: neighbours alone are grouped.
    """
    return [(control, tuple(group)) for control, group in groupby(these, key=lambda finding: finding.control)]


def touched(report: Report, control: str, verdict: Verdict) -> tuple[str, ...]:
    """Return the ids of the promises for which the control has `verdict`.

    Empty where the control serves no promise that counts, or has that verdict for none of them.
    """
    return tuple(promise.id for promise in promises(report) if promise.controls.get(control) is verdict)


def declared(promise: PromiseResult) -> str:
    """Say the part of a promise that controls have seen, such as `declared: 7 of 7 controls kept`.

    Verdicts other than kept follow, worst first, and then how many of the targets behind them nobody has attested.
    """
    if not promise.controls and promise.attested:
        return f"attested: {', '.join(promise.attested)}"
    if not promise.controls:
        return "declared: no control yet"
    seen = tally(promise.controls.values())
    rest = [f"{seen.by[verdict]} {verdict}" for verdict in Verdict if verdict is not Verdict.KEPT and seen.by[verdict]]
    noun = "control" if seen.of == 1 else "controls"
    loose = [f"{plural(len(promise.targets), 'target')} not attested"] if promise.targets else []
    return ", ".join([f"declared: {seen.says(Verdict.KEPT)} {noun} kept", *rest, *loose])


def remaining(these: Iterable[PromiseResult]) -> str:
    """Say what unproven promises still need taken together, each thing counted once; empty where they need nothing."""
    waiting = [promise.needs for promise in these if promise.verdict is Verdict.UNPROVEN and promise.needs.ids()]
    if not waiting:
        return ""
    words = needs(
        Proof(
            controls=_once(waiting, lambda proof: proof.controls),
            probes=_once(waiting, lambda proof: proof.probes),
            data_checks=_once(waiting, lambda proof: proof.data_checks),
            drills=_once(waiting, lambda proof: proof.drills),
            attestations=_once(waiting, lambda proof: proof.attestations),
        )
    )
    one = len(waiting) == 1
    return f"{plural(len(waiting), 'promise')} still {words.replace('still needs', 'needs' if one else 'need')}"


def unasked(report: Report) -> str:
    """Say how many controls that promises rest on were not asked, and what asks them; empty where all were."""
    asked = {control.id for control in report.controls}
    missing = {name for promise in promises(report) for name in promise.controls} - asked
    by = Counter(_ASKED_BY.get(name.partition("-")[0], "another plane") for name in missing)
    ways = ", ".join(f"{by[way]} that {way} asks" for way in (*_ASKED_BY.values(), "another plane") if by[way])
    return f"{plural(len(missing), 'control')} not asked: {ways}" if ways else ""


def unattested(these: Iterable[PromiseResult]) -> tuple[str, ...]:
    """Return the targets that promises rest on and whose present values nobody has attested, each once, in order."""
    return tuple(sorted({name for promise in these for name in promise.targets}))


def attesting(targets: Iterable[str]) -> str:
    """Say what to run to attest targets, the tables that they stand in named as a whole."""
    tables = dict.fromkeys(name.partition(".")[0] for name in targets)
    return f"audit attest {TARGETS} --targets {','.join(tables)} --role ROLE --looked-at TEXT"


def lapsed(report: Report) -> tuple[AttestationResult, ...]:
    """Return the attestations to look at again: those that do not hold, with none like them that does, or end soon."""
    held = [(one.attestation.id, one.attestation.targets) for one in report.attestations if one.holds]
    return tuple(
        one
        for one in report.attestations
        if (not one.holds and (one.attestation.id, one.attestation.targets) not in held)
        or (one.state is AttestationState.ENDING and held.count((one.attestation.id, one.attestation.targets)) == 1)
    )


def attested_told(result: AttestationResult) -> str:
    """Say in a line what was attested by whom, and whether it holds."""
    one = result.attestation
    about = f" for {', '.join(one.targets)}" if one.targets else ""
    reason = result.reason or f"until {one.until}"
    return f"{one.id}{about}, by the {one.role}, {result.state}: {reason}"


def _once(proofs: list[Proof], part: Callable[[Proof], tuple[str, ...]]) -> tuple[str, ...]:
    """Gather one part of several proofs, each id once, in the order they come."""
    return tuple(dict.fromkeys(name for proof in proofs for name in part(proof)))


def counts_here(statement: StatementResult, control: ControlResult) -> tuple[Finding, ...]:
    """Return the control's findings that count for a statement, worst first."""
    return _worst_first(finding for finding in control.findings if in_scope(finding, statement.outside))


def _worst_first(these: Iterable[Finding]) -> tuple[Finding, ...]:
    order = list(Verdict)
    return tuple(sorted(ranked(these), key=lambda finding: order.index(finding.verdict)))


def plural(count: int, noun: str) -> str:
    """Say a count with its noun, such as `1 promise` or `2 promises`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
