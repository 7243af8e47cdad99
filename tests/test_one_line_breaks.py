"""One edited line breaks exactly the promises that depend on it and is named; its remedy mends it."""

import re
from pathlib import Path

import pytest

from audit.model import Plane, Verdict

BREAKS = [
    ("storage-https-only", "guarded_account.py", "enable_https_traffic_only=True", "enable_https_traffic_only=False"),
    ("storage-tls-floor", "guarded_account.py", 'minimum_tls_version="TLS1_2"', 'minimum_tls_version="TLS1_0"'),
    ("storage-no-anonymous-read", "guarded_account.py", "blob_public_access=False", "blob_public_access=True"),
    ("storage-no-shared-key", "guarded_account.py", "allow_shared_key_access=False", "allow_shared_key_access=True"),
    ("storage-versioning", "guarded_account.py", "is_versioning_enabled=True", "is_versioning_enabled=False"),
    ("storage-no-public-network", "guarded_account.py", 'access="Disabled"', 'access="Enabled"'),
    ("keys-rbac-only", "keys.py", "enable_rbac_authorization=True", "enable_rbac_authorization=False"),
    ("keys-private-network", "keys.py", 'public_network_access="Disabled"', 'public_network_access="Enabled"'),
    ("sql-tls-floor", "provisioning.py", 'minimal_tls_version="1.2"', 'minimal_tls_version="1.1"'),
    ("sql-entra-only", "provisioning.py", "azure_ad_only_authentication=True", "azure_ad_only_authentication=False"),
    ("sql-no-public-network", "provisioning.py", 'network_access="Disabled"', 'network_access="Enabled"'),
    ("sql-point-in-time-restore", "sql_databases.py", "retention_days=35", "retention_days=34"),
    ("sql-long-term-retention", "sql_databases.py", 'weekly_retention="P4W"', 'weekly_retention="P3W"'),
    ("compute-encryption-at-host", "machines.py", "encryption_at_host=True", "encryption_at_host=False"),
    (
        "compute-disks-not-exported",
        "machines.py",
        'network_access_policy="DenyAll"',
        'network_access_policy="AllowAll"',
    ),
    ("compute-patched-by-platform", "machines.py", 'patch_mode="AutomaticByPlatform"', 'patch_mode="AutomaticByOS"'),
    ("network-bastion-only-admin", "bastion.py", "enable_shareable_link=False", "enable_shareable_link=True"),
    ("network-no-sensitive-port-from-internet", "security_groups.py", 'prefix="VirtualNetwork"', 'prefix="Internet"'),
    ("web-https-only", "portal.py", "https_only=True", "https_only=False"),
    ("web-no-platform-cookies", "portal.py", "client_affinity_enabled=False", "client_affinity_enabled=True"),
    ("web-no-ftp", "portal.py", 'ftps_state="Disabled"', 'ftps_state="AllAllowed"'),
    ("monitor-logs-kept", "monitoring.py", "retention_in_days=365", "retention_in_days=364"),
    ("monitor-security-contact", "alerts.py", "is_enabled=True", "is_enabled=False"),
    ("monitor-defender-on", "defender.py", 'pricing_tier="Standard"', 'pricing_tier="Free"'),
    ("dns-spf-partner-only", "public_dns.py", "} -all", "} ~all"),
    ("geo-allowed-locations-enforced", "governance.py", 'mode="Default"', 'mode="DoNotEnforce"'),
    ("backup-vault-geo-redundant", "vaults.py", 'cross_region_restore="Enabled"', 'cross_region_restore="Disabled"'),
    ("backup-vault-soft-delete", "vaults.py", 'soft_delete_state="AlwaysON"', 'soft_delete_state="Disabled"'),
    ("backup-policy-meets-promise", "backup_policies.py", "interval=4", "interval=6"),
    ("offsite-own-rotated-key", "offsite.py", "enable_key_rotation=True", "enable_key_rotation=False"),
    ("offsite-object-lock", "offsite.py", "days=2557", "days=2554"),
]


def verdicts(report):
    return {
        (statement.id, promise.id): promise.verdict for statement in report.statements for promise in statement.promises
    }


def broken_controls(report):
    return {result.id for result in report.controls if result.verdict is Verdict.BROKEN}


def edit(path: Path, old: str, new: str) -> int:
    """Replace the first `old` in a file; return its line."""
    text = path.read_text()
    assert old in text, f"{path.name} holds no {old}"
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def apply(path: Path, line: int, code: str) -> None:
    """Make the change that a remedy prints: set one argument on the line it names."""
    name, _, value = re.sub(r"^in [a-z_.\[\]0-9]+: ", "", code).partition("=")
    lines = path.read_text().splitlines(keepends=True)
    argument = re.compile(rf"\b{re.escape(name)}=(\[.*\]|\"[^\"]*\"|[^,()]+)")
    assert argument.search(lines[line - 1]), f"line {line} sets no {name}: {lines[line - 1]}"
    lines[line - 1] = argument.sub(lambda _: f"{name}={value}", lines[line - 1], count=1)
    path.write_text("".join(lines))


def test_the_stacks_as_they_are_break_nothing(untouched, policies):
    """Every control that configuration can prove is kept, save the waived one-way doors."""
    one_way = {
        name for name, control in policies.controls.items() if control.one_way and Plane.PROGRAM in control.planes
    }
    seen = {result.id: result.verdict for result in untouched.controls}
    assert {name for name, verdict in seen.items() if verdict is Verdict.WAIVED} == one_way
    assert {verdict for name, verdict in seen.items() if name not in one_way} == {Verdict.KEPT}
    assert untouched.gaps == ()


@pytest.mark.parametrize(("control", "file", "old", "new"), BREAKS, ids=[row[0] for row in BREAKS])
def test_one_line_breaks_exactly_its_promises(control, file, old, new, untouched, policies, audited, copied, tmp_path):
    """The edit breaks its control alone and that control's promises alone, at its own line; the remedy undoes it."""
    project = copied(tmp_path)
    path = project / "stacks" / file
    before = path.read_text()
    line = edit(path, old, new)
    report = audited(project)
    assert broken_controls(report) == {control}

    flipped = {key for key, verdict in verdicts(report).items() if verdict is Verdict.BROKEN}
    assert flipped == {
        (statement.id, commitment.id)
        for statement in policies.statements
        for commitment in statement.commitments
        if control in commitment.controls
    }
    findings = [
        finding
        for result in report.controls
        for finding in result.findings
        if result.id == control and finding.verdict is Verdict.BROKEN
    ]
    assert {(finding.file, finding.line) for finding in findings} == {(f"stacks/{file}", line)}

    for change in dict.fromkeys(findings[0].remedy):
        apply(project / change.file, change.line, change.code)
    if path.read_text() != before:
        assert verdicts(audited(project)) == verdicts(untouched)
