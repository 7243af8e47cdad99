"""`audit verify`: check the evidence that somebody gave, offline, with nothing but public keys."""

import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from audit.cli.check import EXIT
from audit.cli.settings import packed
from audit.evidence.trust import Trust
from audit.model import AuditError, Verdict, worst
from audit.runs import Checked, PackKind

_PATH = click.Path(path_type=Path)
_SOON = timedelta(days=1)
"""A pack that was sealed when it was made has its timestamp by then."""
_QUARTER = re.compile(r"\d{4}Q[1-4]")
_PROVES = """\
A seal that holds proves that a holder of the key sealed these bytes, that nothing was taken out, added or moved since,
and, with a timestamp, that they were there at that time. It does not prove that the collector looked everywhere, that
the cloud told the truth, or that clock and settings of whoever ran it were right: for that the pack holds inventory,
raw answers, and the digests of rules and tool. `audit replay` derives the verdicts again."""


class Presented(msgspec.Struct, frozen=True):
    """What packs are presented for, and whose word is believed."""

    keys: tuple[Path, ...] = ()
    threshold: int | None = None
    authorities: tuple[Path, ...] = ()
    quarter: str = ""
    customer: str = ""

    def trust(self) -> Trust:
        """Read the keys; raises `AuditError` where one cannot be read, or a quarter is spelt as none."""
        from audit.evidence.trust import read_trust  # it loads cryptography

        if self.quarter and not _QUARTER.fullmatch(self.quarter):
            raise AuditError(f"--quarter {self.quarter} is no quarter. Write it as 2026Q4.")
        return read_trust(self.keys, threshold=self.threshold, authorities=self.authorities)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say whom to believe and what for; the command gets them as `presented`."""
    return packed(
        command,
        "presented",
        Presented,
        click.option("--key", "keys", type=_PATH, multiple=True, metavar="FILE", help="A public key that is trusted."),
        click.option(
            "--threshold", type=int, metavar="N", help="How many trusted signatures it takes (default: the seal's)."
        ),
        click.option(
            "--timestamp-authority",
            "authorities",
            type=_PATH,
            multiple=True,
            metavar="FILE",
            help="Certificates of a timestamp authority that is trusted.",
        ),
        click.option("--quarter", default="", metavar="2026Q4", help="The quarter that the packs are presented for."),
        click.option("--customer", default="", metavar="ID", help="The customer that the packs are presented for."),
    )


@click.command("verify")
@click.argument("paths", type=_PATH, nargs=-1, required=True, metavar="PACK...")
@_options
def command(paths: tuple[Path, ...], presented: Presented) -> None:
    """Check packs, or all packs in a folder, without a network.

    Compares every byte with the manifest, the journal and the seal, and, of several packs, the chain of their seals.
    Exits 0 where all is whole and signed by enough trusted keys, 3 where something is wrong, and 4 where a pack is not
    finished, not sealed, or not signed by enough keys that are trusted.
    """
    trust = presented.trust()
    # By name, as their chain is: so each stands beside what was found of it.
    folders = sorted((folder for path in paths for folder in _folders(path)), key=lambda folder: folder.name)
    found = _checked(folders, trust, presented)
    for folder, item in zip(folders, found, strict=True):
        click.echo(_inert(_told(folder, item)))
    verdict = worst(item.verdict for item in found)
    click.echo(f"{len(found)} checked: {_sum(found)}\n")
    click.echo(_PROVES)
    sys.exit(EXIT[verdict])


def _checked(folders: list[Path], trust: Trust, presented: Presented) -> list[Checked]:
    """Check every pack, what it is presented for, and the chain of their seals."""
    from audit.evidence import checking  # as above

    told = {"quarter": presented.quarter, "customer": presented.customer}
    found = [checking.presented(folder, checking.check(folder, trust), **told) for folder in folders]
    return [*checking.chained(found)]


def _folders(path: Path) -> list[Path]:
    """Return a pack's folder, or those of every pack below; raises `AuditError` where there is neither."""
    from audit.evidence import checking  # as above
    from audit.evidence.pack import UNFINISHED

    # `.` and `..` have no name of their own, by which a pack is known.
    path = path if path.name not in ("", "..") else path.resolve()
    if not path.is_dir():
        raise AuditError(f"{path} is no folder. Name a pack, or a folder of packs.")
    if path.is_symlink() or path.name.endswith(UNFINISHED) or _is_pack(path):
        return [path]
    found = [*checking.below(path)]
    if not found:
        raise AuditError(f"{path} holds no packs. Name a pack, or a folder of packs.")
    return found


def _is_pack(path: Path) -> bool:
    """Tell whether a folder is a pack, or was one: a folder of packs holds no such file."""
    from audit.evidence.manifest import JOURNAL, NAME

    return any((path / name).is_symlink() or (path / name).exists() for name in (NAME, JOURNAL))


def _told(folder: Path, item: Checked) -> str:
    """Say what was found of one pack: its verdict in words, who signed, when, and what is weak or wrong."""
    lines = [f"{item.id}: {_state(item)}"]
    lines += [f"  wrong: {fault.where}: {fault.what}" for fault in item.faults]
    if item.kind is not None:
        lines += [f"  {line}" for line in (*_seal_lines(item), *_own_lines(folder, item))]
    return "\n".join(lines)


def _own_lines(folder: Path, item: Checked) -> Iterator[str]:
    """Say what a pack's own words add: of what it is the report, and what in them rests on its maker alone."""
    from audit.evidence import manifest  # as above

    try:
        whole = manifest.read(folder)
    except ValueError:
        return
    if whole.kind is PackKind.QUARTER:
        theirs = f" for {whole.customer}" if whole.customer else ""
        yield f"the {whole.edition} edition of {whole.quarter}{theirs}, up to {whole.ended:%Y-%m-%d}"
    elif item.timestamp and (late := item.timestamp - whole.ended) > _SOON:
        yield f"weak: it was seen {late.days} days after it ended, and before that rests on its maker's word"


def _state(item: Checked) -> str:
    if item.verdict is Verdict.BROKEN:
        return "does not verify"
    if item.kind is None:
        return "unfinished: it was never made whole, and proves nothing"
    if not item.sealed:
        return f"{item.kind}, whole as its manifest has it, and unsealed: anybody may have made it"
    if item.verdict is Verdict.UNPROVEN:
        return f"{item.kind}, whole, and signed by too few keys that are trusted"
    return f"{item.kind}, whole and sealed"


def _seal_lines(item: Checked) -> list[str]:
    """Say how far the seal goes; what it lacks is told and not hidden."""
    if not item.sealed:
        return ["no seal"]
    names = ", ".join(signer[:16] for signer in item.signers) or "nobody who is trusted here"
    stamp = f"seen by {item.timestamped_by} at {item.timestamp:%Y-%m-%d %H:%M:%S} UTC" if item.timestamp else ""
    weak = f"weak: its timestamp is by {item.timestamped_by}, which is not trusted here" if item.timestamped_by else ""
    return [
        f"seal {item.digest[:16]}",
        f"signed by {names} ({len(item.signers)} of {item.threshold} needed)",
        stamp or weak or "weak: no timestamp, so nobody but its maker says when it was there",
        f"follows on the seal {item.previous[:16]}" if item.previous else "weak: it names no seal before it",
    ]


def _sum(found: list[Checked]) -> str:
    counts = {
        "whole": [item for item in found if item.verdict is Verdict.KEPT],
        "not enough to believe": [item for item in found if item.verdict is Verdict.UNPROVEN],
        "wrong": [item for item in found if item.verdict is Verdict.BROKEN],
    }
    return ", ".join(f"{len(items)} {name}" for name, items in counts.items() if items)


def _inert(text: str) -> str:
    """Take control characters out, which a stranger's file names could hold."""
    from audit.reports.words import inert

    plain = (
        "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)
        for line in text.split("\n")
    )
    return "\n".join(map(inert, plain))
