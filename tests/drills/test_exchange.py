"""A person restores mailboxes: what they hand over decides, and a bare yes never proves what it says."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest

from audit.drills import exchange_proofs as proofs
from audit.drills.exchange import KIND
from audit.drills.exchange_preparing import canary, prepare
from audit.drills.machine import run
from audit.drills.machine_checks import keyed
from audit.drills.outcomes import Inconclusive
from tests.drilling import moment, recoverable

KEY = b"the company's key"
NAME = "Mailboxes-of-Somebody-Real"
SUBJECT = "Your diagnosis, Mrs Canary-String"
GUIDS = [f"{number:08}-0000-4000-8000-000000000000" for number in range(3)]
ITEM = recoverable("exchange", "recovery-database", NAME, facts={"sample": [GUIDS[0]]})
DRILL = "drill-20260812t090000z-000001-1"
FOLDER = rf"E:\{DRILL}\{NAME}.edb"


class Hands:
    """Somebody at a keyboard: answers by the words of the question."""

    def __init__(self, files, answers=None):
        self.files, self.answers, self.asked = files, answers or {}, []

    def told(self, question):
        """Answer yes, unless it was said otherwise."""
        self.asked.append(question)
        return next((answer for words, answer in self.answers.items() if words in question), "yes")

    def proof(self, what):
        """Hand over the file that the words of the question are about, an empty one without."""
        self.asked.append(what)
        return next((content for words, content in self.files.items() if words in what), b"")


def sheet(*rows):
    """Return rows as PowerShell exports them."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return ("#TYPE Selected\r\n" + out.getvalue()).encode("utf-16")


def header(state="Clean Shutdown", path=FOLDER, rand=1):
    return (
        f"Initiating FILE DUMP mode...\r\n         Database: {path}\r\n\r\nDATABASE HEADER:\r\n"
        f"   DB Signature: Create time:08/10/2019 09:19:57.123 Rand:{rand} Computer:\r\n         cbDbPage: 32768\r\n"
        f"            State: {state}\r\n     Log Required: 0-0 (0x0-0x0)\r\n\r\n"
        "Operation completed successfully in 0.94 seconds.\r\n"
    ).encode()


def pages(bad=0, seen=524544, misplaced=0, path=FOLDER):
    end = "Operation completed successfully in 12.3 seconds." if not bad + misplaced else "Operation terminated."
    return (
        f"Initiating CHECKSUM mode...\r\n        Database: {path}\r\n\r\n{seen} pages seen\r\n{bad} bad checksums\r\n"
        f"0 correctable checksums\r\n339840 uninitialized pages\r\n{misplaced} wrong page numbers\r\n"
        f"0x4df21 highest dbtime (pgno 0x12d)\r\n\r\n{end}\r\n"
    ).encode()


def spelt(at):
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


class Scene:
    """A database that was prepared, backed up an hour ago, and a person with good proofs."""

    def __init__(self, drilling):
        self.drilling, now = drilling, drilling.clock.now()
        self.point = now - timedelta(hours=1)
        self.canaries = [self.written(self.point - timedelta(minutes=minutes)) for minutes in (70, 10)]
        digests = [keyed_of(guid) for guid in GUIDS]
        made = spelt(now - timedelta(days=1))
        self.manifest = {"mailboxes": digests, "sample": {digests[0]: 40}, "made_at": made}
        self.files = {
            "recovery points": sheet(
                {"At": spelt(self.point - timedelta(days=1)), "DataLocation": "Disk", "Path": NAME},
                {"At": spelt(self.point), "DataLocation": "Disk", "Path": NAME},
            ),
            "transport is stopped": sheet({"Name": "MSExchangeTransport", "Status": "Stopped"}),
            "recovery job": sheet({"Status": "Succeeded", "Began": spelt(now), "Ended": spelt(now), "Owner": NAME}),
            "eseutil /mh": header(),
            "eseutil /k": pages(),
            "is mounted": sheet({"Name": DRILL, "Mounted": "True", "Recovery": "True"}),
            "its mailboxes": boxes(dict.fromkeys(GUIDS, 41)),
            "canaries in the restored": self.subjects(self.canaries[-1]),
            "databases there are now": sheet({"Name": NAME, "Mounted": "True", "Recovery": "False"}),
        }

    def written(self, at):
        """Return a canary of an instant."""
        return {"id": "one", "at": spelt(at), "digest": keyed_of(f"{ITEM.ref} {spelt(at)}")}

    def subjects(self, *canaries):
        """Return an export of subjects, with those of canaries."""
        found = [f"promise-audit canary {one['at']} {one['digest']}" for one in canaries]
        return sheet(*({"Subject": subject, "Body": SUBJECT} for subject in [SUBJECT, *found]))

    def means(self, files=None, answers=None):
        """Return by what it is drilled, with some files and answers changed."""
        told = {"manifest": self.manifest, "canaries": {"canaries": self.canaries}}
        changed = files or {}
        rest = {name: content for name, content in self.files.items() if name not in changed}
        self.hands = Hands({**changed, **rest}, answers)
        return {"person": self.hands, "key": KEY, "manifest": lambda ref, what: told[what]}

    def run(self, files=None, answers=None, **changes):
        """Drill it; returns the record."""
        return self.drilling.run(KIND, ITEM, **{**self.means(files, answers), **changes})


def keyed_of(text):
    class Holder:
        key = KEY

    return keyed(Holder, text)


def boxes(counts):
    return sheet(*({"DisplayName": SUBJECT, "MailboxGuid": guid, "ItemCount": str(n)} for guid, n in counts.items()))


@pytest.fixture
def scene(drilling):
    """A database with good proofs."""
    return Scene(drilling)


def stood(record):
    """Return what a record says of recoverability."""
    found = record.verdict.recoverability
    return found.state, found.level


def test_a_database_with_every_proof_is_proven_and_measured_by_its_canary(scene):
    """All that is kept of the proofs are counts, states and digests."""
    record = scene.run()
    assert stood(record) == ("proven", 5)
    assert record.verdict.rpo.basis == "canary"
    assert record.verdict.rpo.achieved_s == pytest.approx(70 * 60, abs=2)
    assert record.verdict.cleanup.state == "clean"


@pytest.mark.parametrize(
    ("files", "state", "level", "reason"),
    [
        pytest.param({"eseutil /mh": header("Dirty Shutdown")}, "failed", 4, "Dirty Shutdown", id="dirty shutdown"),
        pytest.param({"eseutil /k": pages(bad=3)}, "failed", 4, "3 of 524544 pages", id="bad checksums"),
        pytest.param({"eseutil /k": pages(misplaced=1)}, "failed", 4, "1 of 524544", id="pages in the wrong place"),
        pytest.param({"eseutil /k": pages(seen=0)}, "failed", 4, "no page", id="no pages at all"),
        pytest.param(
            {"is mounted": sheet({"Name": DRILL, "Mounted": "False", "Recovery": "True"})},
            *("failed", 4, "not mounted"),
            id="not mounted",
        ),
        pytest.param({"its mailboxes": boxes({GUIDS[0]: 41})}, "failed", 5, "2 of 3 mailboxes", id="fewer mailboxes"),
        pytest.param({"its mailboxes": boxes(dict.fromkeys(GUIDS, 39))}, "failed", 5, "fewer items", id="fewer items"),
        pytest.param(
            {"recovery job": sheet({"Status": "Failed", "Began": "2026-08-12T09:00:00Z", "Ended": ""})},
            *("inconclusive", None, "not of this drill"),
            id="a job of another day",
        ),
        pytest.param(
            {"eseutil /mh": header(path=r"E:\another\db.edb")}, "proven", 3, "outside", id="another database's header"
        ),
        pytest.param(
            {"eseutil /k": pages(path=r"E:\another\db.edb")}, "proven", 3, "outside", id="another database's pages"
        ),
        pytest.param({"eseutil /mh": b""}, "proven", 3, "empty", id="no header handed over"),
        pytest.param({"eseutil /mh": header()[:-60]}, "proven", 3, "no whole output", id="a header cut off"),
        pytest.param({"its mailboxes": b"Name\nx\n"}, "proven", 4, "lacks the columns", id="a list of something else"),
        pytest.param(
            {"transport is stopped": sheet({"Name": "MSExchangeTransport", "Status": "Running"})},
            *("inconclusive", None, "queued mail"),
            id="transport runs",
        ),
    ],
)
def test_what_the_proofs_show_decides(scene, files, state, level, reason):
    """A wrong proof fails at its level, a missing one proves nothing above it."""
    record = scene.run(files)
    assert stood(record) == (state, level)
    assert reason in record.verdict.recoverability.reason


def test_an_old_canary_is_a_failure_and_tells_how_much_is_lost(scene):
    """The point should hold the canary of ten minutes before it."""
    record = scene.run({"canaries in the restored": scene.subjects(scene.canaries[0])})
    assert stood(record) == ("failed", 5)
    assert "60 minutes older" in record.verdict.recoverability.reason
    assert record.verdict.rpo.state == "missed"
    assert record.verdict.rpo.achieved_s == pytest.approx(130 * 60, abs=2)


def test_a_canary_that_nobody_wrote_is_none(scene):
    """Its digest is not one of the company's."""
    forged = {**scene.canaries[-1], "digest": "0" * 64}
    assert stood(scene.run({"canaries in the restored": scene.subjects(forged)})) == ("failed", 5)


def test_logs_that_were_replayed_in_the_copy_count(scene):
    """The second header must be of the same database as the first."""
    dirty = {"after the logs were replayed": header(), "eseutil /mh": header("Dirty Shutdown")}
    assert stood(scene.run(dirty)) == ("proven", 5)


def test_a_header_swapped_after_the_replay_fails(scene):
    """Another database's clean header does not stand for this one."""
    swapped = {"after the logs were replayed": header(rand=2), "eseutil /mh": header("Dirty Shutdown")}
    record = scene.run(swapped)
    assert stood(record) == ("failed", 4)
    assert "another database" in record.verdict.recoverability.reason


def test_a_bare_yes_proves_nothing(scene):
    """With every question answered and no file of what came back, nothing is proven."""
    kept = ("recovery points", "transport is stopped")
    scene.files = {name: content for name, content in scene.files.items() if name in kept}
    assert stood(scene.run())[0] == "inconclusive"


def test_without_a_person_it_does_not_begin(scene):
    """It says so, and asks nothing."""
    assert stood(scene.run(person=None)) == ("not-run", None)


def test_whoever_says_that_it_failed_is_believed_and_asked_to_clear_away(scene):
    """A no is a failure at level 3."""
    record = scene.run(answers={"did the restore end well": "no"})
    assert stood(record) == ("failed", 3)
    assert any("remove the recovery database" in question for question in scene.hands.asked)


def test_a_recovery_database_that_is_still_listed_is_never_clean(scene):
    """A yes does not outweigh the list."""
    record = scene.run({"databases there are now": sheet({"Name": DRILL, "Mounted": "True", "Recovery": "True"})})
    assert record.verdict.cleanup.state == "failed"
    assert any(left.type == "recovery database" for left in record.residue)


def test_who_resumes_is_not_asked_again_for_what_was_told(scene):
    """It goes on at the question in which it died."""

    class Gone(BaseException):
        """Stands for the end of the process."""

    class Leaving(Hands):
        def proof(self, what):
            if "eseutil /k" in what:
                raise Gone
            return super().proof(what)

    first = Leaving(scene.files)
    with pytest.raises(Gone):
        scene.run(person=first)
    drill = scene.drilling.resumed(KIND, **scene.means())
    assert stood(run(KIND, drill)) == ("proven", 5)
    assert not set(first.asked) & set(scene.hands.asked)


def test_no_name_and_no_subject_reaches_the_journal_or_the_record(scene):
    """Canary strings in the proofs are searched in every byte."""
    record = scene.run()
    # The drill's own plan names the item; nothing that was handed over is in any other line.
    lines = next(scene.drilling.folder.glob("*.jsonl")).read_text().splitlines()[1:]
    kept = "\n".join([*lines, json.dumps(record, default=str)])
    assert not re.search(rf"{re.escape(NAME)}|{re.escape(SUBJECT)}|Canary-String|\.edb", kept)
    assert not any(guid in kept for guid in GUIDS)


def test_what_is_prepared_holds_digests_and_numbers_alone(scene):
    """It is what a drill counts against."""
    hands = Hands({"as the directory has them": boxes(dict.fromkeys(GUIDS, 41))})
    means = scene.drilling.begin(KIND, ITEM, drill_id="20260812T100000Z-000002", person=hands, key=KEY).means
    made = prepare(ITEM, means)
    assert made == {"mailboxes": sorted(map(keyed_of, GUIDS)), "sample": {keyed_of(GUIDS[0]): 41}}
    written = canary(ITEM, means, moment("2026-08-12T08:00:00"))
    assert written["digest"] == keyed_of(f"{ITEM.ref} 2026-08-12T08:00:00Z")


@pytest.mark.parametrize(
    ("read", "content"),
    [
        pytest.param(proofs.points, b"\x00\xff\xfe", id="no text"),
        pytest.param(proofs.points, b'At,DataLocation\n"yesterday",Disk\n', id="a time in another spelling"),
        pytest.param(proofs.points, b'At,DataLocation\n"2026-08-12T09:00:00Z"\n', id="a line cut off"),
        pytest.param(proofs.boxes, b"MailboxGuid,ItemCount\na,1\na,1\n", id="a mailbox twice"),
        pytest.param(proofs.boxes, b"MailboxGuid,ItemCount\na,-1\n", id="a count below nothing"),
        pytest.param(proofs.databases, b"Name,Mounted,Recovery\nx,maybe,True\n", id="neither true nor false"),
        pytest.param(proofs.stopped, b"Name,Status\nSpooler,Stopped\n", id="services of something else"),
        pytest.param(proofs.header, pages(), id="pages for a header"),
        pytest.param(proofs.pages, header(), id="a header for pages"),
        pytest.param(proofs.pages, pages().replace(b"Operation completed", b"x"), id="pages without an end"),
    ],
)
def test_a_file_that_is_something_else_is_no_proof(read, content):
    """It is refused, and what is in it is not repeated."""
    with pytest.raises(Inconclusive):
        read(content)
