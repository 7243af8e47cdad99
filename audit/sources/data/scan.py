"""Searches a sample of what is stored for numbers of cards, accounts and persons.

What stands in the body of a `scan.Place`: `place`; `population` and `sampled` (how many objects or texts there are, and
how many were read); `unread` (how many of those drawn could not be read whole: encrypted, damaged, in an unknown
format, beyond their limits); `pictures` (what only a person could read); `bytes`; `hits`, how many different numbers
of each class (`cards`, `ibans`, `insurance`, and `test` for those published for trying); `holding` (in how many
objects); `bound` (how many in a million objects may hold a number of a class of which none was found; all, where not
all was read); `seed`; and `strata`, each with a salted digest of its folder, its month and size, and how many of how
many were drawn.
No number, and no name of an object, leaves it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial, reduce
from itertools import islice
from typing import Any

from audit.facts import Unseen
from audit.kinds.data import SCAN
from audit.model import Gap, Resource
from audit.sampling import MILLION, drawn, upper_bound
from audit.sources.data import cells, searching, spreading
from audit.sources.data.inside import Inside
from audit.sources.data.numbers import CLASSES, Hits, joined
from audit.sources.data.places import Bucket, Container, Object
from audit.sources.data.searching import Job, Limits, Seen
from audit.sources.looking import Found, resource

KINDS = (SCAN,)
_S3, _SQL = "s3://", "sql://"
_MEGABYTE = 1 << 20
_SIZES = ((1 << 16, "small"), (1 << 22, "middle"))
_DIGEST = 4


def asks(inside: Inside) -> tuple[str, ...]:
    """Say what it reads."""
    sample = inside.targets.number("data.scan_sample")
    places = inside.targets.names("data.scan_places")
    return tuple(f"the names in {place}, and the contents of {sample} of them" for place in places)


def check(inside: Inside) -> Found:
    """Search a sample of each place; one that cannot be searched is a gap, and hides nothing of the others."""
    found, gaps = [], []
    for place in inside.targets.names("data.scan_places"):
        try:
            found.append(_place(inside, place))
        except Unseen as error:
            gaps.append(Gap(f"{place}: {error}", (SCAN.arm,)))
    return Found(tuple(found), tuple(gaps))


def _database(inside: Inside, place: str) -> Resource:
    """Draw rows of a database, and search them; raises `Unseen`."""
    found = cells.sampled(inside, place.removeprefix(_SQL), _count(inside))
    return of_rows(inside, place, found)


def of_rows(inside: Inside, place: str, found: cells.Rows) -> Resource:
    """Search rows; those beyond the budget were drawn and not read, which proves nothing of them."""
    salt, most = secrets.token_bytes(32), inside.targets.number("data.scan_megabytes") * _MEGABYTE
    seen: list[Seen] = []
    for row in found.rows:
        seen.append(reduce(Seen.beside, searching.texts(row, salt, _limits(inside))))
        most -= seen[-1].bytes
        if most <= 0:
            break
    seen += [Seen(unread=True)] * (len(found.rows) - len(seen))
    return _resource(inside, place, seen, found.population, found.strata)


def _place(inside: Inside, place: str) -> Resource:
    """Draw from a place, and search what was drawn; raises `Unseen`."""
    if place.startswith(_SQL):
        return _database(inside, place)
    source, salt = _opened(inside, place), secrets.token_bytes(32)
    objects = source.listed()
    sample = drawn(objects, _stratum, _name, _count(inside), inside.seed)
    within = _affordable(sample, inside.targets.number("data.scan_megabytes") * _MEGABYTE)
    seen = _searched(inside, source, within, salt)
    # What the budget did not reach was drawn and not read: that proves nothing of it.
    seen += [Seen(unread=True)] * (len(sample) - len(within))
    told = partial(_told, salt)
    sizes, shares = Counter(map(told, objects)), Counter(map(told, sample))
    strata = [{"stratum": one, "population": sizes[one], "sampled": shares[one]} for one in sorted(sizes)]
    return _resource(inside, place, seen, len(objects), strata)


def _searched(inside: Inside, source: Container | Bucket, sample: Sequence[Object], salt: bytes) -> list[Seen]:
    """Search objects here, or on the cluster that the company names."""
    cluster = inside.targets.names("data.scan_cluster", may_be_empty=True)
    reader = source.away() if cluster and "://" in cluster[0] else source
    jobs = [Job(reader, one.name, salt, _limits(inside)) for one in sample]
    if cluster:
        return spreading.on_cluster(searching.look, jobs, address=cluster[0])
    return spreading.spread(searching.look, jobs, workers=inside.targets.number("data.scan_workers"))


def _resource(
    inside: Inside, place: str, seen: Sequence[Seen], population: int, strata: Sequence[Mapping[str, Any]]
) -> Resource:
    """Make the resource of a place."""
    hits: Hits = reduce(joined, (one.hits for one in seen), {})
    unread, holding = sum(one.unread for one in seen), sum(one.holds() for one in seen)
    sampled = len(seen) - unread
    body = {
        "place": place,
        "population": population,
        "sampled": sampled,
        "unread": unread,
        "pictures": sum(one.pictures for one in seen),
        "bytes": sum(one.bytes for one in seen),
        "hits": {kind: len(hits.get(kind, ())) for kind in CLASSES},
        "holding": holding,
        "bound": MILLION if unread else upper_bound(min(len(seen), _count(inside)), population),
        "seed": inside.seed,
        "strata": list(islice(strata, 1000)),
    }
    return resource(SCAN, place, body, now=inside.now)


def _opened(inside: Inside, place: str) -> Container | Bucket:
    """Return what lists and reads a place; raises `Unseen` where it is none, or nobody signed in."""
    if place.startswith(_S3):
        bucket, _, prefix = place.removeprefix(_S3).partition("/")
        return Bucket(bucket, prefix, inside.aws("s3"))
    account, slash, container = place.partition("/")
    if "://" in place or not (account and slash and container):
        raise Unseen("it is no place: write account/container, s3://bucket/prefix or sql://server/database")
    client = inside.blobs(account)
    return Container(client.url, container, client)


def _affordable(sample: Sequence[Object], most: int) -> list[Object]:
    """Return what a budget of bytes reaches."""
    within = []
    for one in sample:
        if one.size <= most:
            most -= one.size
            within.append(one)
    return within


def _stratum(one: Object) -> str:
    """Return the size class of an object, its month and its folder."""
    size = next((name for limit, name in _SIZES if one.size < limit), "large")
    return f"{size} {one.month} {one.name.rpartition('/')[0].partition('/')[0]}"


def _told(salt: bytes, one: Object) -> str:
    """Return the stratum of an object as it may be told: its folder may be named for a customer, and is a digest."""
    size, month, folder = _stratum(one).split(" ", 2)
    return f"{hashlib.blake2b(folder.encode(), key=salt, digest_size=_DIGEST).hexdigest()} {month} {size}"


def _name(one: Object) -> str:
    return one.name


def _limits(inside: Inside) -> Limits:
    megabytes = inside.targets.number("data.scan_object_megabytes")
    return Limits(megabytes * _MEGABYTE, float(inside.targets.number("data.scan_seconds")))


def _count(inside: Inside) -> int:
    return inside.targets.number("data.scan_sample")
