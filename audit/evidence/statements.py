"""What a seal says, as in-toto Statements: ours about every file, and two in the words of compliance-trestle.

The Statement is in-toto's v1 (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md). Each is a
function of the pack alone, so that a check writes down what the seal must say and compares it with what was signed.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import rfc8785

from audit import canonical
from audit.evidence import reading

MANIFEST = "manifest.json"
PACKAGE = "oscal-package.json"
"""The list of a pack's JSON files by which `trestle verify-manifest` finds them; a file of the pack like any other."""
STATEMENT = "https://in-toto.io/Statement/v1"
PACK_PREDICATE = "urn:promise-audit:evidence-pack:v1"
_TRESTLE = "https://oscal-compass.github.io/compliance-trestle/predicates"
ONE_FILE_PREDICATE = f"{_TRESTLE}/oscal-signing/v1"
PACKAGE_PREDICATE = f"{_TRESTLE}/oscal-package/v1"
_LARGEST = 256 << 20
"""No JSON file of a pack is near it."""
_OF_THE_SEAL = ("files", "previous")
"""What the statement says in its own place: files are its subjects, and the chain is known when a seal is made."""


def of_pack(manifest: bytes, *, threshold: int, previous: str) -> bytes:
    """Write our own statement about a pack; raises `ValueError` where its manifest is none."""
    read = manifest_in(manifest)
    listed = [(row["path"], row["sha256"]) for row in read["files"]]
    predicate = {
        "pack": {key: value for key, value in read.items() if key not in _OF_THE_SEAL},
        "counts": {"files": len(listed), "bytes": sum(row["size"] for row in read["files"])},
        "threshold": threshold,
        "previous": previous,
    }
    subjects = [(MANIFEST, canonical.sha256(manifest)), *listed]
    return canonical.written(_statement(PACK_PREDICATE, subjects, predicate))


def of_manifest(manifest: bytes) -> bytes:
    """Write what `trestle verify` wants said of one JSON file, the manifest; raises `ValueError` where it is none."""
    predicate = {
        "canonicalization": "RFC8785",
        "digestAlgorithm": "sha256",
        "digestSource": "canonical-json",
        # Its own name, which it demands.
        "tool": "compliance-trestle",
    }
    return canonical.written(_statement(ONE_FILE_PREDICATE, [(MANIFEST, _json_digest(manifest))], predicate))


def of_package(folder: Path, manifest: bytes) -> bytes:
    """Write what `trestle verify-manifest` wants said of a pack's JSON files.

    Raises `ValueError` where its list names others than the manifest, and where one cannot be read or is no JSON.
    """
    package = canonical.read(content_of(folder, PACKAGE))
    if package != canonical.read(package_of(row["path"] for row in manifest_in(manifest)["files"])):
        raise ValueError(f"{PACKAGE} does not name the JSON files that the manifest lists")
    names = [row["name"] for row in package["artifacts"]]
    subjects = [(name, _json_digest(content_of(folder, name))) for name in names]
    predicate = {"tool": "compliance-trestle", "manifestVersion": "v1", **package}
    return canonical.written(_statement(PACKAGE_PREDICATE, subjects, predicate))


def content_of(folder: Path, path: str) -> bytes:
    """Read a file of a pack; raises `ValueError` where its path leads elsewhere, or it is no plain file."""
    whole = folder.resolve() / path
    if "\0" in path or whole.resolve() != whole or not whole.is_relative_to(folder.resolve()):
        raise ValueError(f"{path} is no plain path within the pack")
    try:
        return reading.file(folder, path, most=_LARGEST)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def package_of(paths: Iterable[str]) -> bytes:
    """Write the list of JSON files for a pack with files at `paths`; the manifest is the first that it names."""
    names = sorted({MANIFEST, *(path for path in paths if path.endswith(".json") and path != PACKAGE)})
    rows = [{"name": name, "uri": name, "mediaType": "application/json"} for name in names]
    return canonical.written({"primaryArtifact": MANIFEST, "artifacts": rows})


def manifest_in(content: bytes) -> Mapping[str, Any]:
    """Read a manifest as far as a seal rests on it; raises `ValueError` where it is none."""
    found = canonical.read(content)
    if not isinstance(found, dict) or not isinstance(found.get("files"), list):
        raise ValueError("the manifest lists no files")
    for row in found["files"]:
        if not isinstance(row, dict) or not _is_row(row):
            raise ValueError("the manifest has an entry that is not a path, a digest and a size")
    paths = [row["path"] for row in found["files"]]
    if len({MANIFEST, *paths}) != len(paths) + 1:
        raise ValueError("the manifest names a file twice, or itself")
    return found


def _is_row(row: Mapping[str, Any]) -> bool:
    shape = {"path": str, "sha256": str, "size": int}
    return set(row) == set(shape) and all(type(row[key]) is kind for key, kind in shape.items())


def _statement(
    predicate_type: str, subjects: Iterable[tuple[str, str]], predicate: Mapping[str, Any]
) -> dict[str, Any]:
    named = [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects]
    return {"_type": STATEMENT, "subject": named, "predicateType": predicate_type, "predicate": predicate}


def _json_digest(content: bytes) -> str:
    # OSCAL may hold numbers with fractions, which our own evidence never does.
    try:
        return canonical.sha256(rfc8785.dumps(canonical.read(content)))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
