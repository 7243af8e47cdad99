"""What every format says in the same words: the headline, a place in the code, a value that was seen."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from audit.facts import is_marker
from audit.model import Verdict
from audit.promises import Contrast, Difference, Finding, Report, Since
from audit.reports.counting import blocking, control_tally, found, plural, promise_tally, promises
from audit.shape import revive

ESTATE = "the whole estate"
CAVEAT = (
    "This is not an audit opinion: it judges what the configuration seen on the {plane} plane says of the promises, "
    "and neither what people do nor what this plane does not show."
)
_LONGEST_VALUE = 400
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Controls, marks of writing direction (Unicode Standard Annex 9), invisible spaces, and halves of surrogate pairs."""


def visible(text: str) -> str:
    """Spell out characters that a reader cannot see and that could change what is shown around them.

    Line feeds and tabs stay. Without it a name could pass for another, or turn the text around it.
    """
    return _HIDDEN.sub(lambda hidden: f"\\u{ord(hidden.group()):04x}", text)


def inert(line: str) -> str:
    """Spell what a build would take for a command of its own: what is printed holds other people's names.

    GitHub reads `::` where a line begins and `##[` anywhere in it, Azure Pipelines `##vso[` and `##[`. What is put in
    their place is as wide.
    """
    plain = line.lstrip()
    line = line.replace("::", "\u2237 ", 1) if plain.startswith("::") else line
    return re.sub(r"##(?=\[|vso\[)", "#\\\\", line)


def headline(report: Report) -> str:
    """Say the verdict in one line, with what it rests on.

    It speaks of controls, as the exit code does; `standing` speaks of promises.
    """
    controls = control_tally(report)
    clauses = {
        Verdict.BROKEN: _broken(report),
        Verdict.UNPROVEN: _unproven(report),
        Verdict.WAIVED: f"no control is broken, and {controls.says(Verdict.WAIVED)} controls rest on a waiver",
        Verdict.KEPT: f"{controls.says(Verdict.KEPT)} controls are kept on the {report.plane} plane",
        Verdict.NOT_APPLICABLE: "no control speaks of anything that was seen",
    }
    return f"{report.verdict.capitalize()}: {clauses[report.verdict]}"


def _broken(report: Report) -> str:
    """Say how many controls are broken, or that a waiver does not excuse a categorical promise."""
    if found(report, Verdict.BROKEN):
        return f"{control_tally(report).says(Verdict.BROKEN)} controls are broken"
    return f"{promise_tally(promises(report)).says(Verdict.BROKEN)} promises are broken, and admit no waiver"


def _unproven(report: Report) -> str:
    """Say what is missing where nothing is broken."""
    count = len(blocking(report))
    verb = "lacks" if count == 1 else "lack"
    lacking = f"{plural(count, 'finding')} {verb} what the {report.plane} should show"
    return f"no control is broken, but {lacking}" if count else "nothing was judged"


def standing(report: Report) -> str:
    """Say how many promises are kept, which is another question than whether a control is broken."""
    seen = promise_tally(promises(report))
    kept, broken, unproven = (seen.says(one) for one in (Verdict.KEPT, Verdict.BROKEN, Verdict.UNPROVEN))
    return f"{kept} promises are kept with all of their proof, {broken} are broken, {unproven} are not proven"


def caveat(report: Report) -> str:
    """Say what the report is not."""
    return CAVEAT.format(plane=report.plane)


def subject(finding: Finding) -> str:
    """Name what a finding is about; one that runs is named with what it stands below, as namesakes are common there."""
    below = finding.resource.rpartition("/providers/")[2].split("/")[2::2]
    if finding.resource.startswith("/") and len(below) > 1:
        # Backup names an item by type, group and machine with semicolons between: the last is what people call it.
        names = (name.rpartition(";")[2] for name in (*below[:-1], finding.name))
        return visible("/".join(dict.fromkeys(names)))
    return visible(finding.name or finding.resource or ESTATE)


def place(file: str, line: int) -> str:
    """Say where something stands, such as `stacks/archive.py:41`; empty where it stands nowhere."""
    return visible(f"{file}:{line}" if line else file)


def value(seen: Any) -> str:
    """Spell a value as it was read, what cannot be read in words, and cut what is too long to read.

    Text is in quotation marks, so that the text `true` is told from the truth value.
    """
    if seen is None:
        return "not set"
    if isinstance(seen, Mapping):
        if is_marker(told := revive(seen)):
            return str(told).removeprefix("is ")
        if "$reference" in seen:
            return visible(_reference(seen))
    text = visible(json.dumps(seen, ensure_ascii=False, sort_keys=True, default=str))
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]} … ({len(text)} characters)"


def _reference(seen: Mapping[str, Any]) -> str:
    """Name what a link points to, by the last part of its URN."""
    name = str(seen["$reference"]).rpartition("::")[2]
    return f"the {seen.get('property', 'id')} of {name}{seen.get('suffix', '')}"


def evidence(finding: Finding) -> dict[str, list[tuple[str, str]]]:
    """Group what was read by the resource it was read from; the finding's own has no name.

    Empty where nothing was read. Values are never whole objects: the engine has counted those.
    """
    seen: dict[str, list[tuple[str, str]]] = {}
    for reading in finding.evidence:
        own = reading.resource in ("", finding.resource)
        name = "" if own else visible(reading.resource.rpartition("::")[2])
        line = f" (line {reading.line})" if reading.line else ""
        seen.setdefault(name, []).append((visible(reading.path), value(reading.value) + line))
    return seen


def differing(differences: Sequence[Difference]) -> str:
    """Count the differences between what is declared and what runs, sort by sort."""
    counts = Counter(one.contrast for one in differences)
    told = ", ".join(f"{counts[contrast]} {contrast}" for contrast in Contrast if counts[contrast])
    return told or "what runs is what is declared, as far as any control looks"


def difference(one: Difference) -> str:
    """Say in a line what differs."""
    match one.contrast:
        case Contrast.UNDECLARED:
            return "it runs, and no stack declares it"
        case Contrast.MISSING:
            return "it is declared, and does not run"
        case Contrast.UNSEEN:
            return visible(f"it may be hidden: {one.reason}")
        case Contrast.PROPERTY:
            return f"{visible(one.path)}: declared {value(one.declared)}, running {value(one.live)}"
        case Contrast.VERDICT:
            return visible(f"declared {one.declared}, running {one.live}: {one.reason}")
        case Contrast.OPEN | Contrast.SETTLED:
            return visible(f"running {one.live or 'unseen'}: {one.reason}")


def next_step(report: Report) -> str:
    """Say what to do first.

    What is broken comes first, and of that what a baseline does not have; then what was not seen, then what only a
    drill or a person can bring.
    """
    if broken := sorted(found(report, Verdict.BROKEN), key=lambda finding: finding.since is Since.UNCHANGED):
        where = next((place(one.file, one.line) for one in broken[0].remedy if one.file), "")
        return f"mend {broken[0].control} on {subject(broken[0])}{f' at {where}' if where else ''}, and check again"
    if report.verdict is Verdict.BROKEN:
        return "mend what is waived under a promise that admits no waiver, and check again"
    if report.gaps:
        return f"close the gap ({visible(report.gaps[0].reason)}), and check again"
    if blocks := blocking(report):
        return f"declare what {blocks[0].control} could not see on {subject(blocks[0])}, and check again"
    if any(promise.verdict is Verdict.UNPROVEN for promise in promises(report)):
        return "bring the proof that the unproven promises still need"
    return "check again after the next change"
