"""Compares what lies in a pack's folder with what its manifest lists: nothing more, nothing less, nothing else."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from audit.evidence import contents, manifest, reading, statements
from audit.evidence.manifest import Manifest
from audit.runs import Fault, PackKind

_OF_A_RUN = {manifest.JOURNAL, statements.PACKAGE, contents.RUN, contents.SNAPSHOT, contents.REPORT}
_OF_A_DRILL = {manifest.JOURNAL, statements.PACKAGE, contents.DRILL}


def faults(folder: Path, whole: Manifest) -> Iterator[Fault]:
    """Yield what is wrong with the list, with what is there, and with every listed file's bytes."""
    yield from _list_faults(whole)
    yield from _folder_faults(folder, whole)
    for item in whole.files:
        if not manifest.entry_trouble(item):
            try:
                contents.stored(folder, item)
            except ValueError as error:
                yield Fault(item.path, str(error))


def _list_faults(whole: Manifest) -> Iterator[Fault]:
    paths = [item.path for item in whole.files]
    for item in whole.files:
        if trouble := manifest.entry_trouble(item):
            yield Fault(manifest.NAME, f"{item.path!r} is listed: {trouble}")
    for path, count in Counter(paths).items():
        if count > 1:
            yield Fault(manifest.NAME, f"{path!r} is listed {count} times")
    for folded, count in Counter(path.lower() for path in set(paths)).items():
        if count > 1:
            yield Fault(manifest.NAME, f"{folded!r} is listed in {count} spellings, which some systems take for one")
    if paths != sorted(paths):
        yield Fault(manifest.NAME, "its files are not in order")
    yield from _kind_faults(whole, set(paths))


def _kind_faults(whole: Manifest, paths: set[str]) -> Iterator[Fault]:
    """Yield what a pack of this kind lacks, or holds and may not."""
    needed = {PackKind.RUN: _OF_A_RUN, PackKind.DRILL: _OF_A_DRILL}.get(
        whole.kind, {manifest.JOURNAL, statements.PACKAGE}
    )
    yield from (
        Fault(path, f"a pack of kind {whole.kind} needs it, and it is not listed") for path in sorted(needed - paths)
    )
    if whole.kind is not PackKind.QUARTER:
        may = {contents.DRILL_JOURNAL} if whole.kind is PackKind.DRILL else set()
        others = sorted(path for path in paths - needed - may if not path.startswith(f"{contents.ANSWERS}/"))
        yield from (Fault(path, f"it has no place in a pack of kind {whole.kind}") for path in others)


def _folder_faults(folder: Path, whole: Manifest) -> Iterator[Fault]:
    listed = {item.path for item in whole.files}
    parents = {str(parent) for path in listed for parent in Path(path).parents} - {"."}
    found: set[str] = set()
    for path, what in reading.walked(folder):
        found.add(path)
        if what not in ("file", "folder"):
            yield Fault(path, f"it is {what}, and a pack holds plain files alone")
        elif path in (manifest.NAME, manifest.SEAL) or path.startswith(f"{manifest.SEAL}/"):
            # What may lie in the seal is for its own check to say.
            continue
        elif what == "folder" and path not in parents:
            yield Fault(path, "unlisted folder: the manifest lists nothing in it")
        elif what == "file" and path not in listed:
            yield Fault(path, "unlisted file: the manifest does not name it")
    yield from (Fault(path, "it is listed, and it is missing") for path in sorted(listed - found))
