"""Findings are folded into promises: the worst counts, and a promise without all of its proof is unproven."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from audit.attesting import NOBODY, Attested
from audit.model import Verdict, worst
from audit.people import TARGETS
from audit.promises import (
    Commitment,
    ControlResult,
    Finding,
    PromiseResult,
    Proof,
    Report,
    Statement,
    StatementResult,
)


def gate(controls: Iterable[ControlResult], statements: Iterable[StatementResult]) -> Verdict:
    """Give the verdict that the exit code states: what this plane should hold, obligations left out.

    A waived finding breaks a categorical promise all the same, so promises are asked, too.

    No findings at all is unproven, and so is anything that this plane should have shown and did not. What only a
    deployment, a drill or a person can settle does not count here.
    """
    found = [finding for control in controls for finding in control.findings]
    promises = [promise.verdict for statement in statements for promise in statement.promises]
    if Verdict.BROKEN in promises or any(finding.verdict is Verdict.BROKEN for finding in found):
        return Verdict.BROKEN
    if not found or any(finding.blocks for finding in found):
        return Verdict.UNPROVEN
    return worst(finding.verdict for finding in found if finding.verdict is not Verdict.UNPROVEN)


def unexcused(report: Report, control: str) -> tuple[str, ...]:
    """Return the ids of the categorical promises that a control breaks, waived or not; empty where there are none.

    A promise that is not counted is among them: the exit code counts it, too.
    """
    return tuple(
        promise.id
        for statement in report.statements
        for promise in statement.promises
        if promise.categorical and promise.controls.get(control) is Verdict.BROKEN
    )


def fold(
    statement: Statement,
    results: Mapping[str, ControlResult],
    statements: Iterable[Statement],
    words: Attested = NOBODY,
) -> StatementResult:
    """Fold the findings that lie in a statement's scope into its promises.

    `statements` are all that are known: they tell which data classes belong to another statement alone. `words` are
    what people attested.
    """
    others = {name for other in statements for name in other.scope} - set(statement.scope)
    return StatementResult(
        id=statement.id,
        company=statement.company,
        title=statement.title,
        url=statement.url,
        seen=statement.seen,
        digest=statement.digest,
        outside=tuple(sorted(others)),
        promises=tuple(_promise(commitment, results, others, statement, words) for commitment in statement.commitments),
        drift=statement.drift,
    )


def in_scope(finding: Finding, others: Collection[str]) -> bool:
    """Tell whether a finding counts: not only where all of its data classes are known to be another statement's.

    A class that no statement knows may be a slip of the pen, so it counts everywhere.

    A finding without data classes counts for every statement.
    """
    return not finding.data or not set(finding.data) <= set(others)


def _promise(
    commitment: Commitment,
    results: Mapping[str, ControlResult],
    others: Collection[str],
    statement: Statement,
    words: Attested,
) -> PromiseResult:
    """Fold the controls of one commitment into its verdict, and keep beside it what it still needs.

    A control that was not judged on this plane is unproven, never left out.
    """
    controls = {
        control: _control(results.get(control), others, categorical=commitment.categorical)
        for control in commitment.controls
    }
    said = _said(commitment, results, words)
    # Where people's words are all of its proof, and each of them holds, no control is missing.
    seen = controls or dict.fromkeys(said.met, Verdict.KEPT)
    verdict, reason = _verdict(commitment, seen, said)
    return PromiseResult(
        id=commitment.id,
        text=commitment.promise_text,
        binds=commitment.binds,
        gdpr=commitment.gdpr,
        counted=commitment.counted,
        complementary=commitment.complementary,
        categorical=commitment.categorical,
        verdict=verdict,
        controls=controls,
        needs=said.still,
        reason=reason,
        drift=tuple(item.id for item in statement.drift if commitment.id in item.commitments),
        attested=said.met,
        targets=said.loose,
    )


class _Said(NamedTuple):
    """What people's words do for one promise."""

    met: tuple[str, ...]
    """The attestations that it asks for and that hold."""
    loose: tuple[str, ...]
    """The targets behind it that nobody has attested as they are now."""
    still: Proof
    """What it needs that is not there."""
    lacking: tuple[str, ...]
    """Why words are missing or do not hold."""


def _said(commitment: Commitment, results: Mapping[str, ControlResult], words: Attested) -> _Said:
    """Take what a promise asks of people from what they said.

    The word for targets holds where its controls asked for some, and all of these are attested as they are now:
    somebody's word for other numbers proves nothing here.
    """
    asked = {target for name in commitment.controls if name in results for target in results[name].targets}
    loose = words.uncovered(asked)
    wanted = commitment.pending.attestations
    met = tuple(
        identity
        for identity in wanted
        if (bool(asked) and not loose if identity == TARGETS else words.proves(identity, commitment.controls))
    )
    left = tuple(identity for identity in wanted if identity not in met)
    reasons = (_unattested(loose), *(words.failing(identity) for identity in left))
    still = msgspec.structs.replace(commitment.pending, attestations=left)
    return _Said(met, loose, still, tuple(filter(None, reasons)))


def misfolded(report: Report) -> Iterator[str]:
    """Say where a report that somebody gave says more than its own findings and attestations do, a line each.

    Nothing where it is what judging makes of them. Whether the findings themselves are true is not seen here.
    """
    for result in report.attestations:
        if result.holds and not result.attestation.on <= report.judged_on <= result.attestation.until:
            yield f"the attestation {result.attestation.id} is said to hold on {report.judged_on}, and does not"
    results, words = {control.id: control for control in report.controls}, Attested(report.attestations)
    for statement in report.statements:
        for promise in statement.promises:
            if why := _misfold(promise, results, statement.outside, words):
                yield f"the promise {promise.id} is said to be {promise.verdict}, and {why}"


def _misfold(
    promise: PromiseResult, results: Mapping[str, ControlResult], others: Collection[str], words: Attested
) -> str:
    """Say why a promise cannot have its verdict; empty where it can."""
    found = {name: _control(results.get(name), others, categorical=promise.categorical) for name in promise.controls}
    for name, verdict in found.items():
        if promise.controls[name] is not verdict:
            return f"{name} is {verdict} by its findings, not {promise.controls[name]}"
    over = worst(found.values()) if found or not promise.attested else Verdict.KEPT
    if (over is Verdict.BROKEN) is not (promise.verdict is Verdict.BROKEN):
        return f"its controls make it {over}"
    if promise.verdict not in (Verdict.KEPT, Verdict.WAIVED):
        return "it counts" if promise.verdict is Verdict.NOT_APPLICABLE and promise.counted else ""
    asked = {target for name in found if name in results for target in results[name].targets}
    unsaid = [name for name in promise.attested if name != TARGETS and not words.proves(name, tuple(found))]
    lacks = (*promise.needs.ids(), *words.uncovered(asked), *unsaid)
    return (
        f"it lacks {', '.join(lacks)}"
        if lacks
        else f"its controls make it {over}"
        if over is not promise.verdict
        else ""
    )


def _control(result: ControlResult | None, others: Collection[str], *, categorical: bool) -> Verdict:
    """Fold one control's findings for one promise; a categorical promise knows no waiver.

    No findings is unproven; findings that are all out of scope make it not applicable.
    """
    if result is None:
        return Verdict.UNPROVEN
    found = [finding.verdict for finding in result.findings if in_scope(finding, others)]
    if result.findings and not found:
        # Everything it speaks of was seen, and holds the data of other statements alone.
        return Verdict.NOT_APPLICABLE
    if categorical:
        found = [Verdict.BROKEN if verdict is Verdict.WAIVED else verdict for verdict in found]
    return worst(found)


def _verdict(commitment: Commitment, controls: Mapping[str, Verdict], said: _Said) -> tuple[Verdict, str]:
    """Give a promise's verdict: broken by any control, kept only when all of its proof has evidence.

    The second text is the reason, empty where the promise is kept or waived. A heading or the customer's part is not
    applicable unless one of its controls is broken, which is told whatever the row is.
    """
    verdict = worst(controls.values())
    if verdict is Verdict.BROKEN:
        return verdict, "broken: " + ", ".join(name for name, seen in controls.items() if seen is Verdict.BROKEN)
    if not commitment.counted:
        return Verdict.NOT_APPLICABLE, "the customer's part" if commitment.complementary else "not a promise"
    if commitment.unprovable:
        return Verdict.UNPROVEN, commitment.unprovable
    unseen = [name for name, seen in controls.items() if seen is Verdict.UNPROVEN]
    if unseen or said.still.ids() or said.lacking:
        return Verdict.UNPROVEN, "; ".join(filter(None, (_unseen(unseen), needs(said.still), *said.lacking)))
    if verdict is Verdict.NOT_APPLICABLE:
        return Verdict.UNPROVEN, "none of its controls applies to anything seen"
    return verdict, ""


def _unseen(controls: list[str]) -> str:
    """Name the controls that could not be proven; empty where there are none."""
    return f"not proven: {', '.join(controls)}" if controls else ""


def _unattested(targets: tuple[str, ...]) -> str:
    """Name the targets whose present values nobody has attested; empty where there are none."""
    noun = "target" if len(targets) == 1 else "targets"
    return f"not attested: {noun} {', '.join(targets)} ({TARGETS})" if targets else ""


def needs(proof: Proof) -> str:
    """Say in words what a promise still needs, such as `still needs: 2 controls, a drill`.

    Empty where nothing is pending.
    """
    counts = (
        (len(proof.controls), "control", "controls"),
        (len(proof.probes), "probe", "probes"),
        (len(proof.data_checks), "data check", "data checks"),
        (len(proof.drills), "drill", "drills"),
        (len(proof.attestations), "attestation", "attestations"),
    )
    words = [f"{count} {many}" if count > 1 else f"{_article(one)} {one}" for count, one, many in counts if count]
    return f"still needs: {', '.join(words)}" if words else ""


def _article(word: str) -> str:
    """Return `an` before a vowel; all the words it is asked about sound as they are spelt."""
    return "an" if word[0] in "aeiou" else "a"
