"""Sets what another tool says beside our verdicts: where they agree, where they differ, and what it alone sees."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from audit.model import AuditError, Resource, Snapshot, Verdict, worst
from audit.promises import Finding, Report
from audit.remedy import place
from audit.tables import read_toml

NOTHING = "nothing"
"""What stands for our verdict where no control of ours has ruled."""


class Said(StrEnum):
    """What the other tool says of a resource; its silence is neither."""

    PASSES = "passes"
    FAILS = "fails"


class Stand(StrEnum):
    """How a word of the other tool stands to our verdict, what needs a reader first."""

    DIFFERS = "differs"
    ALONE = "sees what we do not"
    AGREES = "agrees"
    BESIDE = "passes what we do not ask"


class Word(msgspec.Struct, frozen=True):
    """What one check of the other tool says of one resource."""

    check: str
    said: Said
    resource: str
    """The id of the resource in the snapshot."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """All that the other tool said of a snapshot, and what it never looked at."""

    tool: str
    version: str
    words: tuple[Word, ...]
    shown: tuple[str, ...]
    """The ids of the resources that it was shown and looked at."""
    unseen: Mapping[str, str] = {}
    """The id of a resource that it did not look at → why."""


class Decided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A disagreement that was looked into: who is right, and why."""

    theirs: Said
    ours: str
    """Our verdict, or `nothing` where no control of ours ruled on the resource."""
    right: str
    """`ours`, `theirs`, or `both` where the two ask different questions."""
    reason: str


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check of the other tool, the controls that it stands for, or why it stands for none."""

    id: str
    asks: str
    """What it asks, in our own words."""
    controls: tuple[str, ...] = ()
    property: str = ""
    """The property that it reads, as our controls call it; findings are told at its line."""
    whole: bool = False
    """Whether the controls judge other resources than it does, so that only their worst verdict can be compared."""
    reason: str = ""
    """Why it stands for no control: it is outside of what was promised."""
    differs: tuple[Decided, ...] = ()


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which checks of another tool stand for which controls."""

    version: str
    """The version of the tool whose checks were read."""
    checks: tuple[Check, ...] = msgspec.field(name="check")


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """A word of the other tool beside our verdict, at the line of the program that it is about."""

    check: str
    asks: str
    said: Said
    stand: Stand
    ours: str
    controls: tuple[str, ...]
    resource: str
    name: str
    type: str
    file: str
    line: int
    right: str = ""
    """Who is right where the two differ; empty where nobody has decided."""
    reason: str = ""


class SecondOpinion(msgspec.Struct, frozen=True, kw_only=True):
    """What another tool says beside our verdicts; it changes none of them."""

    tool: str
    version: str
    read: str
    """The version whose checks the table was made for."""
    opinions: tuple[Opinion, ...]
    looked_at: int
    wordless: Mapping[str, int]
    """The types of the resources that it looked at and said nothing of → how many."""
    unseen: Mapping[str, str]
    silent: Mapping[str, int]
    """Our verdict → on how many resources a control gave it and the other tool has no word on that control."""


def load_table(path: Path, controls: Iterable[str]) -> Table:
    """Read the table at `path`; raises `AuditError` where it cannot be read or names what is not there."""
    table = read_toml(path, Table)
    known = set(controls)
    twice = [check for check, count in Counter(row.id for row in table.checks).items() if count > 1]
    problems = [f"{path}: {check} stands there twice. Keep one." for check in twice]
    for row in table.checks:
        problems += [f"{path}: {row.id} {problem}" for problem in _problems(row, known)]
    if problems:
        raise AuditError("\n".join(problems))
    return table


def _problems(row: Check, known: set[str]) -> Iterator[str]:
    """Say what is wrong with a row; nothing where it stands for controls that are there, or says why for none."""
    for control in sorted(set(row.controls) - known):
        yield f"names the control {control}, which is not there. See `audit list controls`."
    if bool(row.controls) == bool(row.reason.strip()):
        yield "needs either controls that it stands for, or a reason why it stands for none."
    for one in row.differs:
        if one.right not in ("ours", "theirs", "both") or one.ours not in (*map(str, Verdict), NOTHING):
            yield f"decides {one.theirs} beside {one.ours} by {one.right!r}. Use a verdict, and ours, theirs or both."


def compare(heard: Heard, report: Report, snapshot: Snapshot, table: Table) -> SecondOpinion:
    """Set each word beside our verdict on the same resource; no verdict is changed by it.

    A check that the table does not know stands for no control, and says so.
    """
    rows = {row.id: row for row in table.checks}
    findings = {result.id: {finding.resource: finding for finding in result.findings} for result in report.controls}
    known = {resource.id: resource for resource in snapshot.resources}
    opinions = tuple(
        _opinion(word, rows.get(word.check, _unknown(word.check)), findings, known[word.resource])
        for word in heard.words
    )
    spoken = {word.resource for word in heard.words}
    return SecondOpinion(
        tool=heard.tool,
        version=heard.version,
        read=table.version,
        opinions=tuple(sorted(opinions, key=_order)),
        looked_at=len(heard.shown),
        wordless=dict(sorted(Counter(known[one].type for one in heard.shown if one not in spoken).items())),
        unseen=heard.unseen,
        silent=_silent(opinions, rows, findings),
    )


def _unknown(check: str) -> Check:
    """Make the row of a check that the table does not have."""
    return Check(id=check, asks="", reason="the table does not know this check")


def _opinion(word: Word, row: Check, findings: Mapping[str, Mapping[str, Finding]], resource: Resource) -> Opinion:
    """Set one word beside our verdict: the worst of those that the check's controls gave."""
    ours = _ours(row, findings, word.resource)
    stand = _stand(word.said, ours)
    file, line = place(resource, row.property)
    settled = next((one for one in row.differs if (one.theirs, one.ours) == (word.said, ours)), None)
    open_question = stand in (Stand.DIFFERS, Stand.ALONE)
    return Opinion(
        check=word.check,
        asks=row.asks,
        said=word.said,
        stand=stand,
        ours=ours,
        controls=row.controls,
        resource=resource.id,
        name=resource.name,
        type=resource.type,
        file=file,
        line=line,
        right=settled.right if settled and open_question else "",
        reason=(settled.reason if settled else row.reason) if open_question else "",
    )


def _ours(row: Check, findings: Mapping[str, Mapping[str, Finding]], resource: str) -> str:
    """Return the worst verdict that the check's controls gave on a resource; `nothing` where they gave none there."""
    ruled = [findings.get(control, {}) for control in row.controls]
    given = [
        finding.verdict
        for subjects in ruled
        for finding in (subjects.values() if row.whole else filter(None, (subjects.get(resource),)))
    ]
    return worst(given).value if given else NOTHING


def _stand(said: Said, ours: str) -> Stand:
    """Tell how a word stands to our verdict; what was waived is a deviation that both see."""
    if ours == NOTHING:
        return Stand.ALONE if said is Said.FAILS else Stand.BESIDE
    same = (Verdict.BROKEN, Verdict.WAIVED) if said is Said.FAILS else (Verdict.KEPT, Verdict.NOT_APPLICABLE)
    return Stand.AGREES if ours in same else Stand.DIFFERS


def _silent(
    opinions: Iterable[Opinion], rows: Mapping[str, Check], findings: Mapping[str, Mapping[str, Finding]]
) -> dict[str, int]:
    """Count our rulings on which the other tool has no word, by verdict."""
    told: dict[str, set[str]] = defaultdict(set)
    for opinion in opinions:
        for control in opinion.controls:
            told[control] |= findings.get(control, {}).keys() if rows[opinion.check].whole else {opinion.resource}
    counted = Counter(
        finding.verdict
        for control, ruled in findings.items()
        for resource, finding in ruled.items()
        if resource not in told[control]
    )
    return {verdict.value: counted[verdict] for verdict in Verdict if counted[verdict]}


def _order(opinion: Opinion) -> tuple[int, str, str, str]:
    """Sort what needs a reader first, then by check and resource."""
    return list(Stand).index(opinion.stand), opinion.check, opinion.name, opinion.resource
