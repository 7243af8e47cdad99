"""What Azure's own libraries put is judged as it should be: an error in our rows cannot hide behind our own loader."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from audit.engine import Court
from audit.model import Verdict
from audit.sources import azure
from tests.live import Unwatched, client
from tests.sdk_estate import SdkEstate
from tests.support import CONTROLS, NOON

BREAKS = {
    "storage-no-anonymous-read": lambda put: put.change_account(allow_blob_public_access=True),
    "storage-no-shared-key": lambda put: put.change_account(allow_shared_key_access=True),
    "storage-https-only": lambda put: put.change_account(enable_https_traffic_only=False),
    "storage-tls-floor": lambda put: put.change_account(minimum_tls_version="TLS1_0"),
    "storage-no-public-network": lambda put: put.change_account(public_network_access="Enabled"),
    "storage-own-key": lambda put: put.change_account(encryption={"keySource": "Microsoft.Storage"}),
    "storage-soft-delete": lambda put: put.put_blob_service(days=7),
    "storage-containers-private": lambda put: put.put_container(access="Blob"),
    "network-no-rdp-from-internet": lambda put: put.put_rule(source="*"),
    "network-every-subnet-guarded": lambda put: put.put_subnet(guarded=False),
    "keys-strong": lambda put: put.put_key(bits=2048),
    "keys-private-network": lambda put: put.keys.vaults.update(
        "letters", "safe", {"properties": {"publicNetworkAccess": "Enabled"}}
    ),
    "sql-tls-floor": lambda put: put.change_server(minimal_tls_version="1.0"),
    "sql-no-public-network": lambda put: put.change_server(public_network_access="Enabled"),
    "sql-no-open-firewall": lambda put: put.open_firewall(),
    "sql-audited": lambda put: put.put_auditing(state="Disabled"),
    "sql-geo-redundant-backups": lambda put: put.change_database(requested_backup_storage_redundancy="Local"),
    "sql-encrypted-at-rest": lambda put: put.put_encryption(state="Disabled"),
    "sql-point-in-time-restore": lambda put: put.put_short_term(days=7),
    "sql-long-term-retention": lambda put: put.put_long_term(weekly="P1W"),
    "backup-vault-soft-delete": lambda put: put.put_vault(soft_delete="Enabled"),
    "backup-policy-meets-promise": lambda put: put.put_policy(days=7),
    "backup-machines-protected": lambda put: put.put_item(state="ProtectionStopped"),
    "compute-disks-not-exported": lambda put: put.put_disk(reached="Enabled"),
    "compute-encryption-at-host": lambda put: put.change_machine(security_profile={"encryptionAtHost": False}),
    "compute-disks-own-key": lambda put: put.compute.disks.begin_update(
        "letters", "data", {"properties": {"encryption": {"type": "EncryptionAtRestWithPlatformKey"}}}
    ).result(),
}
"""Control that reads what was put → the one call by which it is broken."""


KINDS_AT_LEAST = 12


@pytest.fixture(scope="module")
def courts(sandbox_server, policies):
    """Return who rules on the estate as it was put, and who rules on it after every break."""
    sandbox_server.store.empty()
    estate = SdkEstate(sandbox_server).put()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", sandbox_server.authority)
        before = _court(sandbox_server, policies)
        for change in BREAKS.values():
            change(estate)
        return before, _court(sandbox_server, policies)


def _court(sandbox, policies):
    """Look at what runs now."""
    with closing(client(sandbox)) as found:
        seen = azure.collect(found, now=datetime.now(UTC), progress=Unwatched())
    return Court(seen, policies, NOON.date())


@pytest.mark.parametrize("name", BREAKS)
def test_what_the_libraries_put_is_kept_until_one_call_breaks_it(courts, name):
    before, after = (court.result(CONTROLS[name]) for court in courts)
    fine = (Verdict.KEPT, Verdict.NOT_APPLICABLE)
    assert [found.reason for found in before.findings if found.verdict not in fine] == []
    assert before.verdict is Verdict.KEPT
    assert after.verdict is Verdict.BROKEN


def test_the_libraries_put_many_kinds_that_controls_read(courts):
    types = {resource.id.lower(): resource.type for resource in courts[0].estate.all()}
    results = [courts[0].result(CONTROLS[name]) for name in BREAKS]
    read = {types[one.resource.lower()] for result in results for found in result.findings for one in found.evidence}
    assert len(read) >= KINDS_AT_LEAST
