"""A pack is whole or says that it is not, whatever happens while it is written."""

import gzip
import json
import signal
import subprocess
import sys
import threading
from datetime import date, timedelta, timezone

import msgspec
import pytest

from audit import canonical, journal
from audit.evidence import manifest, pack
from audit.evidence.checking import check, check_all
from audit.evidence.facts import digests, spelt, versions
from audit.evidence.pack import UNFINISHED, drilled, exchanges, opened, write_report
from audit.evidence.redaction import Redaction
from audit.evidence.trust import Trust
from audit.exchange import Exchange
from audit.model import AuditError, Verdict
from audit.runs import PackKind
from tests import packs
from tests.quarters import DRILLS, QUARTER
from tests.support import ROOT


def test_a_run_is_read_again_as_it_was_written(tmp_path):
    folder = packs.write(tmp_path)
    read = opened(folder, check(folder, Trust()))
    assert read.snapshot == packs.snapshot()
    assert read.report.verdict is Verdict.BROKEN
    assert (read.exchanges, read.entries) == (5, 11)
    assert read.run.targets["geo"] == {"regions": ["uksouth", "ukwest"]}
    assert read.run.statements.keys() == {statement.id for statement in packs.policies().statements}


def test_exchanges_come_back_in_order_redacted_and_refusals_too(tmp_path):
    told = exchanges(packs.write(tmp_path))
    assert [one.content for one in told] == [b'{"value":[]}', b'{"key":"***"}', b'{"no":1}', b"", b'{"value":[]}']
    assert [(one.status, one.trouble) for one in told[2:4]] == [(403, "denied"), (0, "no answer")]
    assert [(one.page, one.last) for one in told[:2]] == [(1, False), (2, True)]


def test_two_things_that_would_be_called_alike_leave_no_whole_pack(tmp_path):
    """Whatever whoever asked made of the error."""
    hidden = Redaction(b"key", names={"c-07": ("acme",)})
    unfinished = pack.begin(tmp_path, at=packs.BEGAN, redact=hidden, redact_text=hidden.text)
    unfinished.kept(msgspec.structs.replace(packs.EXCHANGES[0], content=b'{"id":"/rg-acme"}'))
    with pytest.raises(AuditError, match="stand for two things"):
        unfinished.kept(msgspec.structs.replace(packs.EXCHANGES[0], content=b'{"id":"/rg-c-07"}'))
    seen, report = packs.judged(packs.BEGAN)
    with pytest.raises(AuditError, match="stand for two things"):
        unfinished.finish(packs.run_of(unfinished), snapshot=seen, report=report)


def test_nothing_unredacted_is_in_any_file_of_the_pack(tmp_path):
    secret = Exchange(
        cloud="azure",
        asked="GET hunter2",
        sent="hunter2",
        at=packs.BEGAN,
        status=0,
        trouble="hunter2",
        content=b"hunter2",
    )
    for path in packs.write(tmp_path, exchanges=(secret,)).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert packs.SECRET not in content
            assert path.suffix != ".gz" or packs.SECRET not in gzip.decompress(content)


def test_what_is_kept_is_given_back_as_it_was_stored(tmp_path):
    unfinished = packs.begun(tmp_path)
    given = unfinished.kept(packs.EXCHANGES[1])
    assert given.content == b'{"key":"***"}'
    assert unfinished.played("azure", given.asked, "") is None


def test_each_body_is_stored_once_under_the_digest_of_what_it_holds(tmp_path):
    answers = sorted((packs.write(tmp_path) / "answers").iterdir())
    assert len(answers) == 3
    for path in answers:
        assert path.stem == canonical.sha256(gzip.decompress(path.read_bytes()))


def test_the_name_says_when_it_began_and_which_journal_it_has(tmp_path):
    folder = packs.write(tmp_path)
    first = journal.read((folder / manifest.JOURNAL).read_bytes())[0]
    assert folder.name == f"20261005T020000Z-{first.hash[:8]}"


def test_the_same_run_gives_the_same_bytes(tmp_path):
    one, other = (packs.write(tmp_path / name) for name in ("one", "other"))
    assert (one / manifest.NAME).read_bytes() == (other / manifest.NAME).read_bytes()


def test_only_the_owner_reads_what_is_written(tmp_path):
    folder = packs.write(tmp_path)
    for path in (item for item in folder.rglob("*") if item.is_file()):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_run_of_one_moment_is_refused(tmp_path):
    packs.write(tmp_path)
    with pytest.raises(AuditError, match="is there already"):
        packs.begun(tmp_path)


def test_threads_keep_exchanges_at_once(tmp_path):
    unfinished = packs.begun(tmp_path)

    def keep(number):
        for place in range(20):
            content = json.dumps([number % 3, place]).encode()
            unfinished.kept(msgspec.structs.replace(packs.EXCHANGES[0], content=content))

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen, report = packs.judged(packs.BEGAN)
    folder = unfinished.finish(packs.run_of(unfinished), snapshot=seen, report=report)
    assert check(folder, Trust()).faults == ()
    assert len(exchanges(folder)) == 160


KILLED = """
import os, signal, sys
from pathlib import Path
from tests import packs

MOST = 100
packs.judged(packs.BEGAN)
packs.policies()

def dies(folder, steps):
    # Writes a pack in a child that is killed before one of its steps on the disk.
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = iter(range(steps))
    def step(event, args):
        if event in ("open", "os.rename", "os.mkdir") and str(args[0]).startswith(str(folder)):
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(step)
    packs.write(folder)
    os._exit(0)

for steps in range(MOST):
    folder = Path(sys.argv[1]) / f"{steps:03}"
    folder.mkdir()
    ended = dies(folder, steps)
    print(ended, flush=True)
    if ended == 0:
        break
"""


def test_a_run_killed_at_any_step_leaves_no_pack_that_looks_whole(tmp_path):
    command = [sys.executable, "-c", KILLED, tmp_path]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    codes = [int(line) for line in ended.stdout.split()]
    assert codes == [-signal.SIGKILL] * (len(codes) - 1) + [0]
    assert len(codes) > 10
    for folder in sorted(tmp_path.iterdir()):
        for checked in check_all(folder, Trust()):
            assert checked.verdict is Verdict.UNPROVEN
            assert (checked.kind is None) is checked.id.endswith(UNFINISHED)
    assert [path.suffix for path in folder.iterdir()] == [""]


FULL = """
import resource, signal, sys
from pathlib import Path
from audit.model import AuditError
from tests import packs

packs.judged(packs.BEGAN)
packs.policies()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    packs.write(Path(sys.argv[1]))
except AuditError as error:
    print(error)
"""


@pytest.mark.parametrize("size", [100, 600, 1500, 2500, 5000])
def test_a_disk_that_takes_no_more_is_one_line_and_no_whole_pack(tmp_path, size):
    command = [sys.executable, "-c", FULL, tmp_path, str(size)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stdout.splitlines()
    assert line.startswith(f"cannot write the pack {tmp_path}")
    assert line.endswith("File too large. Make room, or name another folder.")
    assert all(checked.kind is None for checked in check_all(tmp_path, Trust()))


def test_an_answer_that_could_not_be_written_leaves_no_whole_pack_whoever_swallows_the_error(tmp_path):
    unfinished = packs.begun(tmp_path)
    (unfinished.folder / "answers").write_text("in the way")
    with pytest.raises(AuditError, match="cannot write the pack"):
        unfinished.kept(packs.EXCHANGES[0])
    (unfinished.folder / "answers").unlink()
    seen, report = packs.judged(packs.BEGAN)
    with pytest.raises(AuditError, match="cannot write the pack"):
        unfinished.finish(packs.run_of(unfinished), snapshot=seen, report=report)
    assert [path.name for path in tmp_path.iterdir()] == [unfinished.folder.name]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "packs").write_text("a file")
    with pytest.raises(AuditError, match="cannot write the pack"):
        packs.begun(tmp_path / "packs")


def test_a_pack_that_changed_after_its_check_is_not_read(tmp_path):
    folder = packs.write(tmp_path)
    checked = check(folder, Trust())
    (folder / "run.json").write_bytes((folder / "run.json").read_bytes().replace(b"0.1.0", b"0.9.0"))
    with pytest.raises(AuditError, match="it was changed"):
        opened(folder, checked)


def test_exchanges_of_a_changed_pack_are_not_read(tmp_path):
    folder = packs.write(tmp_path)
    sorted((folder / "answers").iterdir())[0].write_bytes(b"")
    with pytest.raises(AuditError, match="it was changed"):
        exchanges(folder)


def test_a_drill_is_read_again_as_it_was_recorded(tmp_path):
    record = DRILLS[0]
    folder = drilled(tmp_path, record, product=packs.PRODUCT)
    checked = check(folder, Trust())
    assert (checked.faults, checked.kind) == ((), PackKind.DRILL)
    assert opened(folder, checked).drill == record


def report(folder, told, **files):
    """Write a report of one file."""
    write_report(folder, told, {"report.json": b"{}", "tables/promises.csv": b"a,b\n", **files})


def test_a_report_lies_where_it_was_wanted_and_is_written_again(tmp_path):
    told, folder = QUARTER, tmp_path / "auditor"
    for text in (b"{}", b"[]"):
        report(folder, told, **{"report.json": text})
        checked = check(folder, Trust())
        assert (checked.faults, checked.kind) == ((), PackKind.QUARTER)
        assert (folder / "report.json").read_bytes() == text
    assert manifest.read(folder).edition == told.edition
    assert [path.name for path in tmp_path.iterdir()] == ["auditor"]


def test_a_report_takes_the_place_of_nothing_else(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(AuditError, match="is no report"):
        report(tmp_path / "mine", QUARTER)
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_report_never_takes_the_place_of_a_sealed_one(tmp_path):
    report(tmp_path / "auditor", QUARTER)
    (tmp_path / "auditor" / "seal").mkdir()
    with pytest.raises(AuditError, match="sealed already"):
        report(tmp_path / "auditor", QUARTER)


@pytest.mark.parametrize("path", ["../x.csv", "manifest.json", "seal/x", "journal.jsonl", "a b.csv"])
def test_a_report_of_a_file_that_no_pack_may_hold_is_refused(tmp_path, path):
    with pytest.raises(AuditError, match="cannot stand in a pack"):
        report(tmp_path / "auditor", QUARTER, **{path: b""})
    assert not (tmp_path / "auditor").exists()


def test_the_digests_of_policies_are_those_of_their_files(tmp_path):
    (tmp_path / "b" / "__pycache__").mkdir(parents=True)
    (tmp_path / "b" / "two.toml").write_bytes(b"2")
    (tmp_path / "b" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (tmp_path / "one.toml").write_bytes(b"1")
    assert list(digests(tmp_path).items()) == [
        ("b/two.toml", canonical.sha256(b"2")),
        ("one.toml", canonical.sha256(b"1")),
    ]


def test_versions_name_what_is_not_installed():
    assert versions(["msgspec", "no-such-thing"]) == {"msgspec": msgspec.__version__, "no-such-thing": "not installed"}


def test_values_of_toml_have_one_spelling():
    assert spelt({"a": 0.5, "b": [date(2026, 1, 2), 3, True]}) == {"a": "0.5", "b": ["2026-01-02", 3, True]}


def test_moments_of_another_zone_are_told_in_utc(tmp_path):
    london = packs.BEGAN.astimezone(timezone(timedelta(hours=1)))
    assert packs.write(tmp_path, london).name.startswith("20261005T020000Z-")
    assert pack.identity(london, "0" * 64) == "20261005T020000Z-00000000"
