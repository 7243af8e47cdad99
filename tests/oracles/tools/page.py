"""Writes the page that sets other tools' verdicts beside ours."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pairs import BESIDES

_WORDS = ("fail", "pass", "broken", "unproven", "waived", "kept", "not applicable")


def render(
    *,
    costs: Iterable[tuple[str, str, Any, int]],
    listed: Iterable[Any],
    rows: Sequence[Any],
    refused: Mapping[str, int],
    day: str,
    azure_cli: str,
) -> str:
    """Return the page as Markdown."""
    parts = [
        "# What others' tools say of the same estate",
        f"Made by `make oracles` on {day}; do not edit. Each tool runs as its makers ship it, in an environment of its "
        "own. The estate is that of `make demo`, with more broken in it, so that most checks have something to fail.",
        _costs(costs),
        _listed(listed, azure_cli),
        _verdicts(rows),
        _differences(rows),
        _besides(),
        _refused(refused),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _costs(costs: Iterable[tuple[str, str, Any, int]]) -> str:
    rows = (
        (name, version, f"{cost.seconds:.1f} s", f"{cost.cpu:.1f} s", f"{cost.peak:.0f} MB", verdicts)
        for name, version, cost, verdicts in costs
    )
    head = ("Tool", "Version", "Time", "Of it CPU", "Peak memory", "Verdicts")
    scope = (
        "Prowler runs all its checks for Azure, Cloud Custodian the policies in `tests/oracles/tools/c7n/`, and we run "
        "all our controls, on the off-site copy and the directory, too. Time is from start to exit, memory that of the "
        "largest process."
    )
    return f"## What each costs\n\n{_table(head, rows)}\n\n{scope}"


def _listed(listed: Iterable[Any], version: str) -> str:
    rows = ((f"`{one.command}`", one.theirs, one.ours, len(one.unseen)) for one in listed)
    told = (
        f"azure-cli {version} took the local Azure in as a cloud (`az cloud register`), signed in as a service "
        "principal, and was refused with a wrong secret. What it listed is what we saw:"
    )
    return f"## What `az` lists\n\n{told}\n\n{_table(('Command', 'az', 'We', 'Seen by one alone'), rows)}"


def _verdicts(rows: Sequence[Any]) -> str:
    told = (
        "Resource by resource: they differ where one fails what the other does not, has no verdict on, or holds not "
        "applicable. Where a check is marked with *, it judges another thing than the control does (a network, not its "
        "subnets), and the worst verdicts of both are compared. What we call unproven is not kept, and agrees with a "
        "fail."
    )
    cells = (
        (
            f"`{row.pair.control}`",
            _counted(row.ours),
            f"{row.pair.tool}: `{row.pair.check}`{' *' if row.pair.whole else ''}",
            _counted(row.theirs) or "nothing",
            len(row.differing) or "",
        )
        for row in rows
    )
    return f"## Verdicts\n\n{told}\n\n{_table(('Control', 'We', 'Their check', 'They', 'Differ on'), cells)}"


def _counted(verdicts: Mapping[str, str]) -> str:
    counts = Counter(verdicts.values())
    return ", ".join(f"{counts[word]} {word}" for word in _WORDS if counts[word])


def _differences(rows: Sequence[Any]) -> str:
    cells = (
        (f"`{row.pair.check}`", f"`{row.pair.control}`", reason.theirs, reason.text)
        for row in rows
        if row.differing
        for reason in row.reasons
    )
    head = ("Their check", "Our control", "They say", "Why, and who is right")
    return f"## Differences, decided\n\n{_table(head, cells)}"


def _besides() -> str:
    told = "The catalogue behind our controls names these checks of Prowler, too:"
    rows = ((f"`{check}`", why) for check, why in BESIDES.items())
    return f"## What is set beside nothing\n\n{told}\n\n{_table(('Check', 'Why'), rows)}"


def _refused(refused: Mapping[str, int]) -> str:
    told = (
        "The proxy leads the three hosts of the public cloud here and refuses every other one. Each attempt to reach "
        "another host is listed:"
    )
    rows = ((f"`{place}`", times) for place, times in sorted(refused.items()))
    return f"## What was refused\n\n{told}\n\n{_table(('Host', 'Times'), rows)}"
