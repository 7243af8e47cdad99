"""The archive is copied, read whole and compared, and each way in which it can be bad is found."""

from datetime import timedelta

import msgspec
import pytest

from audit.drills import objects
from audit.drills.archive import KIND
from audit.drills.archive_manifest import canary, prepare
from audit.drills.drill import Means
from audit.drills.stores import blobs as clients
from audit.sandbox import blob_backups, blobs
from audit.sandbox.jobs import Behaviour, Outcome, behave
from tests.drilling import DRILLS, recoverable

PERSON = "Mustermann-7f3c"
ACCOUNT, BOX = "archive", "mailboxes"
COUNT = 12
DAY = timedelta(days=1)


class Archive:
    """An account in the local Azure with a container that nobody may delete from, prepared as the command does it."""

    def __init__(self, drilling):
        self.drilling, self.clock, self.store = drilling, drilling.clock, drilling.sandbox.store
        sandbox = drilling.sandbox
        place = f"{sandbox.group('production')}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
        sandbox.put(place, {"location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_RAGZRS"}})
        versions = {"isVersioningEnabled": True, "deleteRetentionPolicy": {"enabled": True, "days": 30}}
        sandbox.put(f"{place}/blobServices/default", {"properties": versions})
        self.id = f"{place}/blobServices/default/containers/{BOX}"
        sandbox.put(self.id, {"properties": {"immutableStorageWithVersioning": {"enabled": True}}})
        self.item = recoverable("archive", "version", self.id)
        self.prepared = {}
        self.until = self.clock.now() + 100 * DAY
        for number in range(COUNT):
            self.hold(number, f"{PERSON} {number} ".encode() * 300, at=self.clock.now() - (40 - number) * DAY)

    def hold(self, number, content, **words):
        """Put a message into the archive, locked for a while."""
        words = {"until": self.until, "mode": "locked", **words}
        blobs.hold(self.store, ACCOUNT, BOX, f"{PERSON}/{number}", content, **words)

    def harm(self, how, number=3):
        """Harm one message behind the store's back."""
        blobs.damage(self.store, ACCOUNT, BOX, f"{PERSON}/{number}", how=how)

    def means(self):
        """Return by what it is read."""
        return {
            "blobs": clients(self.drilling.cloud, self.drilling.sandbox.credential),
            "manifest": lambda ref, what: self.prepared.get(what),
            "key": b"k" * 32,
            "seed": "a seed",
        }

    def prepare(self):
        """Write manifest and canary, and let 20 minutes pass."""
        means = Means(clock=self.clock, actor=None, **self.means())
        made = canary(self.item, means, self.clock.now())
        name = objects.canary_name(self.clock.now().replace(microsecond=0))
        content = objects.canary_content(means, self.item.ref, self.clock.now().replace(microsecond=0))
        blobs.hold(self.store, ACCOUNT, BOX, name, content, until=self.until, mode="locked", keeps=False)
        self.prepared = {"manifest": prepare(self.item, means), "canaries": {"canaries": [made]}}
        self.clock.sleep(20 * 60)

    def run(self, **changes):
        """Drill it."""
        return self.drilling.run(KIND, msgspec.structs.replace(self.item, **changes), **self.means())


@pytest.fixture
def archive(drilling):
    made = Archive(drilling)
    made.prepare()
    return made


def left(archive):
    return [body["id"] for body in archive.store.listed() if f"/{DRILLS}/" in body["id"]]


def test_an_archive_that_is_well_is_proven_to_the_last_level(archive):
    """Copied, whole, as the manifest says, locked, and there in the other region; the bound is printed."""
    record = archive.run()
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 6), record
    assert (record.verdict.rpo.state, record.verdict.rpo.basis) == ("met", "canary")
    digests = next(check for check in record.checks if check.id == "archive.digests")
    assert digests.observed["sampled"] == digests.observed["population"] == COUNT
    assert digests.observed["bad_at_most_ppm"] == 0
    assert record.verdict.cleanup.state == "clean"
    assert left(archive) == []


def test_a_sample_says_what_it_bounds_and_never_all(archive):
    """Five of twelve leave room for bad ones."""
    record = archive.run(facts={"sample": "5"})
    digests = next(check for check in record.checks if check.id == "archive.digests")
    assert (digests.observed["sampled"], digests.observed["population"]) == (5, COUNT)
    assert digests.observed["bad_at_most_ppm"] > 300_000


def replaced(archive):
    archive.hold(3, b"?" * len(f"{PERSON} 3 " * 300))


def old_canary(archive):
    later = archive.clock.now() - timedelta(minutes=10)
    archive.prepared["canaries"]["canaries"].append({"id": "x", "at": f"{later:%Y-%m-%dT%H:%M:%SZ}", "digest": "0"})


@pytest.mark.parametrize(
    ("damage", "level"),
    [
        pytest.param(lambda archive: archive.harm("truncated"), 2, id="a truncated blob"),
        pytest.param(lambda archive: archive.harm("flipped"), 2, id="flipped bytes"),
        pytest.param(lambda archive: archive.harm("gone"), 3, id="a missing blob"),
        pytest.param(replaced, 4, id="other content, with a checksum of its own"),
        pytest.param(old_canary, 5, id="an old canary"),
    ],
)
def test_what_is_bad_fails_at_its_own_level(archive, damage, level):
    """Each at the lowest level that shows it."""
    damage(archive)
    found = archive.run().verdict.recoverability
    assert (found.state, found.level) == ("failed", level), found
    assert left(archive) == []


def test_what_lies_in_the_archive_tier_is_brought_back_first(archive):
    """The hours that it takes are part of the RTO."""
    content = f"{PERSON} 3 ".encode() * 300
    archive.hold(3, content, tier="Archive")
    record = archive.run(rto_s=3600)
    digests = next(check for check in record.checks if check.id == "archive.digests")
    assert digests.result == "pass", digests
    assert record.verdict.rto.state == "missed"
    assert record.verdict.rto.achieved_s > 10 * 3600


def test_without_a_manifest_no_content_is_proven(archive):
    """What is there is copied, and compared with nothing."""
    archive.prepared = {}
    record = archive.run()
    assert record.verdict.recoverability.state != "proven" or record.verdict.recoverability.level < 4
    assert record.verdict.rpo.state == "unknown"


def test_no_name_and_no_content_leaves_the_drill(archive, tmp_path):
    """Neither journal, record nor manifest holds them, damaged or not."""
    archive.harm("flipped")
    record = archive.run()
    kept = msgspec.json.encode(record) + msgspec.json.encode(archive.prepared)
    kept += b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert PERSON.encode() not in kept


def kept_by_a_vault(archive):
    """Have a backup vault keep the account's blobs; returns its instance."""
    sandbox, account = archive.drilling.sandbox, archive.id.partition("/blobServices/")[0]
    made = f"{account.partition('/providers/')[0]}/providers/Microsoft.DataProtection/backupVaults/vault"
    sandbox.put(made, {"location": "uksouth", "properties": {"storageSettings": []}})
    kind = "Microsoft.Storage/storageAccounts/blobServices"
    source = {"objectType": "Datasource", "resourceID": account, "datasourceType": kind}
    instance = f"{made}/backupInstances/archive"
    body = {"dataSourceInfo": source, "policyInfo": {"policyId": f"{made}/backupPolicies/p"}}
    sandbox.put(instance, {"properties": body})
    return instance


@pytest.fixture
def vault(archive):
    """A backup vault that keeps the account's blobs."""
    return kept_by_a_vault(archive)


def test_a_vault_brings_the_blobs_of_a_point_back(archive, vault):
    """Into the drill's own account, where they are read as any others."""
    blob_backups.plant(archive.store, vault)
    record = archive.run(method="vaulted")
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 6), record
    assert record.recovery_point.tier == "VaultStore"
    assert left(archive) == []


@pytest.mark.parametrize(
    ("behaviour", "state", "level"),
    [
        pytest.param({"outcome": Outcome.FAILED, "code": "InternalServerError"}, "failed", 3, id="the job fails"),
        pytest.param({"outcome": Outcome.FAILED, "code": "UserErrorTargetContainersNotEmpty"}, "inconclusive", None,
                     id="the target is in the way"),
        pytest.param({"outcome": Outcome.HANGING}, "inconclusive", None, id="the job hangs"),
    ],
)  # fmt: skip
def test_a_vault_that_brings_nothing_back_says_whose_fault_it_is(archive, vault, behaviour, state, level):
    """And nothing is left of it."""
    blob_backups.plant(archive.store, vault)
    behave(archive.store, Behaviour(operation="blob restore", **behaviour))
    found = archive.run(method="vaulted").verdict.recoverability
    assert (found.state, found.level) == (state, level), found
    assert left(archive) == []


def test_a_vault_without_a_point_fails_at_the_first_level(archive, vault):
    """The list is whole and empty."""
    found = archive.run(method="vaulted").verdict.recoverability
    assert (found.state, found.level) == ("failed", 1)


def test_an_account_that_no_vault_keeps_is_not_drilled_so(archive):
    """Nothing is made."""
    assert archive.run(method="vaulted").verdict.recoverability.state == "not-run"


def test_what_was_deleted_is_brought_back_and_nothing_else_is_asked_for(archive):
    """Of two messages that were deleted both come back; what nobody deleted is not missed."""
    client = archive.means()["blobs"](ACCOUNT).get_container_client(BOX)
    for number in (2, 3):
        archive.hold(number, f"{PERSON} {number} ".encode() * 300, until=None, mode="")
        client.get_blob_client(f"{PERSON}/{number}").delete_blob()
    record = archive.run(method="soft-deleted")
    digests = next(check for check in record.checks if check.id == "archive.digests")
    assert (digests.result, digests.observed["sampled"], digests.observed["bad"]) == ("pass", 2, 0), digests
    found = record.verdict.recoverability
    assert (found.state, found.level, record.verdict.rpo.state) == ("proven", 4, "unknown")
    assert left(archive) == []
