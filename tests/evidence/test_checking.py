"""The threat list: whatever was done to a pack, its check names it, and never takes it for whole."""

import json
import os
import shutil
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import canonical
from audit.evidence import contents, manifest, trust
from audit.evidence.checking import check, check_all, presented
from audit.evidence.pack import opened, write_report
from audit.evidence.seal import seal
from audit.evidence.signers import new_key, signer
from audit.evidence.trust import Trust
from audit.model import Verdict
from tests import packs
from tests.quarters import QUARTER

WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """A key that signs, and the trust in it."""
    private, public = new_key("")
    path = tmp_path_factory.mktemp("key") / "key.pem"
    path.write_bytes(private)
    return signer(str(path), passphrase=""), Trust(keys=(public,))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory, key):
    """A folder with three packs, a week between them, each sealed."""
    folder = tmp_path_factory.mktemp("packs")
    for number in range(3):
        seal(packs.write(folder, packs.BEGAN + number * WEEK), [key[0]], threshold=1, stamp=None)
    return folder


@pytest.fixture
def three(sealed, tmp_path):
    """A copy of the three packs, to be tampered with, and their names."""
    shutil.copytree(sealed, tmp_path / "packs")
    return sorted((tmp_path / "packs").iterdir())


def told(checked):
    """What is wrong, in one text."""
    assert all("\n" not in fault.what for fault in checked.faults)
    return "; ".join(f"{fault.where}: {fault.what}" for fault in checked.faults)


def test_a_sealed_pack_is_kept_and_opens_to_what_was_seen(three, key):
    for number, checked in enumerate(check_all(three[0].parent, key[1])):
        assert checked.verdict is Verdict.KEPT, told(checked)
        pack = opened(three[number], checked)
        assert pack.snapshot == packs.snapshot(packs.BEGAN + number * WEEK)
        assert (pack.run.id, pack.exchanges) == (three[number].name, len(packs.EXCHANGES))
        assert pack.report.product == packs.PRODUCT


def test_an_unsealed_pack_is_unproven_and_has_no_faults(tmp_path, key):
    checked = check(packs.write(tmp_path), key[1])
    assert (checked.faults, checked.sealed, checked.verdict) == ((), False, Verdict.UNPROVEN)


def test_an_unfinished_pack_is_unproven_and_nothing_of_it_is_read(tmp_path, key):
    unfinished = packs.begun(tmp_path)
    (checked,) = check_all(tmp_path, key[1])
    assert (checked.id, checked.kind, checked.verdict) == (unfinished.folder.name, None, Verdict.UNPROVEN)
    assert opened(unfinished.folder, checked).run is None


def rewritten(name, change):
    """A threat that changes one file's bytes."""
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def relisted(name, change):
    """A threat that changes one file's bytes, and the manifest so that it fits."""

    def threaten(folder):
        rewritten(name, change)(folder)
        packs.relisted(folder)

    return threaten


def journal_lines(change):
    """A threat on the journal line by line."""
    return lambda content: b"".join(change(content.splitlines(keepends=True)))


def an_answer(folder):
    """The first answer of a pack."""
    return sorted((folder / "answers").iterdir())[0]


def removed(folder):
    an_answer(folder).unlink()


def removed_and_relisted(folder):
    removed(folder)
    packs.relisted(folder)


def added_and_relisted(folder):
    content = b"made up"
    (folder / "answers" / f"{canonical.sha256(content)}.gz").write_bytes(packs.packed(content))
    packs.relisted(folder)


def linked(folder):
    shutil.move(folder / "run.json", folder.parent / "elsewhere.json")
    (folder / "run.json").symlink_to(folder.parent / "elsewhere.json")


def linked_folder(folder):
    shutil.move(folder / "answers", folder.parent / "elsewhere")
    (folder / "answers").symlink_to(folder.parent / "elsewhere")


def piped(folder):
    (folder / "run.json").unlink()
    os.mkfifo(folder / "run.json")


def listing(change):
    """A threat that changes the list in the manifest alone."""

    def threaten(folder):
        plain = json.loads((folder / manifest.NAME).read_bytes())
        change(plain["files"])
        (folder / manifest.NAME).write_bytes(canonical.written(plain))

    return threaten


def manifest_says(**changes):
    """A threat that changes what the manifest says of the pack."""
    return lambda folder: packs.relisted(folder, **changes)


def bomb(folder):
    """An answer that unpacks to far more than the journal says."""
    an_answer(folder).write_bytes(packs.packed(b"0" * 50_000_000))
    packs.relisted(folder)


def run_says(**changes):
    """A threat that changes run.json, the journal left as it is, the manifest made to fit."""
    return relisted("run.json", lambda text: canonical.written(json.loads(text) | changes))


UP = {"path": "../outside.json", "sha256": "0" * 64, "size": 0}
THREATS = [
    pytest.param(rewritten("run.json", lambda text: text.replace(b"0.1.0", b"0.9.0")), "run.json: it was", id="edited"),
    pytest.param(rewritten("run.json", lambda text: text + b" "), "run.json: it is longer", id="longer"),
    pytest.param(run_says(product="other"), "run.json: it holds something else", id="edited and relisted"),
    pytest.param(rewritten("run.json", lambda _: b""), "run.json: it was changed", id="emptied"),
    pytest.param(rewritten("snapshot.json.gz", lambda _: packs.packed(b"{}")), "snapshot.json.gz", id="snapshot"),
    pytest.param(
        rewritten("journal.jsonl", journal_lines(lambda rows: rows[:-1])), "journal.jsonl: it was changed", id="cut"
    ),
    pytest.param(
        relisted("journal.jsonl", journal_lines(lambda rows: rows[:-1])),
        "lines, and the manifest says",
        id="cut, listed",
    ),
    pytest.param(
        relisted("journal.jsonl", journal_lines(lambda rows: rows[:2] + rows[3:])), "line 3 is numbered 4", id="deleted"
    ),
    pytest.param(
        relisted("journal.jsonl", journal_lines(lambda rows: [rows[0], rows[2], rows[1], *rows[3:]])),
        "line 2 is numbered 3",
        id="reordered",
    ),
    pytest.param(
        relisted("journal.jsonl", lambda text: text.replace(b'"status":403', b'"status":200')), "changed", id="refusal"
    ),
    pytest.param(removed, "it is listed, and it is missing", id="missing"),
    pytest.param(removed_and_relisted, "which the pack does not hold", id="answer removed"),
    pytest.param(added_and_relisted, "no line of the journal names it", id="answer added"),
    pytest.param(lambda folder: (folder / "note.txt").write_text("x"), "note.txt: unlisted file", id="unlisted file"),
    pytest.param(lambda folder: (folder / "more").mkdir(), "more: unlisted folder", id="unlisted folder"),
    pytest.param(lambda folder: (folder / ".more").write_text(""), ".more: unlisted file", id="hidden file"),
    pytest.param(
        lambda folder: (folder / "answers" / "x").write_text(""), "answers/x: unlisted file", id="unlisted answer"
    ),
    pytest.param(linked, "run.json: it is a symbolic link", id="link"),
    pytest.param(linked_folder, "answers: it is a symbolic link", id="link to a folder"),
    pytest.param(piped, "run.json: it is neither a file nor a folder", id="pipe"),
    pytest.param(listing(lambda files: files.append(UP)), "leads out of the pack", id="path that leads out"),
    pytest.param(listing(lambda files: files.append(files[0])), "is listed 2 times", id="one path twice"),
    pytest.param(
        listing(lambda files: files.append(files[-2] | {"path": "RUN.json"})), "in 2 spellings", id="case differs"
    ),
    pytest.param(listing(lambda files: files.reverse()), "not in order", id="list reordered"),
    pytest.param(listing(lambda files: files.pop()), "unlisted file", id="taken off the list"),
    pytest.param(listing(lambda files: files[0].update(size=-1)), "its digest or its size is none", id="negative size"),
    pytest.param(
        listing(lambda files: files[0].update(size=2**50)), "more than any file of a pack holds", id="enormous size"
    ),
    pytest.param(listing(lambda files: files[0].update(sha256="0" * 64)), "it was changed", id="digest swapped"),
    pytest.param(bomb, "unpacked it is not", id="more in an answer than the journal says"),
    pytest.param(
        rewritten("manifest.json", lambda text: text.replace(b'"id"', b'"id":"a","id"')), "stands twice", id="key twice"
    ),
    pytest.param(lambda folder: (folder / "manifest.json").unlink(), "manifest.json: cannot be read", id="no manifest"),
    pytest.param(manifest_says(kind="drill"), "it has no place in a pack of kind drill", id="another kind"),
    pytest.param(manifest_says(customer="c-08"), "another customer than the manifest", id="another customer"),
    pytest.param(manifest_says(quarter="2026Q3"), "another quarter than the manifest", id="another quarter"),
    pytest.param(manifest_says(ended="2026-10-05T01:00:00Z"), "it ended before it began", id="ended before it began"),
    pytest.param(manifest_says(ended="2026-10-05T02:00:30Z"), "outside of the run", id="journal after the end"),
    pytest.param(manifest_says(began="2026-10-05T02:00:01Z"), "does not say that the pack was begun", id="began later"),
    pytest.param(manifest_says(id="20261005T020000Z-00000000"), "not called as the pack is", id="another id"),
]


@pytest.mark.parametrize(("threaten", "said"), THREATS)
def test_a_threat_is_named_and_nothing_is_read(three, key, threaten, said):
    threaten(three[0])
    checked = check(three[0], key[1])
    assert said in told(checked)
    assert checked.verdict is Verdict.BROKEN
    pack = opened(three[0], checked)
    assert (pack.run, pack.snapshot, pack.report) == (None, None, None)


@pytest.mark.parametrize(("threaten", "said"), THREATS)
def test_a_threat_is_named_without_a_seal_too(three, threaten, said):
    shutil.rmtree(three[0] / "seal")
    threaten(three[0])
    checked = check(three[0], Trust())
    assert said in told(checked)


def test_a_manifest_that_fits_changed_files_does_not_fit_the_seal(three, key):
    packs.relisted(three[0], product="other")
    assert "seal" in told(check(three[0], key[1]))


FACTS = [
    pytest.param({"id": "20261005T020000Z-00000000"}, "run.json: its id is not", id="id"),
    pytest.param({"began": packs.BEGAN - WEEK}, "run.json: its began is not", id="began"),
    pytest.param({"product": "promise-audit 0"}, "its product is not the manifest's", id="product"),
    pytest.param({"seen_at": packs.BEGAN - WEEK}, "outside of the run", id="a snapshot of last week"),
    pytest.param({"seen_at": packs.BEGAN - WEEK}, "on no day of the run", id="a report of last week"),
    pytest.param({"ended": packs.BEGAN - WEEK}, "it ended before it began", id="a clock set back"),
]


@pytest.mark.parametrize(("changes", "said"), FACTS)
def test_a_pack_whose_parts_are_of_different_runs_is_named(tmp_path, changes, said):
    assert said in told(check(packs.write(tmp_path, **changes), Trust()))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param((b"{}", b"{}"), "the contents:", id="empty objects"),
        pytest.param((b"", b""), "the contents:", id="nothing"),
        pytest.param((b'{"a":1,"a":2}', b"{}"), "stands twice", id="a key twice"),
        pytest.param((b"[" * 100_000, b"{}"), "nested", id="deeply nested"),
    ],
)
def test_contents_that_are_none_are_named_though_the_digests_fit(tmp_path, content, said):
    unfinished = packs.begun(tmp_path)
    folder = unfinished.finish(packs.run_of(unfinished), snapshot=content[0], report=content[1])
    assert said in told(check(folder, Trust()))


def with_report(change, folder):
    """A pack whose report somebody changed before anything was listed, journalled or sealed."""
    unfinished = packs.begun(folder)
    seen, judged = packs.judged(packs.BEGAN)
    report = json.loads(judged)
    change(report)
    return unfinished.finish(packs.run_of(unfinished), snapshot=seen, report=json.dumps(report).encode())


def promise_says(**changes):
    """Change the first promise that counts and has a control."""

    def change(report):
        rows = (promise for statement in report["statements"] for promise in statement["promises"])
        next(row for row in rows if row["counted"] and row["controls"]).update(changes)

    return change


def controls_kept(report):
    """Say of one promise that all of it is kept, and leave the findings as they are."""
    rows = (promise for statement in report["statements"] for promise in statement["promises"])
    row = next(row for row in rows if row["counted"] and row["controls"])
    row.update(verdict="kept", reason="", controls=dict.fromkeys(row["controls"], "kept"))


def of_something_else(report):
    next(found for row in report["controls"] for found in row["findings"] if found["resource"])["resource"] = "/other"


def attested_too_late(report):
    made = {"id": "AT-03", "role": "dpo", "looked_at": "it", "on": "2026-11-01", "until": "2027-01-01", "evidence": ""}
    report["attestations"].append({"attestation": made, "state": "valid", "reason": ""})


INVENTED = [
    pytest.param(promise_says(verdict="kept", reason=""), "is said to be kept, and", id="a promise"),
    pytest.param(promise_says(verdict="waived", reason=""), "is said to be waived, and", id="a waived promise"),
    pytest.param(promise_says(verdict="not applicable"), "is said to be not applicable, and", id="left out of figures"),
    pytest.param(promise_says(verdict="broken"), "is said to be broken, and", id="a broken promise"),
    pytest.param(controls_kept, "by its findings, not kept", id="a promise and its controls"),
    pytest.param(of_something_else, "speaks of /other, which was not seen", id="a resource"),
    pytest.param(attested_too_late, "is said to hold on 2026-10-05, and does not", id="an attestation"),
]


@pytest.mark.parametrize(("change", "said"), INVENTED)
def test_a_report_that_says_more_than_its_own_findings_is_named(tmp_path, change, said):
    assert said in told(check(with_report(change, tmp_path), Trust()))


def test_a_few_bytes_that_unpack_to_more_than_any_memory_are_not_unpacked(tmp_path, monkeypatch):
    """Each of them alone is no larger than a file may be."""
    told_of = [msgspec.structs.replace(packs.EXCHANGES[0], content=bytes([number]) * 200_000) for number in range(3)]
    folder = packs.write(tmp_path, exchanges=told_of)
    assert told(check(folder, Trust())) == ""
    monkeypatch.setattr(contents, "MOST_OF_ALL", 500_000)
    assert "more than any pack holds unpacked" in told(check(folder, Trust()))


def test_one_body_that_many_lines_name_is_held_once(tmp_path):
    same = [msgspec.structs.replace(packs.EXCHANGES[0], content=b"x" * 1000) for _ in range(3)]
    assert len({id(one.content) for one in contents.exchanges(packs.write(tmp_path, exchanges=same))}) == 1


def deep(levels):
    return b'"targets":{"deep":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize("levels", [100, 500, 900, 980, 2000, 100_000])
def test_nesting_that_can_be_read_and_not_be_written_is_named(tmp_path, levels):
    unfinished = packs.begun(tmp_path)
    seen, judged = packs.judged(packs.BEGAN)
    run = canonical.written(msgspec.to_builtins(packs.run_of(unfinished, targets={})))
    content = {"run.json": run.replace(b'"targets":{}', deep(levels)), "snapshot.json.gz": seen}
    end = packs.run_of(unfinished).ended
    folder = unfinished.bound(content | {"report.json.gz": judged}, ended=end, product=packs.PRODUCT)
    said = told(check(folder, Trust()))
    assert ("nested too deeply" in said) is (levels > 100), said


def without_zone(name):
    """A threat that leaves the offset out of a time, and makes all else fit."""

    def threaten(folder):
        plain = json.loads((folder / manifest.NAME).read_bytes())
        (folder / manifest.NAME).write_bytes(canonical.written(plain | {name: plain[name].removesuffix("Z")}))

    return threaten


@pytest.mark.parametrize("name", ["began", "ended"])
def test_a_time_without_an_offset_is_named(tmp_path, name):
    folder = packs.write(tmp_path)
    without_zone(name)(folder)
    assert "timezone" in told(check(folder, Trust()))


def test_a_snapshot_without_an_offset_is_named(tmp_path):
    unfinished = packs.begun(tmp_path)
    seen, judged = (
        content.replace(b"2026-10-05T02:00:00Z", b"2026-10-05T02:00:00") for content in packs.judged(packs.BEGAN)
    )
    folder = unfinished.finish(packs.run_of(unfinished), snapshot=seen, report=judged)
    assert "timezone" in told(check(folder, Trust()))


def test_another_key_is_no_signature(three):
    _, stranger = new_key("")
    checked = check(three[0], Trust(keys=(stranger,)))
    assert checked.verdict is not Verdict.KEPT
    assert checked.signers == ()


def test_no_key_at_all_is_not_enough(three):
    assert check(three[0], Trust()).verdict is Verdict.UNPROVEN


def test_two_signatures_are_not_there_where_one_signed(three, key):
    assert check(three[0], msgspec.structs.replace(key[1], threshold=2)).verdict is Verdict.UNPROVEN


def test_a_seal_of_another_pack_is_named(three, key):
    shutil.rmtree(three[0] / "seal")
    shutil.copytree(three[1] / "seal", three[0] / "seal")
    assert "signed for another" in told(check(three[0], key[1]))


def test_a_folder_that_links_to_a_pack_is_named(three, key):
    (three[0].parent / "latest").symlink_to(three[0])
    assert "symbolic link" in told(check(three[0].parent / "latest", key[1]))


def test_a_missing_link_of_the_chain_is_named(three, key):
    shutil.rmtree(three[1])
    first, last = check_all(three[0].parent, key[1])
    assert first.verdict is Verdict.KEPT
    assert "which is missing" in told(last)


def test_a_chain_whose_beginning_was_not_given_is_no_fault(three, key):
    shutil.rmtree(three[0])
    assert [checked.verdict for checked in check_all(three[0].parent, key[1])] == [Verdict.KEPT] * 2


def test_a_copy_of_a_pack_under_a_later_name_is_named(three, key):
    shutil.copytree(three[0], three[0].parent / "20261101T020000Z-00000000")
    found = {checked.id: told(checked) for checked in check_all(three[0].parent, key[1])}
    assert "not called as the pack is" in found["20261101T020000Z-00000000"]
    assert "one of them is a copy" in found[three[0].name]


def test_a_fork_of_the_chain_is_named(three, key):
    again = packs.write(three[0].parent, packs.BEGAN + 2 * WEEK + timedelta(hours=1))
    previous = check(three[2], key[1]).previous
    seal(again, [key[0]], threshold=1, stamp=None, previous=previous)
    found = [told(checked) for checked in check_all(three[0].parent, key[1])]
    assert ["forks" in text for text in found] == [False, False, True, True]


def test_a_pack_that_denies_the_seal_before_it_is_named(three, key):
    again = packs.write(three[0].parent, packs.BEGAN + 3 * WEEK)
    seal(again, [key[0]], threshold=1, stamp=None, previous="")
    assert "it says that no seal is before it" in told(check_all(three[0].parent, key[1])[-1])


def test_a_back_dated_pack_is_named(three, key, tmp_path):
    newest = check(three[2], key[1])
    early = packs.write(tmp_path / "aside", packs.BEGAN - WEEK)
    seal(early, [key[0]], threshold=1, stamp=None, previous=newest.digest)
    early.rename(three[0].parent / early.name)
    assert "back-dated" in told(check_all(three[0].parent, key[1])[0])


def test_last_quarters_pack_is_named_where_it_is_presented_for_this_one(three, key):
    checked = check(three[0], key[1])
    assert presented(three[0], checked, quarter="2026Q4") == checked
    assert "it is of 2026Q4, and not of 2027Q1" in told(presented(three[0], checked, quarter="2027Q1"))


def test_a_pack_that_is_no_customers_is_named_where_it_is_presented_for_one(three, key):
    checked = check(three[0], key[1])
    assert "it is no customer's, and not made for c-07" in told(presented(three[0], checked, customer="c-07"))


def paths(folder):
    """Every file of a pack."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flipped(content, place, other):
    """Another byte at a place."""
    return content[:place] + bytes([content[place] ^ other]) + content[place + 1 :]


CHANGES = {
    "flip": flipped,
    "insert": lambda content, place, other: content[:place] + bytes([other]) + content[place:],
    "delete": lambda content, place, _: content[:place] + content[place + 1 :],
    "cut": lambda content, place, _: content[:place],
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_any_byte_of_any_file_reads_as_kept(sealed, key, data):
    folder = sorted(sealed.iterdir())[0]
    path = data.draw(st.sampled_from(paths(folder)), label="path")
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1), label="place")
    change = data.draw(st.sampled_from(sorted(CHANGES)), label="change")
    changed = CHANGES[change](content, place, data.draw(st.integers(1, 255), label="other"))
    if changed == content:
        return
    path.write_bytes(changed)
    try:
        checked = check(folder, key[1])
        reads = opened(folder, checked)
    finally:
        path.write_bytes(content)
    assert checked.verdict is not Verdict.KEPT
    assert reads.report is None or checked.verdict is Verdict.UNPROVEN


def test_trust_is_read_from_files(tmp_path):
    _, public = new_key("")
    (tmp_path / "key.pub").write_text(public.pem)
    assert trust.read_trust([tmp_path / "key.pub"], threshold=None, authorities=()).keys == (public,)


def test_a_fault_is_one_printable_line_whatever_a_stranger_wrote(three, key):
    packs.relisted(three[0], **{"new\nline\x1b": 1})
    (three[0] / "x\ny").write_text("")
    checked = check(three[0], key[1])
    assert checked.verdict is Verdict.BROKEN
    assert all(fault.where.isprintable() and fault.what.isprintable() for fault in checked.faults)


def test_reports_that_lie_beside_runs_are_no_part_of_their_chain(three, key):
    shutil.copytree(three[0], three[0].parent / ".hidden")
    folder = three[0].parent / "auditor"
    write_report(folder, QUARTER, {"report.json": b"{}"})
    seal(folder, [key[0]], threshold=1, stamp=None)
    assert {checked.id: told(checked) for checked in check_all(three[0].parent, key[1])} == {
        **{path.name: "" for path in three},
        "auditor": "",
    }
