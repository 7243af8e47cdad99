"""The archive is set beside its copy elsewhere, and a sample of the copy is looked at, without reading any of it."""

from datetime import timedelta

import pytest
from moto import mock_aws
from msgspec.structs import replace

from audit.facts import Unseen
from audit.model import Verdict
from audit.sandbox import blobs
from audit.sources.data import offsite
from tests.data.insides import inside
from tests.drilling import Drilling
from tests.drills.test_archive import ACCOUNT, BOX, Archive
from tests.drills.test_offsite import BUCKET, CANARY, COUNT, Copy
from tests.probes.scenes import verdict

COMPLETE, SEALED, LOCKED = "data-offsite-complete", "data-offsite-ciphertext-only", "data-offsite-locked-as-archive"


class Both:
    """An archive in the local Azure and its copy in the local AWS."""

    def __init__(self, drilling):
        self.archive, self.copy = Archive(drilling), Copy(drilling.clock)
        for number in range(COUNT):
            self.copy.put(f"{CANARY}/{number}", b"copied")
        self.targets = {
            "data": {
                "archive": [f"{ACCOUNT}/{BOX}"],
                "offsite_copy": [BUCKET],
                "offsite_hours": 24,
                "offsite_sample": 100,
                "offsite_keys": [self.copy.wrapping.rpartition("/")[0]],
                "bound_per_million": 10_000,
            }
        }

    def look(self):
        """Look once."""
        words = self.archive.means() | self.copy.means()
        made = inside(self.targets, blobs=words["blobs"], aws=words["aws"])
        return offsite.check(replace(made, now=self.archive.clock.now()))


@pytest.fixture
def both(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    with mock_aws():
        yield Both(Drilling(sandbox, tmp_path))


def verdicts(both, found):
    return [verdict(control, found, both.targets)[0] for control in (COMPLETE, SEALED, LOCKED)]


KEPT, BROKEN, UNPROVEN = Verdict.KEPT, Verdict.BROKEN, Verdict.UNPROVEN


def test_a_copy_that_is_whole_sealed_and_locked_keeps_every_promise(both):
    found = both.look()
    assert verdicts(both, found) == [KEPT, KEPT, KEPT]
    assert CANARY not in repr(found)


def lost(both):
    blobs.hold(both.archive.store, ACCOUNT, BOX, f"{CANARY}/new", b"new", until=both.archive.until, mode="locked")
    both.archive.clock.sleep(25 * 3600)


def young(both):
    blobs.hold(both.archive.store, ACCOUNT, BOX, f"{CANARY}/new", b"new", until=both.archive.until, mode="locked")


def plain(both):
    both.copy.raw(f"{CANARY}/3", b"plain", {})


def anothers(both):
    both.targets["data"]["offsite_keys"] = ["https://somebody-elses.vault.azure.net/"]


def short(both):
    until = both.archive.clock.now() + timedelta(days=5)
    both.copy.put(f"{CANARY}/3", b"copied", lock={"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until})


def empty(both):
    both.copy.raw(f"{CANARY}/3", b"", {})


def unsaid(both):
    """The archive itself does not say until when it holds a message."""
    blobs.hold(both.archive.store, ACCOUNT, BOX, f"{CANARY}/3", b"three")


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        pytest.param(empty, [BROKEN, BROKEN, KEPT], id="a copy of nothing"),
        pytest.param(unsaid, [KEPT, KEPT, UNPROVEN], id="a message held nobody knows how long"),
        pytest.param(lost, [BROKEN, KEPT, KEPT], id="a message that was not copied"),
        pytest.param(young, [KEPT, KEPT, KEPT], id="a message of this hour"),
        pytest.param(plain, [KEPT, BROKEN, KEPT], id="a plain object"),
        pytest.param(anothers, [KEPT, BROKEN, KEPT], id="somebody else's key"),
        pytest.param(short, [KEPT, KEPT, BROKEN], id="a lock that ends sooner"),
    ],
)
def test_each_fault_breaks_its_own_promise(both, harm, expected):
    harm(both)
    assert verdicts(both, both.look()) == expected


def test_what_cannot_be_listed_is_never_an_empty_list(both, sandbox):
    sandbox.fault("status", path="*/blob/*", status=403)
    with pytest.raises(Unseen, match="cannot be listed"):
        both.look()


def test_a_copy_that_cannot_be_listed_is_no_copy(both):
    both.targets["data"]["offsite_copy"] = ["somebody-elses"]
    with pytest.raises(Unseen, match="NoSuchBucket"):
        both.look()


def test_a_sample_too_small_for_the_bound_proves_nothing(both):
    both.targets["data"]["offsite_sample"] = 2
    assert verdicts(both, both.look()) == [KEPT, UNPROVEN, UNPROVEN]
