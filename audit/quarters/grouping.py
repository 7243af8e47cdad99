"""Exceptions of many resources are told as one, by control: for who need not or must not see each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from audit.quarters.exceptions import identity_of, ordered
from audit.quarters.model import ExceptionInPeriod, FollowUp, InventoryRow, Span


def summarised(found: Iterable[ExceptionInPeriod]) -> tuple[ExceptionInPeriod, ...]:
    """Tell shared exceptions by control, verdict and whether they stand: without a name, an id or a reason."""
    groups: defaultdict[tuple[str, str, bool], list[ExceptionInPeriod]] = defaultdict(list)
    for one in found:
        groups[one.control, one.verdict, one.standing].append(one)
    return ordered(_group(groups[key], f"shared {key[1]} {key[2]}", "shared") for key in sorted(groups))


def grouped(found: Iterable[ExceptionInPeriod]) -> tuple[ExceptionInPeriod, ...]:
    """Tell exceptions by control, where the management's response to them is one; what stands alone stays."""
    groups: defaultdict[tuple[str, str, bool, bytes], list[ExceptionInPeriod]] = defaultdict(list)
    for one in found:
        groups[one.control, one.verdict, one.standing, _response(one)].append(one)
    told = []
    for key in sorted(groups):
        members = groups[key]
        if len(members) == 1:
            told.append(members[0])
            continue
        made = _group(members, f"{key[1]} {key[2]} {members[0].id}", "")
        told.append(
            msgspec.structs.replace(
                made,
                type=members[0].type if len({one.type for one in members}) == 1 else "",
                reason=members[0].reason if len({one.reason for one in members}) == 1 else "see the auditor's edition",
                customers=tuple(sorted({name for one in members for name in one.customers})),
                response=members[0].response and msgspec.structs.replace(members[0].response, resource=made.name),
            )
        )
    return ordered(told)


def new_ids(before: Iterable[ExceptionInPeriod], after: Sequence[ExceptionInPeriod]) -> dict[str, tuple[str, ...]]:
    """Return for each promise the ids of the exceptions that stand for its own now; empty for one without any."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in after:
        for promise in one.promises:
            found[promise].append(one.id)
    return {promise: tuple(found[promise]) for one in before for promise in one.promises}


def follow_ups(found: Iterable[FollowUp]) -> tuple[FollowUp, ...]:
    """Tell what became of shared exceptions by title, verdict and outcome alone."""
    groups: defaultdict[tuple[str, str, str], list[FollowUp]] = defaultdict(list)
    for one in found:
        groups[one.title, one.was, one.outcome].append(one)
    return tuple(
        FollowUp(
            id=identity_of("shared", " ".join(key)),
            title=key[0],
            name=_count(len(groups[key]), "shared"),
            was=groups[key][0].was,
            outcome=key[2],
        )
        for key in sorted(groups)
    )


def summed(rows: Sequence[InventoryRow], name: str) -> tuple[InventoryRow, ...]:
    """Make one row of many, each of its numbers the sum of theirs; none where there are none."""
    if not rows:
        return ()
    return (
        InventoryRow(
            type=name,
            expected=sum(one.expected for one in rows),
            appeared=sum(one.appeared for one in rows),
            disappeared=sum(one.disappeared for one in rows),
            found=sum(one.found for one in rows),
            in_scope=sum(one.in_scope for one in rows),
            out_of_scope=sum(one.out_of_scope for one in rows),
            why="; ".join(dict.fromkeys(one.why for one in rows if one.why)),
        ),
    )


def _group(members: list[ExceptionInPeriod], mark: str, adjective: str) -> ExceptionInPeriod:
    first = members[0]
    spans = _spans(members)
    return ExceptionInPeriod(
        id=identity_of(first.control, mark),
        control=first.control,
        title=first.title,
        severity=first.severity,
        verdict=first.verdict,
        resource="",
        name=_count(len(members), adjective),
        type="",
        reason="",
        promises=tuple(dict.fromkeys(promise for one in members for promise in one.promises)),
        spans=spans,
        standing=first.standing,
        days=max(one.days for one in members),
        shared=all(one.shared for one in members),
    )


def _spans(members: list[ExceptionInPeriod]) -> tuple[Span, ...]:
    """Return the one span that holds all of a group's."""
    spans = [span for one in members for span in one.spans]
    before, after = [span.before for span in spans], [span.after for span in spans]
    return (
        Span(
            before=None if None in before else min(moment for moment in before if moment),
            first=min(span.first for span in spans),
            last=max(span.last for span in spans),
            after=None if None in after else max(moment for moment in after if moment),
        ),
    )


def _count(number: int, adjective: str) -> str:
    noun = "resource" if number == 1 else "resources"
    return " ".join(filter(None, (str(number), adjective, noun)))


def _response(one: ExceptionInPeriod) -> bytes:
    """Return the management's response as something to compare by; the resource that it names does not matter."""
    return msgspec.json.encode(one.response and msgspec.structs.replace(one.response, resource=""))
