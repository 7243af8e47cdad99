"""Checks a pack that a stranger gave: names everything that is wrong with it, and says how far to believe its seal."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from audit.customers import above
from audit.evidence import contents, layout, manifest
from audit.evidence.contents import Body, Line
from audit.evidence.manifest import Manifest
from audit.evidence.pack import QUARTERLY, UNFINISHED, identity, series
from audit.evidence.trust import Trust
from audit.folding import misfolded
from audit.journal import Entry
from audit.model import AuditError, Plane
from audit.runs import Checked, Fault, Pack, PackKind

CLOCKS = timedelta(minutes=5)
"""By how much a timestamp authority's clock may differ from ours."""
_LONGEST = 400
_MONTHS = 3


def check(folder: Path, trust: Trust) -> Checked:
    """Check one pack as far as it can be checked by itself; raises nothing for what a folder may hold.

    One that is not whole yet has no kind and no faults: it proves nothing, and says so by its name.
    """
    checked = _checked(folder, trust)
    return msgspec.structs.replace(checked, faults=tuple(map(_one_line, checked.faults)))


def _checked(folder: Path, trust: Trust) -> Checked:
    name = folder.name
    if name.endswith(UNFINISHED):
        return Checked(id=name, kind=None, sealed=False)
    if folder.is_symlink():
        return Checked(id=name, kind=None, sealed=False, faults=(Fault(name, "it is a symbolic link"),))
    try:
        whole = manifest.read(folder)
    except ValueError as error:
        return Checked(id=name, kind=None, sealed=False, faults=(Fault(manifest.NAME, str(error)),))
    faults = (*_name_faults(name, whole), *layout.faults(folder, whole))
    faults = faults or tuple(_content_faults(folder, whole))
    checked = Checked(id=name, kind=whole.kind, sealed=False, faults=faults, previous=whole.previous)
    return _with_seal(checked, folder, whole, trust)


def check_all(packs: Path, trust: Trust) -> tuple[Checked, ...]:
    """Check every pack below a folder, in order of their names, which is that of time, and the chain of their seals.

    Raises `AuditError` where the folder cannot be listed.
    """
    return chained([check(folder, trust) for folder in below(packs)])


def below(packs: Path) -> tuple[Path, ...]:
    """Return the folders of the packs below a folder; raises `AuditError` where it cannot be listed.

    Hidden ones are passed over: a seal that is being made lies in one.
    """
    try:
        return tuple(
            sorted(path for path in packs.iterdir() if path.name[0] != "." and (path.is_symlink() or path.is_dir()))
        )
    except OSError as error:
        raise AuditError(f"cannot read {packs}: {error.strerror}. Name a pack, or a folder of packs.") from error


def chained(found: Sequence[Checked]) -> tuple[Checked, ...]:
    """Add what is wrong with the chain of seals: a link that is missing, doubled, forked, or goes back in time.

    That the first names a seal which is not here is no fault: whoever is given a part of a chain cannot have the rest.
    """
    order = sorted(found, key=lambda item: item.id)
    chains: dict[str, list[Checked]] = {}
    for item in order:
        if item.digest:
            chains.setdefault(series(item.id), []).append(item)
    return tuple(
        msgspec.structs.replace(item, faults=(*item.faults, *_link_faults(item, chains[series(item.id)])))
        if item.digest
        else item
        for item in order
    )


def presented(folder: Path, checked: Checked, *, quarter: str = "", customer: str = "") -> Checked:
    """Add a fault where a pack is of another quarter, or for another customer, than it is presented for."""
    try:
        whole = manifest.read(folder)
    except ValueError:
        # Its check has named this.
        return checked
    faults = list(checked.faults)
    if quarter and (told := _quarter(whole)) != quarter:
        faults.append(Fault(manifest.NAME, f"it is of {told}, and not of {quarter}"))
    if customer and whole.customer != customer:
        theirs = f"made for {whole.customer}" if whole.customer else "no customer's"
        faults.append(Fault(manifest.NAME, f"it is {theirs}, and not made for {customer}"))
    return msgspec.structs.replace(checked, faults=tuple(faults))


def _quarter(whole: Manifest) -> str:
    return whole.quarter or f"{whole.began.year}Q{(whole.began.month - 1) // _MONTHS + 1}"


def _name_faults(name: str, whole: Manifest) -> Iterator[Fault]:
    # A report lies where its reader wants it, unless its folder has the name of another.
    if whole.id != name and (whole.kind is not PackKind.QUARTER or QUARTERLY.match(name)):
        yield Fault(name, f"the folder is not called as the pack is: {whole.id}")
    if whole.ended < whole.began:
        yield Fault(manifest.NAME, "it ended before it began")


def _content_faults(folder: Path, whole: Manifest) -> Iterator[Fault]:
    """Yield what is wrong inside files that are, byte by byte, the ones that were listed."""
    listed = {item.path: item for item in whole.files}
    try:
        entries = contents.entries(contents.stored(folder, listed[manifest.JOURNAL]), whole)
        lines, bodies = contents.lines(entries), contents.bodies(entries)
    except ValueError as error:
        yield Fault(manifest.JOURNAL, str(error))
        return
    yield from _journal_faults(entries, whole)
    yield from _named_faults(lines, bodies, set(listed))
    held = dict.fromkeys((*bodies, *(line.body for line in lines if line.body)))
    if sum(body.size for body in held) > contents.MOST_OF_ALL:
        yield Fault(manifest.JOURNAL, "it names more than any pack holds unpacked")
        return
    for body in held:
        if body.path in listed:
            try:
                contents.unpacked(contents.stored(folder, listed[body.path]), body)
            except ValueError as error:
                yield Fault(body.path, str(error))
    yield from _run_faults(folder, whole)


def _journal_faults(entries: Sequence[Entry], whole: Manifest) -> Iterator[Fault]:
    if not entries or entries[0].type != contents.BEGUN or entries[0].at != whole.began:
        yield Fault(manifest.JOURNAL, "its first line does not say that the pack was begun when the manifest says")
    elif whole.id != _identity(whole, entries[0]):
        yield Fault(manifest.JOURNAL, f"its first line is another pack's than {whole.id}")
    elif entries[0].body.get("kind") != whole.kind:
        yield Fault(manifest.JOURNAL, f"its first line is of another kind than {whole.kind}")
    for name in ("quarter", "edition", "customer"):
        if entries and entries[0].body.get(name, "") != getattr(whole, name):
            yield Fault(manifest.JOURNAL, f"its first line has another {name} than the manifest")
    if not entries or entries[-1].type != contents.ENDED:
        yield Fault(manifest.JOURNAL, "its last line does not say that the pack was ended")
    for entry in entries:
        if not whole.began <= entry.at <= whole.ended:
            yield Fault(f"journal line {entry.seq}", f"it was written at {_told(entry.at)}, outside of the run")


def _identity(whole: Manifest, first: Entry) -> str:
    """Return the id that a pack must have by what it says."""
    if whole.kind is PackKind.QUARTER:
        return "-".join(filter(None, (whole.quarter, whole.edition, whole.customer)))
    return identity(whole.began, first.hash)


def _named_faults(lines: Sequence[Line], bodies: Sequence[Body], listed: set[str]) -> Iterator[Fault]:
    """Yield files that no line of the journal names, and lines that name no file."""
    answers = {line.body.path for line in lines if line.body}
    named = answers | {body.path for body in bodies}
    for path in sorted(listed - named - {manifest.JOURNAL}):
        yield Fault(path, "no line of the journal names it")
    for path in sorted(named - listed):
        yield Fault(manifest.JOURNAL, f"it names {path}, which the pack does not hold")
    for path, count in Counter(body.path for body in bodies).items():
        if count > 1 or path in answers:
            yield Fault(manifest.JOURNAL, f"it names {path} twice")


def _run_faults(folder: Path, whole: Manifest) -> Iterator[Fault]:
    """Yield what a run's or a drill's own files say against the manifest, or against each other."""
    try:
        pack = contents.opened(folder, Checked(id=folder.name, kind=whole.kind, sealed=False))
    except AuditError as error:
        yield Fault("the contents", str(error).partition(": ")[2].removesuffix(". Run `audit verify` on it."))
        return
    if pack.run is not None:
        for name in ("id", "began", "ended", "product"):
            if getattr(pack.run, name) != getattr(whole, name):
                yield Fault(contents.RUN, f"its {name} is not the manifest's")
    if pack.drill is not None and not pack.drill.ended <= whole.began == whole.ended:
        yield Fault(contents.DRILL, "it ended later than the manifest says")
    yield from _report_faults(pack, whole)


def _report_faults(pack: Pack, whole: Manifest) -> Iterator[Fault]:
    """Yield where snapshot and report are not of one run, or not of this one."""
    seen, report = pack.snapshot, pack.report
    if seen is None or report is None:
        return
    same = ("plane", "origin", "seen_at", "gaps", "unassessed", "tools")
    for name in same:
        if getattr(seen, name) != getattr(report, name):
            yield Fault(contents.REPORT, f"its {name} is not the snapshot's")
    if report.resources != len(seen.resources):
        yield Fault(contents.REPORT, f"it counts {report.resources} resources; the snapshot has {len(seen.resources)}")
    if report.product != whole.product:
        yield Fault(contents.REPORT, "its product is not the manifest's")
    if seen.plane is not Plane.LIVE:
        yield Fault(contents.SNAPSHOT, f"it was seen on the {seen.plane} plane, and a run is of what runs")
    if not whole.began <= seen.seen_at <= whole.ended:
        yield Fault(contents.SNAPSHOT, f"it was seen at {_told(seen.seen_at)}, outside of the run")
    if not _day(whole.began) <= report.judged_on <= _day(whole.ended):
        yield Fault(contents.REPORT, f"it was judged as of {report.judged_on}, on no day of the run")
    known = {resource.id.lower() for resource in seen.resources}
    for finding in (one for control in report.controls for one in control.findings if one.resource):
        # What a control took apart, such as a network's subnets, stands below what was seen.
        if known.isdisjoint(above(finding.resource.lower())):
            yield Fault(contents.REPORT, f"{finding.control} speaks of {finding.resource}, which was not seen")
    yield from (Fault(contents.REPORT, why) for why in misfolded(report))


def _with_seal(checked: Checked, folder: Path, whole: Manifest, trust: Trust) -> Checked:
    """Add what the seal says, where there is one."""
    if not os.path.lexists(folder / manifest.SEAL):
        return msgspec.structs.replace(checked, threshold=max(trust.threshold or 1, whole.kind.signatures))
    from audit.evidence.seal import verified  # it loads libraries of cryptography, which an unsealed pack needs not

    found = verified(folder, trust)
    spelling = () if found.faults else tuple(_spelling_faults(folder / manifest.SEAL))
    faults = (*checked.faults, *found.faults, *spelling, *_seal_faults(found.previous, found.timestamp, whole))
    return msgspec.structs.replace(
        checked,
        sealed=found.there,
        faults=faults,
        signers=found.signers,
        threshold=max(found.threshold, whole.kind.signatures),
        timestamp=found.timestamp,
        timestamped_by=found.timestamped_by,
        previous=found.previous,
        digest=found.digest,
    )


def _spelling_faults(seal: Path) -> Iterator[Fault]:
    """Yield envelopes that are not spelt as they were written: no byte of a seal may change unnoticed."""
    from audit.evidence import envelopes  # as above

    for path in sorted(seal.glob("*.dsse.json")):
        content = path.read_bytes()
        if envelopes.extended(envelopes.read(content), ()) != content:
            yield Fault(f"{manifest.SEAL}/{path.name}", "it is not spelt as a seal is written")


def _seal_faults(previous: str, timestamp: datetime | None, whole: Manifest) -> Iterator[Fault]:
    if whole.previous and previous != whole.previous:
        yield Fault("the seal", "the seal before it is another than the manifest says")
    if timestamp is not None and timestamp + CLOCKS < whole.ended:
        told = f"it was seen at {_told(timestamp)}, before the run ended at {_told(whole.ended)}"
        yield Fault("the timestamp", f"{told}: a clock was set wrong")


def _link_faults(item: Checked, sealed: Sequence[Checked]) -> Iterator[Fault]:
    """Yield what is wrong with one link; `sealed` are all that have a seal, in order of time."""
    place = next(number for number, other in enumerate(sealed) if other is item)
    before, others = sealed[:place], [other for other in sealed if other is not item]
    if twin := next((other for other in others if other.digest == item.digest), None):
        yield Fault("the chain", f"{twin.id} has the same seal: one of them is a copy")
    if fork := next((other for other in others if item.previous and other.previous == item.previous), None):
        yield Fault("the chain", f"{fork.id} names the same seal before it: the chain forks")
    if late := next((other for other in sealed[place:] if item.previous and other.digest == item.previous), None):
        yield Fault("the chain", f"it names the seal of {late.id}, which is no earlier: one of them is back-dated")
    elif before and before[-1].digest != item.previous:
        yield Fault("the chain", _gap(item, before))
    stamps = [other for other in before if other.timestamp and item.timestamp and other.timestamp > item.timestamp]
    if stamps:
        yield Fault("the timestamp", f"{stamps[0].id} was timestamped later, and stands before it")


def _gap(item: Checked, before: Sequence[Checked]) -> str:
    """Say what lies between a pack and the one before it."""
    if not item.previous:
        return f"it says that no seal is before it, and {before[-1].id} is"
    known = next((other for other in before if other.digest == item.previous), None)
    if known is not None:
        return f"it follows on {known.id}, and {before[-1].id} stands between them"
    return f"it follows on the seal {item.previous[:16]}, which is missing; before it stands {before[-1].id}"


def _one_line(fault: Fault) -> Fault:
    return Fault(_plain(fault.where), _plain(fault.what))


def _plain(text: str) -> str:
    """Make one line of what may hold a stranger's words."""
    line = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
