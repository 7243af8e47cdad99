"""Spreads the search of many objects over threads, over processes, or over a Dask cluster; the search is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from importlib import import_module
from typing import Any, Literal, TypeVar

from audit.facts import Unseen

T = TypeVar("T")
R = TypeVar("R")
_FAILED = (AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What comes of workers that are not there, have another release of this program, or lose each other."""
How = Literal["threads", "processes"]


def spread(work: Callable[[T], R], items: Sequence[T], *, workers: int, how: How = "threads") -> list[R]:
    """Do the work for all items on this machine, and return what came of each, in their order.

    Threads overlap what is waited for; processes what is reckoned.
    """
    pool: Any = ThreadPoolExecutor if how == "threads" else ProcessPoolExecutor
    with pool(max_workers=workers) as running:
        return list(running.map(work, items))


def on_cluster(work: Callable[[T], R], items: Iterable[T], *, address: str, size: int = 16) -> list[R]:
    """Do the work on the Dask cluster at an address, so many items a task; raises `Unseen` where nobody answers.

    `threads`, `processes` and `synchronous` are Dask's own schedulers on this machine.
    """
    try:
        import dask
        import dask.bag  # an extra's own, loaded where there is a cluster
    except ImportError as error:
        raise Unseen("dask is not installed: install promise-audit[scan]") from error
    bags: Any = dask.bag  # it has no types of its own
    bag = bags.from_sequence(items, partition_size=size).map(work)
    if address in {"threads", "processes", "synchronous"}:
        with dask.config.set(scheduler=address):
            return list(bag.compute())
    return _remote(bag, address)


def _remote(bag: Any, address: str) -> list[Any]:
    try:
        distributed: Any = import_module("distributed")  # as above; with it come no types
    except ImportError as error:
        raise Unseen("distributed is not installed: install promise-audit[scan]") from error
    try:
        with distributed.Client(address, timeout=10, set_as_default=False) as client:
            return list(client.compute(bag).result())
    except (*_FAILED, distributed.KilledWorker) as error:
        # The words of what failed on a worker may hold what it read.
        raise Unseen(f"the cluster does not do the work: {type(error).__name__}") from error
