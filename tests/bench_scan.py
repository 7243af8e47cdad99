"""Prints what the search for numbers finds in ten formats among decoys, what it takes for one, and how fast it is.

`--megabytes` says how large an archive is searched, after a tenth of it: `make bench ARCHIVE_MEGABYTES=10240` is for
one of ten gigabytes, needs as much room, and takes half an hour on two cores.
"""

import argparse
import os
import resource
import tempfile
import time
import uuid
from pathlib import Path

from audit.sources.data import spreading
from audit.sources.data.numbers import found
from audit.sources.data.searching import Job, Limits, look, searched
from tests.data.planting import BRANDS, FORMATS, card, grouped, iban, insurance, mail, seeded

NUMBERS = 10_000
EACH = 50
"""Numbers in one document."""
SPEED = 60
"""Megabytes that are searched for the speed."""
SALT = b"bench"
LIMITS = Limits(bytes=256 << 20, seconds=300)
WORDS = (
    "please",
    "send",
    "the",
    "invoice",
    "for",
    "our",
    "order",
    "of",
    "last",
    "week",
    "to",
    "tell",
    "Anna",
    "parcel",
)
GAPS = ("", "", " ", "-", ".")


class Folder:
    """A folder of objects, that can be sent to another process."""

    def __init__(self, path):
        self.path = path

    def __call__(self, name):
        """Yield what one object holds."""
        with (Path(self.path) / name).open("rb") as file:
            while piece := file.read(1 << 20):
                yield piece


def planted(random):
    """Make one number of a kind that is sought, and how it is written."""
    kind = random.randrange(10)
    if kind == 0:
        number = iban(random)
        return number, random.choice((number, " ".join(number[at : at + 4] for at in range(0, len(number), 4))))
    if kind == 1:
        number = insurance(random)
        return number, random.choice((number, f"{number[:2]} {number[2:4]} {number[4:6]} {number[6:8]} {number[8]}"))
    number = card(random, *random.choice(BRANDS))
    return number, grouped(number, random.choice(GAPS))


def decoy(random):
    """Make what has as many digits and is no such number."""
    digits = lambda count: "".join(random.choice("0123456789") for _ in range(count))  # noqa: E731  # short
    wrong = card(random)
    return random.choice(
        (
            lambda: wrong[:-1] + str((int(wrong[-1]) + 1) % 10),
            lambda: str(uuid.UUID(int=random.getrandbits(128))),
            lambda: f"{random.getrandbits(160):040x}",
            lambda: f"+44 7{digits(3)} {digits(6)}",
            lambda: f"00{digits(2)} {digits(3)} {digits(7)}",
            lambda: f"2026-11-{random.randrange(10, 29)} 0{digits(1)}:{digits(2)}:{digits(2)}.{digits(6)}",
            lambda: f"20261123{digits(6)}",
            lambda: f"17{digits(11)}",
            lambda: f"978{digits(10)}",
            lambda: f"0.{digits(16)}",
            lambda: f"{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}",
            lambda: f"GB{digits(2)}NWBK{digits(14)}",
            lambda: f"order {digits(random.randrange(6, 12))}",
            lambda: f"1Z{digits(16)}",
            lambda: digits(22),
            lambda: digits(16),
            lambda: f"{digits(4)} {digits(4)} {digits(4)} {digits(4)} {digits(4)} {digits(4)}",
        )
    )()


def corpus():
    """Yield format, bytes, and the digests of what is to be found, so many numbers in all."""
    random = seeded(8)
    for number in range(NUMBERS // EACH):
        numbers, lines = [], []
        for _ in range(EACH):
            number_, written = planted(random)
            numbers.append(number_)
            lines += [f"{random.choice(WORDS)} {written} {random.choice(WORDS)}"]
            lines += [f"{random.choice(WORDS)} {decoy(random)} {random.choice(WORDS)}" for _ in range(2)]
        random.shuffle(lines)
        name = list(FORMATS)[number % len(FORMATS)]
        wanted = {digest for one in numbers for digests in found(one, SALT).values() for digest in digests}
        assert len(wanted) == len(set(numbers)), "a planted number is none"
        yield name, FORMATS[name]("\n".join(lines) + "\n"), wanted


def precision():
    """Print how many of what is there are found, and how many of what is found are there."""
    sought = right = told = unread = 0
    for _, content, wanted in corpus():
        seen = searched(content, SALT, LIMITS)
        hits = {digest for kind, digests in seen.hits.items() for digest in digests if kind != "test"}
        sought, right, told = sought + len(wanted), right + len(wanted & hits), told + len(hits)
        unread += seen.unread
    print(f"scan: {sought} numbers in {len(FORMATS)} formats among {2 * NUMBERS} decoys, {unread} documents unread")
    print(f"scan: recall {right / sought:.4f}, precision {right / told:.4f}")


def filled(folder, megabytes):
    """Fill a folder with mails of a megabyte; returns their names."""
    random = seeded(9)
    lines = (" ".join(random.choice(WORDS) for _ in range(12)) + f" {decoy(random)}" for _ in range(11_000))
    content = mail("\n".join(lines), coding="8bit")
    for number in range(megabytes):
        (Path(folder) / str(number)).write_bytes(content[: 1 << 20])
    return [str(number) for number in range(megabytes)]


def speed():
    """Print how much is searched in a second by one and by two processes."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = archive(folder, SPEED)
        spreading.spread(look, jobs[:2], workers=2, how="processes")
        one, two = (SPEED / timed(jobs, workers) for workers in (1, 2))
        growth = f"{two / one:.2f} times, {os.cpu_count()} cores"
        print(f"scan: {one:.1f} MB/s with one worker, {two:.1f} with two ({growth})")


def growth(megabytes):
    """Print what an archive and a tenth of it take, in seconds and in memory of a worker."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = archive(folder, megabytes)
        for size in (megabytes // 10, megabytes):
            seconds = timed(jobs[:size], 2)
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
            print(
                f"scan: {size} MB in {seconds:.1f} s with two workers, {memory} MB of memory in the larger", flush=True
            )


def archive(folder, megabytes):
    """Return the jobs that search an archive of mails, a megabyte each."""
    return [Job(Folder(folder), name, SALT, LIMITS) for name in filled(folder, megabytes)]


def timed(jobs, workers):
    """Return the seconds that a search takes."""
    began = time.perf_counter()
    seen = spreading.spread(look, jobs, workers=workers, how="processes")
    assert not any(one.unread for one in seen)
    return time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    given = parser.parse_args()
    precision()
    speed()
    growth(given.megabytes)
