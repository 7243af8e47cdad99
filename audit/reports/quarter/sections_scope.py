"""What the report covers, reconciled, and how it was found out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.quarters.grouping import summed
from audit.quarters.model import Edition, Inventory, InventoryRow, PackInPeriod, Quarter, WeekState
from audit.reports.quarter.blocks import Block, Cell, Items, Row, Section, Table, Terms, Text
from audit.reports.quarter.shortening import is_short, provider
from audit.reports.quarter.tabling import NONE, day, moment, row, table

METHOD = (
    "A program reads the configuration of every resource through the cloud's own interface, as an identity that may "
    "read and change nothing. It judges each by controls, each one claim that can be checked, and folds the findings "
    "into the promises that they prove. The worst finding counts. A promise is kept only where everything that its "
    "proof needs has evidence: controls, drills and attestations.",
    "Everything that the listing shows is tested: nothing is sampled, unless a drill says how its items were chosen. "
    "A refused or broken listing is a gap, and what it may hide is unproven. A week counts by the worst of its packs; "
    "a week without a pack that verifies is unproven.",
    "Each pack keeps the questions and the answers as they came, with the interface's version, the identity, the time "
    "and the number of the page, the program's version and the digests of its rules. The same verdicts can be derived "
    "from them again without a network.",
    "What this method cannot see: what people do, what is said in contracts, what no interface shows, and what was "
    "changed and changed back between two runs. Attestations and drills stand in for some of it, and are dated.",
)


IN_SHORT = (
    "A program reads the configuration of every resource as an identity that may read and change nothing, judges it by "
    "controls, and folds what it finds into promises; the worst finding of the worst pack counts, a gap or a week "
    "without evidence is unproven, and a promise is kept only where everything that its proof needs has evidence.",
    "Nothing is sampled unless a drill says so, and the same verdicts can be derived from the packs again without a "
    "network. What people do, what contracts say, and what was changed and changed back between two runs is not seen: "
    "attestations and drills stand in for some of it. The auditor's edition has the method in full.",
)


def scope(quarter: Quarter) -> Section:
    """Write section 3: the statements, what there was, and what is the customer's to keep."""
    here: list[Block] = [*_statements(quarter)]
    if quarter.inventory is None:
        here.append(Text(text="No pack of the quarter could be read: what there was is not known.", kind="notice"))
    else:
        by_provider = quarter.edition is Edition.BOARD
        here += _inventory(quarter.inventory, by_provider=by_provider, short=is_short(quarter))
    ours = [f"{one.id}: {one.text}" for one in quarter.promises if one.complementary]
    here += [Text(text="What only the customer can keep is listed with the promises and not counted as ours:")]
    if is_short(quarter):
        ours = [", ".join(one.id for one in quarter.promises if one.complementary)] if ours else []
    here += [Items(items=tuple(ours)) if ours else Text(text="Nothing in the statements binds the customer.")]
    return Section(anchor="scope", heading="3. Scope", blocks=tuple(here))


def _statements(quarter: Quarter) -> Iterator[Table]:
    rows = [
        row(
            one.id,
            one.id,
            one.title,
            Cell(text=one.url, link=one.url if one.url.startswith("https://") else ""),
            day(one.seen),
            one.digest,
            "quoted" if one.quoted else "in our words",
        )
        for one in quarter.statements
    ]
    yield table(
        "T2.S",
        "The published statements",
        ("Statement", "Title", "Published at", "Read on", "SHA-256 of the text", "Sentences"),
        rows,
        widths=(4, 7, 9, 4, 14, 5) if is_short(quarter) else (2, 3, 4, 2, 4, 2),
        source="Source: the pages as they were read on that day; the digest is of the whole text.",
        empty="No statement is recorded.",
    )


_COLUMNS = ("Expected", "Appeared", "Gone", "Found", "In scope", "Out of scope", "Why out of scope")
_SUMMED = ("expected", "appeared", "disappeared", "found", "in_scope", "out_of_scope")


def _inventory(found: Inventory, *, by_provider: bool, short: bool) -> Iterator[Block]:
    opening = "the last before the quarter" if found.opened_before else "the first of the quarter: none is before it"
    yield Text(text=f"Counted from pack {found.opening} ({opening}) to pack {found.closing}, the newest that verifies.")
    columns = ("Provider" if by_provider else "Type", *_COLUMNS)
    rows = [
        row(one.type, one.type, *(getattr(one, name) for name in _SUMMED), one.why)
        for one in (_by_provider(found) if by_provider else found.rows)
    ]
    yield table(
        "T2",
        "What there was, reconciled",
        columns,
        [*rows, _sums(found)],
        widths=(6, 2, 2, 2, 2, 2, 2, 9) if short else (6, 2, 2, 2, 2, 2, 2, 5),
        source="Source: both packs' listings. Expected and appeared, less gone, is found; found is in or out of scope.",
    )
    yield from _gaps(found)


def _by_provider(found: Inventory) -> Iterator[InventoryRow]:
    """Yield the sums of each provider's types, which reconcile as they do."""
    for name in dict.fromkeys(provider(one.type) for one in found.rows):
        yield from summed([one for one in found.rows if provider(one.type) == name], name)


def _gaps(found: Inventory) -> Iterator[Block]:
    if found.gaps:
        yield Text(text="What the newest evidence could not see:", kind="notice")
        yield Items(items=found.gaps)
    else:
        yield Text(text="Every listing of the newest evidence was complete.")


def _sums(found: Inventory) -> Row:
    return row("all types", "All types", *(sum(getattr(one, name) for one in found.rows) for name in _SUMMED), "")


def method(quarter: Quarter) -> Section:
    """Write section 4: how it was found out, week by week and pack by pack."""
    here: list[Block] = [Text(text=text) for text in (IN_SHORT if is_short(quarter) else METHOD)]
    if quarter.edition is not Edition.CUSTOMER:
        here += _identities(quarter)
    here += [_weeks(quarter)]
    here += [_checks(quarter)] if is_short(quarter) else [_packs(quarter), _amounts(quarter)]
    faults = [f"{one.checked.id}: {fault.where}: {fault.what}" for one in quarter.packs for fault in one.checked.faults]
    if faults:
        here += [Text(text="What is wrong with packs that do not verify:", kind="notice"), Items(items=tuple(faults))]
    return Section(anchor="method", heading="4. Method", blocks=tuple(here))


def _identities(quarter: Quarter) -> Iterator[Terms]:
    """Say as whom each cloud was read, each identity once, however many runs and sessions it had."""
    found = [identity for pack in quarter.packs for identity in pack.identities]
    told = dict.fromkeys((f"Read {one.cloud} as", f"{_role(one.principal)} of {one.tenant}") for one in found)
    if told:
        yield Terms(terms=tuple(told))


def _role(principal: str) -> str:
    """Leave out what names one session of an AWS role: `...:assumed-role/ROLE/SESSION` (AWS's IAM reference)."""
    return re.sub(r"(:assumed-role/[^/]+)/.+$", r"\1", principal)


def _weeks(quarter: Quarter) -> Table:
    rows = [
        row(
            str(week.number),
            day(week.begins),
            day(week.ends),
            week.state,
            ", ".join(week.packs),
            week.why if week.state is not WeekState.SEEN else "",
        )
        for week in quarter.weeks
    ]
    return table(
        "T3.W",
        "The weeks of the quarter and their evidence",
        ("From", "To", "State", "Packs", "What is wrong"),
        rows,
        widths=(2, 2, 2, 5, 4),
        source="Source: the packs, by when their runs began in UTC; weeks begin on Monday and end with the quarter.",
    )


def _packs(quarter: Quarter) -> Table:
    return table(
        "T3",
        "Packs of evidence, and what a check of each found",
        ("Pack", "Run began", "Check", "Signed by", "Timestamp", "Made by"),
        [row(one.checked.id, *_pack(one)) for one in quarter.packs],
        widths=(5, 4, 2, 5, 5, 3),
        source="Source: the check of each pack with the keys in appendix B.",
        empty="There is no pack: nothing was seen in this quarter.",
    )


def _pack(one: PackInPeriod) -> tuple[str, ...]:
    check = one.checked
    stamp = f"{moment(check.timestamp)}, {check.timestamped_by}" if check.timestamp else _UNSTAMPED
    return check.id, moment(one.at), _state(one), _signed(one), stamp, one.product or NONE


def _state(one: PackInPeriod) -> str:
    return "verified" if one.checked.verdict == "kept" else "does not verify" if one.checked.faults else "not proven"


def _signed(one: PackInPeriod) -> str:
    keys = ", ".join(key[:16] for key in one.checked.signers)
    return keys or ("nobody trusted" if one.checked.sealed else "not sealed")


_UNSTAMPED = "none that is trusted"


def _checks(quarter: Quarter) -> Table:
    """Count the packs by what a check of them found; those that prove nothing are named."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for one in quarter.packs:
        stamp = one.checked.timestamped_by if one.checked.timestamp else _UNSTAMPED
        groups.setdefault((_state(one), _signed(one), stamp), []).append(one.checked.id)
    return table(
        "T3",
        "Packs of evidence by what a check of them found",
        ("Check", "Packs", "Signed by", "Timestamp by", "Which do not verify"),
        [
            row(" ".join(key), key[0], len(these), *key[1:], "" if key[0] == "verified" else ", ".join(these))
            for key, these in sorted(groups.items())
        ],
        widths=(3, 2, 5, 4, 6),
        source="Source: the check of each pack with the keys in appendix B; the file packs.csv has each pack.",
        empty="There is no pack: nothing was seen in this quarter.",
    )


def _amounts(quarter: Quarter) -> Table:
    return table(
        "T3.N",
        "How much each pack holds",
        ("Pack", "Resources", "Findings", "Gaps", "Questions asked", "Journal lines"),
        [
            row(one.checked.id, one.checked.id, one.resources, one.findings, one.gaps, one.exchanges, one.entries)
            for one in quarter.packs
        ],
        widths=(4, 2, 2, 2, 2, 2),
        source="Source: each pack's journal; every page of a listing is a question of its own, the last one marked.",
        empty="There is no pack.",
    )
