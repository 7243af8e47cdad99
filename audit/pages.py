"""The pages that are generated from policies: one for each control, one for all commitments."""

import json
from collections.abc import Iterator, Mapping

from audit.folding import needs
from audit.kind import DATA, PROBE
from audit.model import Control, Example, Verdict
from audit.policies import Policies
from audit.promises import Commitment, Statement

_MADE = "<!-- Made by `make docs`; change the source instead. -->"


def control_page(control: Control, policies: Policies) -> str:
    """Render a control's page: its claim, why, how to keep it, what it reads and its examples.

    A control of many kinds names the first few: the page of `geo-uk-regions-only` would be a list of types otherwise.
    """
    proves = [
        f"{commitment.id} ({commitment.promise_text})"
        for statement in policies.statements
        for commitment in statement.commitments
        if control.id in commitment.controls
    ]
    kinds = ", ".join(f"`{kind.arm}`" for kind in control.on[:4]) + (" and others" if control.on[4:] else "")
    lines = [
        f"# {control.id}",
        "",
        control.title,
        "",
        f"- Severity: {control.severity}",
        f"- Judges: {kinds or 'the estate as a whole'}",
        f"- Catalogue: {control.catalogue}",
        *([f"- A one-way door: {ONE_WAY}"] if control.one_way else []),
        f"- Proves: {'; '.join(proves) or 'no commitment yet'}",
        "",
        "## Why we promise this",
        "",
        control.why,
        "",
        "## How to keep it",
        "",
        control.how,
        "",
        *_defaults(control),
        "## Examples",
        "",
        *_examples(control),
    ]
    return "\n".join(lines).rstrip() + "\n"


ONE_WAY = "it cannot be undone, so stacks declare it open and a separate, approved step closes it"


def _defaults(control: Control) -> Iterator[str]:
    """List the platform defaults an absent property is judged by, each with its source; nothing where none is."""
    if control.absent:
        yield from ("## Platform defaults it relies on", "")
        yield from (f"- `{path}`: {source}" for path, source in control.absent.items())
        yield ""


def _examples(control: Control) -> Iterator[str]:
    """Render each example as its verdict with the body it is about.

    They come verdict by verdict, worst first, whatever their order in the file.
    """
    for verdict in Verdict:
        for example in control.examples:
            if example.verdict is verdict:
                yield f"**{verdict}**{': ' + example.note if example.note else ''}"
                yield from ("", "```json", _body(example), "```", "")


def _body(example: Example) -> str:
    """Spell an example's body as JSON, with its neighbours beside it where it has any."""
    neighbours = {f"{neighbour.kind.arm} {neighbour.name}".strip(): neighbour.body for neighbour in example.neighbours}
    whole = {"resource": example.body, "neighbours": neighbours} if neighbours else example.body
    return json.dumps(whole, indent=2, ensure_ascii=False)


def commitment_page(commitment: Commitment, statement: Statement) -> str:
    """Render one commitment: its promise, whom it binds, what proves it and what it still needs."""
    proof = [f"- Controls: {', '.join(f'`{name}`' for name in commitment.controls) or 'none yet'}"]
    if commitment.pending.ids():
        proof.append(f"- {needs(commitment.pending).capitalize()} ({', '.join(commitment.pending.ids())})")
    if commitment.unprovable:
        proof.append(f"- Nothing proves it: {commitment.unprovable}")
    lines = [
        f"### {commitment.id}",
        "",
        commitment.promise_text,
        "",
        f"- Statement: {statement.id} ({statement.company})",
        f"- Binds: {commitment.binds or 'nobody'}{_nature(commitment)}",
        f"- GDPR: {', '.join(commitment.gdpr) or 'none named'}",
        *proof,
        *[f"- Drift {item.id}: {item.text}" for item in statement.drift if commitment.id in item.commitments],
    ]
    return "\n".join(lines) + "\n"


def _nature(commitment: Commitment) -> str:
    """Say why a row is not counted, or that no waiver excuses it; empty for an ordinary promise."""
    if not commitment.promise:
        return "; a heading or scope, not a promise"
    if commitment.complementary:
        return "; the customer's part, not counted as ours"
    return "; categorical, no waiver excuses it" if commitment.categorical else ""


def commitments_page(policies: Policies) -> str:
    """Render every commitment of every statement."""
    parts = [f"{_MADE}\n\n# Commitments\n"]
    for statement in policies.statements:
        counted = [commitment for commitment in statement.commitments if commitment.counted]
        parts.append(
            f"## Statement {statement.id}: {statement.company}, {statement.title}\n\n"
            f"Seen {statement.seen} ({statement.url}). {len(counted)} promises in {len(statement.commitments)} rows.\n"
        )
        parts.extend(commitment_page(commitment, statement) for commitment in statement.commitments)
    return "\n".join(parts)


def made(page: str) -> str:
    """Mark a page as generated."""
    return f"{_MADE}\n\n{page}"


def proofs_table(policies: Policies) -> str:
    """Write how many controls of each nature there are, and how many promises each has a part in proving."""
    promises = [one for statement in policies.statements for one in statement.commitments if one.counted]
    apart = {
        name: next((begin for begin in (PROBE, DATA) if any(kind.arm.startswith(begin) for kind in control.needs)), "")
        for name, control in policies.controls.items()
    }
    rows = [
        (words, sum(nature == begin for nature in apart.values()), _proven(promises, apart, begin))
        for words, begin in (
            ("how it is set up, as declared and as it runs", ""),
            ("what a stranger meets (`audit probe`)", PROBE),
            ("what the data holds (`audit data`)", DATA),
        )
    ]
    rows += [
        ("what was restored (`audit drill`)", *_pending(promises, "drills")),
        ("what people looked at (`audit attest`)", *_pending(promises, "attestations")),
    ]
    lines = "".join(f"| {words} | {count} | {part} of {len(promises)} |\n" for words, count, part in rows)
    nothing = sum(bool(one.unprovable) for one in promises)
    told = f"\nOf {nothing} more the page of commitments says why nothing can prove it.\n" if nothing else ""
    return f"| proof | checks | promises that rest on it |\n|---|---|---|\n{lines}{told}"


def _proven(promises: list[Commitment], apart: Mapping[str, str], begin: str) -> int:
    """Count the promises that a control of one nature has a part in."""
    return sum(any(apart[name] == begin for name in one.controls) for one in promises)


def _pending(promises: list[Commitment], nature: str) -> tuple[int, int]:
    """Count the different drills, or attestations, that promises name, and the promises that name one."""
    named = [getattr(one.pending, nature) for one in promises]
    return len({name for names in named for name in names}), sum(map(bool, named))
