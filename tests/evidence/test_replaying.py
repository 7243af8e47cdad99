"""A replay answers each question as it was recorded, in any order of threads, and knows nothing else."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from audit.cli import live
from audit.evidence.replaying import Replay, identities, recorded
from audit.exchange import Exchange
from audit.runs import Identity
from tests.live import UNPACED

DENIED = {"path": "re:storageAccounts/.+/blobServices", "status": 403}
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def exchange(asked, content=b"", *, cloud="azure", sent="", minutes=0, status=200):
    """Make an exchange."""
    at = NOON + timedelta(minutes=minutes)
    return Exchange(cloud=cloud, asked=asked, sent=sent, at=at, status=status, content=content)


def test_a_question_asked_twice_is_answered_in_its_order():
    tape = Replay([exchange("GET a", b"1"), exchange("GET b", b"2"), exchange("GET a", b"3")])
    assert [tape.played("azure", asked, "").content for asked in ("GET a", "GET a", "GET b")] == [b"1", b"3", b"2"]


@pytest.mark.parametrize(
    ("cloud", "asked", "sent"),
    [
        pytest.param("azure", "GET other", "", id="another address"),
        pytest.param("graph", "GET a", "", id="another cloud"),
        pytest.param("azure", "GET a", "{}", id="something sent along"),
    ],
)
def test_what_was_never_asked_is_silence_that_says_so(cloud, asked, sent):
    told = Replay([exchange("GET a", b"1", minutes=3)]).played(cloud, asked, sent)
    assert (told.status, told.trouble) == (0, f"the recording holds no answer to {asked}")
    assert told.at == NOON + timedelta(minutes=3)


def test_what_was_asked_once_is_answered_once():
    tape = Replay([exchange("GET a", b"1")])
    assert [tape.played("azure", "GET a", "").status for _ in range(2)] == [200, 0]


def test_threads_get_every_answer_once():
    tape = Replay([exchange("GET a", str(number).encode()) for number in range(400)])
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: tape.played("azure", "GET a", "").content, range(400)))
    assert sorted(map(int, told)) == list(range(400))


def test_an_empty_recording_answers_nothing():
    assert Replay([]).played("azure", "GET a", "").status == 0
    assert recorded([], "WHERE") is None


def test_identities_are_what_the_recording_says_of_them():
    told = [
        exchange("IDENTITY", b'{"tenant":"t","principal":"p"}'),
        exchange("sts:GetCallerIdentity", b'{"Account":"1","Arn":"arn:aws:sts::1:assumed-role/auditor"}', cloud="aws"),
        exchange("sts:GetCallerIdentity", b'{"Error":{"Code":"x"}}', cloud="aws", status=403),
        exchange("IDENTITY", b"no JSON"),
        exchange("IDENTITY", b'{"tenant":"another","principal":"p"}', cloud="aws"),
    ]
    assert identities(told) == (
        Identity("azure", "t", "p"),
        Identity("aws", "1", "arn:aws:sts::1:assumed-role/auditor"),
    )


class Keeping:
    """A tape that keeps everything in a list."""

    def __init__(self):
        self.exchanges = []

    def played(self, cloud, asked, sent):
        """Send every question on."""

    def kept(self, exchange):
        """Keep an exchange as it is."""
        self.exchanges.append(exchange)
        return exchange


@pytest.fixture
def looking(sandbox, monkeypatch, tmp_path, policies):
    """A function that looks at a small local Azure, with no AWS, by way of a tape."""
    for number in range(3):
        group = sandbox.group(f"group-{number}")
        account = {"location": "uksouth", "sku": {"name": "Standard_GZRS"}, "kind": "StorageV2", "properties": {}}
        sandbox.put(f"{group}/providers/Microsoft.Storage/storageAccounts/account{number}", account)
    sandbox.resize_pages(2)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in sandbox.environment({"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    where = live.Where(metadata_host=sandbox.url.removeprefix("https://"))

    def look(tape, **more):
        return live.observe(where, policies, NOON.date(), tape=tape, **{"clock": UNPACED, **more})

    return look


@pytest.mark.parametrize(
    ("effect", "rule"),
    [
        pytest.param("", {}, id="whole answers"),
        pytest.param("status", DENIED, id="refused"),
        pytest.param("status", {**DENIED, "status": 404}, id="not there"),
        pytest.param("truncated", {"path": "re:locks$"}, id="cut off"),
        pytest.param("skew", {"path": "*diagnosticSettings", "seconds": 7200}, id="another time"),
    ],
)
def test_a_replay_sees_what_was_seen_and_the_same_gaps(looking, sandbox, effect, rule):
    if effect:
        sandbox.fault(effect, **rule)
    tape = Keeping()
    first = looking(tape)
    clock = live.Clock(now=lambda: first.seen_at, sleep=lambda _: None)
    again = looking(Replay(tape.exchanges), clock=clock, offline=True)
    assert again == first


def test_pages_of_a_listing_are_counted(looking):
    tape = Keeping()
    looking(tape)
    resources = [(one.page, one.last) for one in tape.exchanges if "/resources?" in one.asked and "GET" in one.asked]
    assert resources == [(1, False), (2, True)]


def test_an_answer_that_is_missing_is_a_gap(looking):
    """And nothing that it would have told counts as kept."""
    tape = Keeping()
    first = looking(tape)
    kept = [one for one in tape.exchanges if "blobServices" not in one.asked]
    again = looking(Replay(kept), clock=live.Clock(now=lambda: first.seen_at, sleep=lambda _: None), offline=True)
    assert len(kept) < len(tape.exchanges)
    new = {gap for gap in again.gaps if gap not in first.gaps}
    assert new
    assert all("the recording holds no answer" in gap.reason for gap in new)
