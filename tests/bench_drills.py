"""Prints how long it takes to plan for 1,000 items, and what 100 drills at once ask of Azure."""

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from audit.drill_record import Operator, Population
from audit.drills import runner
from audit.drills.actor import Actor
from audit.drills.databases import connecting
from audit.drills.drill import Beginning, Means
from audit.drills.guard import rule
from audit.drills.sql import KIND
from audit.drills.time import Clock
from audit.model import Plane, Resource, Snapshot
from audit.sandbox import process
from audit.sandbox.sql_contents import hold
from audit.snapshots import encode
from tests.drilling import DRILLS, Drilling, recoverable, settings
from tests.sandbox_fixture import Sandbox

ITEMS, AT_ONCE = 1_000, 100
_ROWS = {"people": {"columns": [["id", "int"]], "rows": [[number] for number in range(100)]}}


def declared(sandbox: Sandbox) -> Snapshot:
    """Return a snapshot of so many databases."""
    now = sandbox.store.now()
    place = f"{sandbox.root}/resourceGroups/own/providers/Microsoft.Sql/servers/own/databases"
    found = [
        Resource(
            type="Microsoft.Sql/servers/databases",
            id=f"{place}/{number}",
            name=str(number),
            seen_at=now,
            plane=Plane.LIVE,
            body={"location": "uksouth"},
        )
        for number in range(ITEMS)
    ]
    return Snapshot(plane=Plane.LIVE, origin="", seen_at=now, resources=tuple(found))


def planned(sandbox: Sandbox, folder: Path) -> float:
    """Return the seconds that `audit drill plan` takes."""
    (folder / "declared.json").write_bytes(encode(declared(sandbox)))
    audit = Path(sys.executable).with_name("audit")
    began = perf_counter()
    subprocess.run([audit, "drill", "plan", "--declared", folder / "declared.json"], check=True, capture_output=True)
    return perf_counter() - began


def drilled(sandbox: Sandbox, folder: Path) -> tuple[float, int, int, int]:
    """Drill so many databases at once; returns seconds, requests, those of them that write, and those proven."""
    drilling = Drilling(sandbox, folder)
    server = f"{sandbox.group('own')}/providers/Microsoft.Sql/servers/own"
    sandbox.put(server, {"location": "uksouth"})
    first = {"earliestRestoreDate": (sandbox.store.now() - timedelta(days=2)).isoformat()}
    items = []
    for number in range(AT_ONCE):
        identity = f"{server}/databases/base{number}"
        sandbox.put(identity, {"location": "uksouth", "properties": first})
        hold(sandbox.store, identity, sandbox.store.now() - timedelta(days=1), _ROWS)
        items.append(recoverable("sql", "point-in-time", identity, ref=f"sql-{number:012}"))
    clock = Clock()
    actor = Actor(drilling.cloud, sandbox.credential, clock=clock, may=lambda method, path: "none")

    def begun(number: int) -> Beginning:
        return Beginning(
            drill_id=f"20260101T000000Z-{number:06}",
            attempt=1,
            plan="bench",
            recoverable=items[number],
            population=Population(in_scope=AT_ONCE, eligible=AT_ONCE, method="all", seed=""),
            operator=Operator(identity="bench", role="bench", authorised_by="bench"),
            settings=settings(clock),
            tool_digest="0" * 64,
            product="bench",
            clock=clock.reading(),
        )

    def means(one: Beginning) -> Means:
        name = f"drill-{one.drill_id.lower()}-{one.attempt}"
        return Means(
            clock=clock,
            actor=actor.allowed(rule(KIND, subscription=DRILLS, name=name)),
            database=connecting(drilling.cloud, sandbox.credential, clock),
            key=b"k" * 32,
        )

    began = perf_counter()
    found = runner.run_all(
        folder,
        [lambda number=number: begun(number) for number in range(AT_ONCE)],
        means,
        at_once=AT_ONCE,
        may_begin=lambda: True,
        told=lambda ended: None,
    )
    states = [one.record.verdict.recoverability.state for one in found if one.record is not None]
    return perf_counter() - began, actor.sent, actor.written, states.count("proven")


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as name:
        running, _ = process.start(Path(name) / "azure", aws=False)
        try:
            os.environ["REQUESTS_CA_BUNDLE"] = str(running.authority)
            sandbox = Sandbox(running)
            print(f"drills\n  plan of {ITEMS} items {planned(sandbox, Path(name)):6.2f} s")
            seconds, sent, written, proven = drilled(sandbox, Path(name) / "work")
            allowed = 200 + 10 * seconds
            each = f"{sent} requests ({sent / AT_ONCE:.0f} a drill)"
            print(f"  {AT_ONCE} drills at once {seconds:6.1f} s, {proven} proven, {each}")
            print(
                f"  {written / allowed:.2f} of the {allowed:.0f} writes that ARM allows in that time, looks counted too"
            )
        finally:
            process.stop(running.folder)


if __name__ == "__main__":
    main()
