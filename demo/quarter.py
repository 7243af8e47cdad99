"""Lets a quarter pass in a local Azure: faults come and go, a drill fails, a customer leaves; weekly audits see it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from audit.cli import live, packing
from audit.cli.check import product
from audit.drill_record import DrillRecord
from audit.engine import judge
from audit.evidence.pack import drilled
from audit.policies import Policies, load
from audit.sandbox import filling
from audit.sandbox.faults import Effect, Fault, add, clear
from audit.sandbox.store import Store
from audit.sources import program
from demo.drills import RECORDS
from demo.plant import Hand, keep_backups, lock_the_doors, one, open_the_archive

AUDIT = str(Path(sys.executable).with_name("audit"))
FIRST = date(2026, 6, 22)
"""The Monday of the first audit, a week before the quarter's first."""
WEEKS = 14
AT = time(2, tzinfo=UTC)
CUSTOMERS = ("c-03", "c-07", "c-09")
HOLE = date(2026, 8, 10)
"""The Monday on which nobody looked."""
TAMPERED = date(2026, 9, 7)
"""The Monday whose pack somebody has changed since."""


class Event(NamedTuple):
    """Something that happens before a Monday's audit."""

    monday: date
    told: str
    does: Callable[[Hand, Store], object]


def container(store: Store, customer: str) -> str:
    """Return the id of the container that holds a customer's archive."""
    account = one(store, "Microsoft.Storage/storageAccounts", "hostingarchive")
    return f"{account}/blobServices/default/containers/archive-{customer}"


def welcome(hand: Hand, store: Store) -> None:
    """Give each customer a container in the archive."""
    for customer in CUSTOMERS:
        hand.put(container(store, customer), {"properties": {"publicAccess": "None"}})


def expose(hand: Hand, store: Store, *, access: str) -> None:
    """Set who may read one customer's container without signing in."""
    hand.put(container(store, "c-07"), {"properties": {"publicAccess": access}})


def part_with(hand: Hand, store: Store) -> None:
    """Close that container again, and delete one of a customer who left; the lock against it is lifted for that."""
    expose(hand, store, access="None")
    store.delete(container(store, "c-09"))


EVENTS = (
    Event(date(2026, 7, 13), "the archive is opened to the internet", open_the_archive),
    Event(
        date(2026, 7, 20),
        "backups are cut to 7 days, accepted in writing until the end of August",
        lambda hand, store: keep_backups(hand, store, days=7),
    ),
    Event(
        date(2026, 7, 27),
        "the archive is closed again",
        lambda hand, store: open_the_archive(hand, store, to_all=False),
    ),
    Event(
        date(2026, 8, 3),
        "a container of customer c-07 can be read by anybody",
        lambda hand, store: expose(hand, store, access="Blob"),
    ),
    Event(
        date(2026, 8, 17),
        "that container is closed; customer c-09 has left",
        part_with,
    ),
    Event(
        date(2026, 8, 24),
        "the auditor may not read locks",
        lambda _, store: add(store, Fault(effect=Effect.DENY, path="*/Microsoft.Authorization/locks")),
    ),
    Event(date(2026, 8, 31), "the auditor may read locks again", lambda _, store: clear(store)),
)


POLICIES = {
    "customers.toml": """
[[customer]]
pseudonym = "c-03"
ids = ["*/containers/archive-c-03"]

[[customer]]
pseudonym = "c-07"
ids = ["*/containers/archive-c-07"]

[[customer]]
pseudonym = "c-09"
ids = ["*/containers/archive-c-09"]
until = 2026-08-14
""",
    "waivers.toml": """
[[waiver]]
control = "backup-policy-meets-promise"
resource = "machines-every-four-hours"
planes = ["live"]
reason = "the vault was short of room; backups of the databases are not touched"
owner = "head of operations"
until = 2026-08-31
""",
    "exceptions.toml": """
[[exception]]
control = "storage-no-public-network"
resource = "hostingarchive"
cause = "a supplier's test was let in, and the rule was left open"
response = "closed; such a test now needs a change with an end date"
risk = "the archive could be reached, not read: every request still had to be signed in"
owner = "head of operations"
due = 2026-07-31
closed = 2026-07-27
breach_reason = "the access log shows no read by a stranger"

[[exception]]
control = "backup-policy-meets-promise"
resource = "machines-every-four-hours"
cause = "the vault was short of room"
response = "room was ordered; 35 days are kept again from October"
risk = "a machine lost unnoticed for over a week could not be brought back"
owner = "head of operations"
due = 2026-10-15
breach_reason = "nothing was lost"
""",
}
"""What the company of this story writes into its policies, after what stands there."""


def policies(folder: Path) -> Path:
    """Copy the policies and write down what this company's people say; returns the folder."""
    place = folder / "policies"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree("policies", place, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in POLICIES.items():
        file = place / name
        before = file.read_text()
        file.write_text(before + text)
    return place


def audit(*words: str, expected: tuple[int, ...] = (0,)) -> None:
    """Run a command of the product, as its users do; what it says is shown where it does not end as it should."""
    ran = subprocess.run([AUDIT, *words], capture_output=True, text=True, check=False)  # noqa: S603  # our own command
    if ran.returncode not in expected:
        sys.exit(f"audit {words[0]} ended with {ran.returncode}: {ran.stderr or ran.stdout}")


def people(rules: Path, folder: Path) -> None:
    """Attest what people looked at, and keep the breach register."""
    seen = folder / "looked-at.txt"
    seen.write_text("the procedure for breaches, version 4\n")
    audit(
        "attest",
        "AT-01",
        "--role",
        "data protection officer",
        "--looked-at",
        "the breach procedure and its last exercise",
        "--evidence",
        str(seen),
        "--policies",
        str(rules),
        "--today",
        "2026-06-15",
    )
    audit(
        "attest",
        "AT-02",
        "--role",
        "head of operations",
        "--looked-at",
        "the sub-processors' contracts",
        "--evidence",
        str(seen),
        "--policies",
        str(rules),
        "--today",
        "2026-06-15",
        "--until",
        "2026-08-20",
    )
    audit(
        "attest",
        "AT-14",
        "--role",
        "head of operations",
        "--looked-at",
        "every target of backup and databases",
        "--targets",
        "backup,sql,storage",
        "--policies",
        str(rules),
        "--today",
        "2026-06-15",
    )


def started(folder: Path) -> tuple[Hand, Store]:
    """Fill the local Azure as it stood on the first Monday."""
    store = Store(folder / "store.sqlite")
    store.set_clock(datetime.combine(FIRST, AT))
    declared = program.collect(Path(), "production", now=store.now(), seconds=300, settings={}, environment=os.environ)
    filling.fill(folder, declared, settled=True)
    hand = Hand(os.environ["ARM_ENDPOINT"])
    lock_the_doors(hand, store)
    welcome(hand, store)
    return hand, store


def audited(store: Store, rules: Policies, packs: Path, key: Path) -> tuple[Path, str]:
    """Audit what runs as `audit check --live --packs` does, by the local Azure's clock and without its pace."""
    clock = live.Clock(now=store.now, sleep=lambda _: None)
    kept = packing.Packing(packs=packs, keys=(str(key),), timestamp="", names=None)
    recording = packing.Recording(kept, rules, clock, product())
    today = store.now().date()
    snapshot = recording.observe(live.Where(metadata_host=os.environ["ARM_METADATA_HOSTNAME"]), today)
    report = judge(snapshot, rules, today, product=product())
    return recording.finish(snapshot, report), report.verdict


def tamper(pack: Path) -> None:
    """Change one answer in a sealed pack, as somebody might who would rather have had another."""
    answer = max((pack / "answers").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(answer.read_bytes())
    content[len(content) // 2] ^= 1
    answer.write_bytes(content)


def week(monday: date, hand: Hand, store: Store, folder: Path) -> None:
    """Let a week pass up to a Monday: what happens in it, and the day before it in which backups run."""
    store.set_clock(datetime.combine(monday, AT))
    for event in EVENTS:
        if event.monday == monday:
            print(f"{monday}  {event.told}")
            event.does(hand, store)
    filling.live_a_day(folder)


def main(folder: Path) -> None:
    """Let the quarter pass, and leave its packs in `folder`."""
    packs, key = folder / "packs", folder / "tool.pem"
    shutil.rmtree(packs, ignore_errors=True)
    rules_folder = policies(folder)
    people(rules_folder, folder)
    rules = load(rules_folder)
    hand, store = started(folder)
    for monday in (FIRST + timedelta(weeks=number) for number in range(WEEKS)):
        week(monday, hand, store, folder)
        for record in (found for found in RECORDS if monday - timedelta(days=7) <= found.began.date() < monday):
            seal_drill(packs, record, key)
        if monday == HOLE:
            print(f"{monday}  nobody looks")
            continue
        pack, verdict = audited(store, rules, packs, key)
        print(f"{monday}  {verdict:9} {pack.name}")
        if monday == TAMPERED:
            print(f"{monday}  somebody changes an answer in that pack")
            tamper(pack)


def seal_drill(packs: Path, record: DrillRecord, key: Path) -> None:
    """Write and seal the pack of a drill that was recorded."""
    told = record.verdict.recoverability
    aim = " (on purpose)" if record.negative_control else ""
    print(f"{record.began.date()}  drill of {record.item.kind}: {told.state}{aim}")
    audit("seal", str(drilled(packs, record, product=product())), "--key", str(key))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
