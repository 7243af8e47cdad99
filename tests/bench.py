"""Prints times and memory of what users wait for; `make bench` runs it, nothing here fails."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = """
from pulumi_azure_native import keyvault, resources, storage

group = resources.ResourceGroup("group", location="uksouth")
for number in range({half}):
    storage.StorageAccount(
        f"account-{{number}}",
        account_name=f"account{{number}}",
        resource_group_name=group.name,
        location="uksouth",
        kind="StorageV2",
        sku=storage.SkuArgs(name="Standard_GZRS"),
        minimum_tls_version="TLS1_2",
        allow_blob_public_access=False,
        network_rule_set=storage.NetworkRuleSetArgs(default_action="Deny", bypass="AzureServices"),
    )
    keyvault.Vault(
        f"vault-{{number}}",
        vault_name=f"vault{{number}}",
        resource_group_name=group.name,
        location="uksouth",
        properties=keyvault.VaultPropertiesArgs(
            tenant_id="00000000-0000-0000-0000-000000000000",
            sku=keyvault.SkuArgs(family="A", name="premium"),
            enable_purge_protection=True,
        ),
    )
"""
CAPTURE = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from audit.sources.program import collect
seen = collect(Path(sys.argv[1]), "dev", now=datetime.now(UTC), seconds=300, settings={}, environment=os.environ)
assert not seen.gaps, seen.gaps
"""
JUDGE = """
import resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
import msgspec
from audit.engine import judge
from audit.model import Reference
from audit.policies import load
from audit.sources.program import collect
import os

def again(value, turn):
    "Copy a body, its links leading to the same copy of the estate."
    if isinstance(value, Reference):
        return Reference(f"{value.urn}-{turn}", value.property, value.suffix)
    if isinstance(value, dict):
        body = {key: again(item, turn) for key, item in value.items()}
        return {**body, "resourceGroupName": f"group-{turn}"} if "resourceGroupName" in body else body
    return [again(item, turn) for item in value] if isinstance(value, list) else value

policies = load(Path("policies"))
one = collect(Path("."), "production", now=datetime.now(UTC), seconds=300, settings={}, environment=os.environ)
want, copies = int(sys.argv[1]), []
while len(copies) < want:
    turn = len(copies) // len(one.resources)
    for found in one.resources:
        copies.append(msgspec.structs.replace(found, id=f"{found.id}-{turn}", body=again(found.body, turn)))
snapshot = msgspec.structs.replace(one, resources=tuple(copies[:want]))
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
report = judge(snapshot, policies, datetime.now(UTC).date(), product="bench")
spent = time.process_time() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"judging {want:,} resources with {len(report.controls)} controls: {spent:.2f} s cpu, "
      f"{spent / want * 1e6:.0f} µs each, peak {peak / 1024:.0f} MiB, {(peak - before) / 1024:.0f} of it judging; "
      f"{sum(len(c.findings) for c in report.controls):,} findings")
"""


def timed(command: list[str], **options: object) -> tuple[float, float]:
    """Run a command; return its wall time and the processor time of it and its children, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, cpu


def main() -> None:
    """Print each figure on a line."""
    audit = str(Path(sys.executable).parent / "audit")
    timed([audit, "--help"])
    walls = sorted(timed([audit, "--help"])[0] for _ in range(7))
    print(f"audit --help: {walls[3]:.3f} s wall (median of 7; aim < 0.3)")
    before = 0.0
    for count in (100, 1000):
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            (project / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
            (project / "__main__.py").write_text(PROGRAM.format(half=count // 2))
            wall, cpu = timed([sys.executable, "-c", CAPTURE, folder], cwd=ROOT)
            more = f", {(cpu - before) / 900 * 1000:.1f} ms for each more (aim for 1,000: < 6 s cpu)" if before else ""
            print(f"capture of {count:,} resources: {cpu:.2f} s cpu, {wall:.2f} s wall{more}")
            before = cpu
    subprocess.run([sys.executable, "-c", JUDGE, "10000"], check=True, cwd=ROOT)
    print(f"measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
