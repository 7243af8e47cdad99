"""Prints how long the report of a quarter with 5,000 exceptions takes in each format, and the most memory it takes."""

import resource
from collections.abc import Callable, Iterator
from time import perf_counter

from audit.quarters.model import Quarter
from audit.reports.quarter import machine, oscal, page, paper, tables
from audit.reports.quarter.composing import composed
from tests.quarters import many

FINDINGS = 5_000


def timed(quarter: Quarter) -> Iterator[tuple[str, float, int]]:
    """Yield what was made, the seconds it took, and its bytes."""
    began = perf_counter()
    document = composed(quarter)
    composing = perf_counter() - began
    steps: dict[str, Callable[[], int]] = {
        "HTML": lambda: len(page.render(document).encode()),
        "JSON": lambda: len(machine.render(quarter, document)),
        "PDF": lambda: len(paper.render(document, {})),
        "OSCAL": lambda: sum(map(len, oscal.render(quarter).values())),
        "CSV": lambda: sum(map(len, tables.render(quarter).values())),
    }
    yield "composed", composing, len(document.numbers)
    for name, step in steps.items():
        began = perf_counter()
        size = step()
        yield name, perf_counter() - began, size


def main() -> None:
    """Print a line a format."""
    print(f"the report of a quarter with {FINDINGS} exceptions")
    for name, seconds, size in timed(many(FINDINGS)):
        print(f"  {name:10} {seconds:6.2f} s  {size:>10} {'numbers' if name == 'composed' else 'bytes'}")
    print(f"  most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
