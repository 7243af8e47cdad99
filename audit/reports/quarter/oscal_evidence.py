"""The quarter's evidence as OSCAL: packs and pieces of evidence are resources, and observations lead to them."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from audit.quarters.model import Evidence, PackInPeriod, Quarter
from audit.reports.quarter.oscal_words import Json, identity, line, moment, prop, props, prose, shaped

DIGEST = "sha256"
_DIGEST = re.compile("[0-9a-f]{64}")


def resources(quarter: Quarter) -> list[Json]:
    """Name each pack by its seal, and each piece of evidence by its digest and its pack."""
    packs = [_pack(quarter, pack) for pack in quarter.packs]
    return [*packs, *(_piece(quarter, one) for one in quarter.evidence)]


def _pack(quarter: Quarter, pack: PackInPeriod) -> Json:
    checked = pack.checked
    seal = {
        "href": f"packs/{_segment(checked.id)}/seal/pack.dsse.json",
        "media-type": "application/json",
        "hashes": [{"algorithm": "SHA-256", "value": checked.digest}],
    }
    return shaped(
        uuid=identity(quarter, "pack", checked.id),
        title=line(f"Pack {checked.id}"),
        props=props({
            "pack": checked.id,
            "kind": checked.kind,
            "seal": checked.verdict.value,
            "week": pack.week,
            "previous-seal": checked.previous,
            "signer": checked.signers,
        }),
        citation={"text": line(f"Evidence pack {checked.id}")},
        # What is no digest is no way to find the seal again.
        rlinks=[seal] if _DIGEST.fullmatch(checked.digest) else [],
    )  # fmt: skip


def _segment(text: str) -> str:
    """Spell a name as one part of a relative address."""
    return quote(line(text), safe="")


def _piece(quarter: Quarter, piece: Evidence) -> Json:
    told = {"evidence": piece.id, "kind": piece.kind, "pack": piece.pack, DIGEST: piece.digest}
    return shaped(
        uuid=identity(quarter, "evidence", piece.id),
        title=line(piece.id),
        description=prose(piece.what),
        props=[*props(told), prop("collected", moment(piece.at))],
        citation={"text": line(f"{piece.id} in pack {piece.pack or '(none)'}, SHA-256 {piece.digest}")},
    )


def relevant(quarter: Quarter, known: Mapping[str, Evidence], ids: Iterable[str]) -> list[Json]:
    """Lead from an observation to its evidence; what the edition does not list is named without a way to it."""
    return [_relevant(quarter, known.get(one), one) for one in ids]


def _relevant(quarter: Quarter, piece: Evidence | None, name: str) -> Json:
    if piece is None:
        return {"description": prose(f"{name}, which this edition does not list")}
    told = props({"evidence": piece.id, "pack": piece.pack, DIGEST: piece.digest})
    return {
        "href": f"#{identity(quarter, 'evidence', piece.id)}",
        "description": prose(f"{piece.id}: {piece.what}"),
        "props": told,
    }


def of_digest(what: str, digest: str) -> list[Json]:
    """Name what somebody looked at by its digest, where it lies in no pack."""
    return [shaped(description=prose(what), props=props({DIGEST: digest}))]
