"""What is planted of the archive for the crash matrix: versions, what was deleted, and what a vault keeps."""

from audit.drills.archive import KIND
from audit.sandbox import blob_backups
from audit.sandbox.store import SUBSCRIPTION
from tests.drilling import Drilling, moment, recoverable
from tests.drills.scenarios import Scenario
from tests.drills.test_archive import ACCOUNT, BOX, PERSON, Archive, kept_by_a_vault

_BEGINS = moment("2026-08-12T09:00:00")
_PLANTED = {}
"""What was planted last: a drill's own process is forked after that."""
_BOX = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/production/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
    f"/blobServices/default/containers/{BOX}"
)


def _plant(change):
    """Return what makes a prepared archive at a fixed moment, and changes it."""

    def plant(sandbox):
        sandbox.store.set_clock(_BEGINS)
        archive = _PLANTED["archive"] = Archive(Drilling(sandbox, None))
        archive.prepare()
        change(archive)

    return plant


def _two_deleted(archive):
    client = archive.means()["blobs"](ACCOUNT).get_container_client(BOX)
    for number in (2, 3):
        archive.hold(number, f"{PERSON} {number} ".encode() * 300, until=None, mode="")
        client.get_blob_client(f"{PERSON}/{number}").delete_blob()


def _vaulted(archive):
    blob_backups.plant(archive.store, kept_by_a_vault(archive))


def _scenario(name, method, level, asks, change=lambda archive: None):
    return Scenario(
        name=name,
        kind=KIND,
        item=recoverable("archive", method, _BOX, facts={"sample": "2"}),
        level=level,
        asks=asks,
        plant=_plant(change),
        means=lambda drilling: _PLANTED["archive"].means(),
        cells=1,
    )


_NOTHING = ("POST", "*/nothing/is/asked/for")
"""Blobs are copied one by one; the account that they go into may be asked for as often as it takes."""
ARCHIVES = (
    _scenario("versions of the archive", "version", 6, _NOTHING),
    _scenario("what was deleted in the archive", "soft-deleted", 4, _NOTHING, _two_deleted),
    _scenario("the archive from a vault", "vaulted", 6, ("POST", "*/backupInstances/*/restore"), _vaulted),
)
