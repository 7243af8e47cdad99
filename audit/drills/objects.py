"""What is written down of stored objects while they are well, and what a sample of them showed; no name leaves it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from audit import sampling
from audit.drills.drill import Drill, Found, Means
from audit.drills.outcomes import Inconclusive, shaped

CANARIES = "promise-audit-canary/"
"""How the names of canaries begin; there is nothing personal in them."""
SAMPLE = 300
"""How many objects are read where the rules say nothing: with none bad among them at most one in a hundred is."""
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class Object(msgspec.Struct, frozen=True, array_like=True):
    """One object of a manifest."""

    name: str
    """The keyed digest of its name."""
    size: int
    month: str
    """The month in which it was written, `2026-08`: the stratum of samples."""
    digest: str
    """The keyed digest of its content."""


class _Manifest(msgspec.Struct, frozen=True):
    """What was prepared of a container or a bucket."""

    objects: tuple[Object, ...]


class _Canary(msgspec.Struct, frozen=True):
    """One canary that was written."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]


class _Canaries(msgspec.Struct, frozen=True):
    """The canaries that were written."""

    canaries: tuple[_Canary, ...] = ()


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What reading one object showed."""

    name: str
    size: int = 0
    digest: str = ""
    """Empty where it could not be read."""
    checksum: str = ""
    """Whether the store's own checksum fits what was read: `fits`, `differs`, or empty where it keeps none."""


def keyed(means: Means, content: bytes) -> str:
    """Return the keyed digest of something; raises `Inconclusive` without a key: small ones could be guessed."""
    if not means.key:
        raise Inconclusive("the key is not there by which names become digests")
    return hmac.new(means.key, content, hashlib.sha256).hexdigest()


def manifest(means: Means, ref: str) -> tuple[Object, ...]:
    """Return the objects of the manifest of an item, empty where none was prepared; raises `Inconclusive`."""
    told = means.manifest(ref, "manifest") if means.manifest else None
    return shaped(told, _Manifest, "manifest").objects if told else ()


def sample(drill: Drill, known: Iterable[Object]) -> tuple[Object, ...]:
    """Draw the objects that this drill reads, the same after a crash."""
    count = int(str(drill.item.facts.get("sample") or SAMPLE))
    seed = f"{drill.means.seed} {drill.begun.drill_id}"
    return tuple(sampling.drawn(known, lambda one: one.month, lambda one: one.name, count, seed))


def compared(wanted: Iterable[Object], read: Mapping[str, Read], population: int) -> Found:
    """Compare what was read with the manifest; what is missing is as bad as what differs."""
    wanted = tuple(wanted)
    if not wanted:
        return Found(result="not-run", reason="no manifest was prepared")
    missing = sum(not read[one.name].digest for one in wanted if one.name in read)
    missing += sum(one.name not in read for one in wanted)
    bad = sum(one.name not in read or read[one.name].digest != one.digest for one in wanted)
    observed = {
        "sampled": len(wanted),
        "population": population,
        "bad": bad,
        "missing": missing,
    }
    if bad:
        reason = f"{bad} of {len(wanted)} sampled objects are not what the manifest says"
        return Found(result="fail", reason=reason, observed=observed, expected={"bad": 0})
    observed["bad_at_most_ppm"] = sampling.upper_bound(len(wanted), population)
    return Found(result="pass", observed=observed, expected={"bad": 0})


def checksums(told: Mapping[str, int]) -> Found:
    """Say of how many objects the store's own checksum `fits` what was read, and of how many it `differs`."""
    bad, all_ = told.get("differs", 0), sum(told.values())
    observed = {"compared": all_, "differ": bad}
    if bad:
        reason = f"{bad} of {all_} objects are not what the store's checksum says"
        return Found(result="fail", reason=reason, observed=observed)
    return Found(result="pass", observed=observed)


def canary_name(at: datetime) -> str:
    """Return the name of the canary of a moment."""
    return f"{CANARIES}{at.astimezone(UTC):{_TIME}}"


def canary_content(means: Means, ref: str, at: datetime) -> bytes:
    """Return what a canary holds: its time, and the keyed digest by which nobody else can make one."""
    spelt = f"{at.astimezone(UTC):{_TIME}}"
    return f"{spelt} {keyed(means, f'{ref} {spelt}'.encode())}\n".encode()


def canary_of(means: Means, ref: str, content: bytes) -> datetime | None:
    """Return the time of a canary by its content, None where it is none of ours for this item."""
    spelt = content.decode(errors="replace").partition(" ")[0]
    try:
        at = datetime.strptime(spelt, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if hmac.compare_digest(content, canary_content(means, ref, at)) else None


def canary_entry(means: Means, ref: str, at: datetime) -> Mapping[str, Any]:
    """Return what the list of canaries needs to know of one."""
    spelt = f"{at.astimezone(UTC):{_TIME}}"
    return {"id": f"{ref}-{spelt}", "at": spelt, "digest": keyed(means, f"{ref} {spelt}".encode())}


def canaries(means: Means, ref: str) -> Iterator[datetime]:
    """Yield the times of the canaries that were written, the oldest first; raises `Inconclusive`."""
    told = means.manifest(ref, "canaries") if means.manifest else None
    for one in shaped(told or {}, _Canaries, "canaries").canaries:
        yield one.at.astimezone(UTC)


def fresh(drill: Drill, found: datetime | None, *, before: datetime) -> Found:
    """Judge the newest canary that came back: it must be the newest that was written `before` the recovery point."""
    written = [at for at in canaries(drill.means, drill.item.ref) if at <= before]
    if not written:
        return Found(result="not-run", reason="no canary was prepared")
    expected = {"written": f"{written[-1]:{_TIME}}"}
    if found is None:
        return Found(result="fail", reason="no canary came back", expected=expected)
    made = Found(result="pass", newest=found, basis="canary", observed={"found": f"{found:{_TIME}}"}, expected=expected)
    if found < written[-1]:
        minutes = -(-round((written[-1] - found).total_seconds()) // 60)
        reason = f"the newest canary is {minutes} minutes older than the newest written"
        return msgspec.structs.replace(made, result="fail", reason=reason)
    return made
