"""Prints what a live audit of ten thousand resources in three subscriptions costs: requests, time and memory."""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUBSCRIPTIONS = tuple(f"0a0d17e5-5ab5-4c71-9a0d-{number:012}" for number in range(1, 4))
RESOURCES = 10_000
EACH = {
    # Type → how many of it each subscription holds; disks fill up what is left.
    "Microsoft.Network/networkInterfaces": 700,
    "Microsoft.Network/networkSecurityGroups": 300,
    "Microsoft.Network/publicIPAddresses": 120,
    "Microsoft.Compute/virtualMachines": 40,
    "Microsoft.Storage/storageAccounts": 12,
    "Microsoft.KeyVault/vaults": 4,
    "Microsoft.Sql/servers": 3,
    "Microsoft.RecoveryServices/vaults": 2,
}
BELOW = {
    "Microsoft.Storage/storageAccounts": (("blobServices/default/containers", 3),),
    "Microsoft.KeyVault/vaults": (("keys", 6),),
    "Microsoft.Sql/servers": (("databases", 6), ("firewallRules", 1)),
    "Microsoft.RecoveryServices/vaults": (("backupPolicies", 3),),
}


def estate():
    """Yield the id and the body of each resource: a group in each subscription, and what stands in it."""
    made = 0
    for number, subscription in enumerate(SUBSCRIPTIONS):
        group = f"/subscriptions/{subscription}/resourceGroups/group"
        yield body(group, "Microsoft.Resources/resourceGroups")
        share = RESOURCES // len(SUBSCRIPTIONS) * (number + 1) - made - 1
        listed = [one for name, count in EACH.items() for one in several(group, name, count)]
        disks = several(group, "Microsoft.Compute/disks", share - len(listed))
        yield from (*listed, *disks)
        made += 1 + share


def several(group, name, count):
    """Make `count` resources of a type, with their children."""
    for number in range(count):
        identity = f"{group}/providers/{name}/one-{number}"
        yield body(identity, name)
        for path, children in BELOW.get(name, ()):
            words = path.split("/")
            kind = "/".join([name, *words[::2]])
            for child in range(children):
                yield body(f"{identity}/{path}/child-{child}", kind, located=kind.endswith("databases"))


def body(identity, name, *, located=True):
    """Make a resource of about two kilobytes; what has no location is in no list of resources."""
    settings = {f"setting{number}": "x" * 40 for number in range(30)}
    whole = {"id": identity, "name": identity.rpartition("/")[2], "type": name}
    place = {"location": "uksouth", "tags": {"data": "mail"}} if located else {}
    return identity, {**whole, **place, "properties": {"provisioningState": "Succeeded", **settings}}


def minimum(store):
    """Compute the fewest requests that read this estate, from counts and page sizes alone.

    A list costs a page, and one more for each page size that it fills; a resource's own settings cost one request for
    each sort of them.
    """
    from audit.kinds import KINDS, kind_of
    from audit.model import Scope
    from audit.sandbox.listing import page_size

    rows = [row for subscription in SUBSCRIPTIONS for row in store.listed(subscription=subscription)]
    counts = Counter(kind.arm if (kind := kind_of(row["type"])) else row["type"] for row in rows)

    # What Azure makes by itself: four services with an account, a database with a server.
    for service in ("blob", "file", "queue", "table"):
        counts[f"Microsoft.Storage/storageAccounts/{service}Services"] = counts["Microsoft.Storage/storageAccounts"]
    counts["Microsoft.Sql/servers/databases"] += counts["Microsoft.Sql/servers"]

    def pages(count, size):
        return max(1, math.ceil(count / size))

    arm = [kind for kind in KINDS if kind.path]
    tables = {kind.table for kind in arm if kind.table} | {"resources"}
    asked = Counter()
    asked["subscriptions"] = 1
    asked["permissions"] = len(SUBSCRIPTIONS)
    for table in tables:
        asked["Resource Graph"] += pages(sum(counts[kind.arm] for kind in arm if kind.table == table), 1000)
    tracked = sum(counts[kind.arm] for kind in arm if kind.table == "resources") / len(SUBSCRIPTIONS)
    asked["inventory"] = len(SUBSCRIPTIONS) * pages(tracked, page_size(store))
    for kind in arm:
        parent = kind.parent.type if kind.parent else ""
        if kind.table or (kind.parent and kind.parent.inline):
            asked["in full"] += counts[kind.arm] if kind.one_by_one else 0
            continue
        if kind.attached:
            asked["attached"] += sum(counts[name] for name in kind.attached)
        elif kind.scope in (Scope.SUBSCRIPTION, Scope.ANY) or not parent:
            asked["listed"] += len(SUBSCRIPTIONS) * pages(counts[kind.arm] / len(SUBSCRIPTIONS), page_size(store))
        else:
            asked["children"] += counts[parent] + (counts[kind.arm] if kind.one_by_one else 0)
    return asked


COLLECT = """
import json, resource, sys, time
from datetime import UTC, datetime, date
from pathlib import Path
from audit.azure import Client
from audit.clouds import cloud_at, default_credential
from audit.pipeline import PATIENT
from audit.sources import azure, snapshot
import os

from tests.live import Unwatched

cloud = cloud_at(os.environ["ARM_METADATA_HOSTNAME"], patience=PATIENT)
slept = []
def sleep(seconds):
    slept.append(seconds)
    time.sleep(seconds)
client = Client(cloud, default_credential(cloud), now=lambda: datetime.now(UTC), clock=time.monotonic, sleep=sleep)
began = time.monotonic()
seen = azure.collect(client, now=datetime.now(UTC), subscriptions=json.loads(sys.argv[1]), progress=Unwatched())
wall = time.monotonic() - began
snapshot.write(seen, Path(sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"requests": client.sent, "resources": len(seen.resources), "gaps": [g.reason for g in seen.gaps],
    "wall": wall, "cpu": time.process_time(), "peak": peak, "waited": sum(slept)}))
"""


def main():
    """Fill a local Azure, read it as the auditor does, and compare."""
    from audit.sandbox import process
    from audit.sandbox.environment import environment

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "sandbox"
        folder.mkdir()
        running, _ = process.start(folder, aws=False)
        try:
            store = running.store()
            for number, subscription in enumerate(SUBSCRIPTIONS):
                store.add_subscription(subscription, f"Bench {number}")
            store.put_all(estate())
            fewest = minimum(store)
            words = [sys.executable, "-c", COLLECT, json.dumps(SUBSCRIPTIONS), str(Path(scratch) / "seen.json")]
            env = environment(running, os.environ)
            told = subprocess.run(words, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
            show(json.loads(told), fewest, Path(scratch) / "seen.json")
        finally:
            process.stop(folder)


def show(told, fewest, file):
    """Print the figures."""
    least = sum(fewest.values())
    print(f"live audit, {told['resources']:,} resources in {len(SUBSCRIPTIONS)} subscriptions")
    print(f"  requests      {told['requests']:6,}  {told['requests'] / least:5.3f} of the minimum of {least:,}")
    print(f"                {', '.join(f'{count:,} {name}' for name, count in fewest.items())}")
    print(f"  wall          {told['wall']:6.1f} s, of which the pace below Azure's limits took its part")
    print(f"  cpu           {told['cpu']:6.1f} s")
    print(f"  peak memory   {told['peak']:6.0f} MiB")
    print(f"  snapshot      {file.stat().st_size / 2**20:6.1f} MiB, {len(told['gaps'])} gaps")
    for gap in told["gaps"][:5]:
        print(f"    {gap[:160]}")


if __name__ == "__main__":
    main()
