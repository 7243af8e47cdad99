"""`audit notify` tells of real packs by real servers; what it cannot do is one line that holds no secret."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from audit.evidence import pack as evidence
from audit.evidence.seal import seal
from audit.evidence.signers import new_key, signer
from audit.model import Plane, Snapshot, Verdict
from audit.reports import machine
from audit.runs import Run
from audit.snapshots import encode
from tests.cli.running import audit, said
from tests.drills.records import record
from tests.test_notifying import promise, report
from tests.test_sending import Post, postal, webhook

KEY = "only for this test"
HOST = {"PROMISE_AUDIT_SMTP_HOST": "mail.example.com", "PROMISE_AUDIT_SMTP_FROM": "audit@example.com"}


@pytest.mark.parametrize(
    ("words", "changes", "line"),
    [
        pytest.param(
            ["--webhook", "http://example.com/only-for-this-test"],
            {},
            "--webhook: http to example.com could be read on its way. Write it with https.",
            id="a webhook in the open",
        ),
        pytest.param(
            [],
            {"PROMISE_AUDIT_WEBHOOK": "$(AUDIT_WEBHOOK)"},
            "--webhook: not an address. Write it as https://HOST/PATH.",
            id="a variable that nobody set",
        ),
        pytest.param(
            ["--mail-to", "dpo@example.com"],
            {},
            "mail needs PROMISE_AUDIT_SMTP_HOST in the environment. Set it.",
            id="no mail server",
        ),
        pytest.param(
            ["--mail-to", "a@example.com\nBcc: b@example.com"],
            HOST,
            "--mail-to: number 1 is not one plain address. Write it as NAME@DOMAIN.",
            id="an address with a header in it",
        ),
        pytest.param(
            [],
            {},
            "nowhere is no folder of packs. Name another with --packs.",
            id="no packs",
        ),
    ],
)
def test_what_it_cannot_do_is_one_line(tmp_path, words, changes, line):
    (tmp_path / "key.pem").write_text(KEY)
    run = audit("notify", "--packs", "nowhere", "--key", "key.pem", *words, cwd=tmp_path, **changes)
    assert said(run) == line
    assert "only" not in run.stderr.replace("--webhook: http to", "")


def test_without_a_key_nothing_could_be_believed(tmp_path):
    assert "--key" in said(audit("notify", "--packs", "packs", cwd=tmp_path))


class Company:
    """A folder of packs, and the key that they are sealed with."""

    def __init__(self, folder):
        self.folder, self.packs = folder, folder / "packs"
        private, public = new_key("")
        (folder / "private.pem").write_bytes(private)
        (folder / "key.pem").write_text(public.pem)
        self.signer = signer(f"file:{folder / 'private.pem'}", passphrase="")

    def audited(self, days, verdict, *, sealed=True):
        """Leave the pack of an audit that was so many days ago; gives its folder."""
        began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
        told = msgspec.structs.replace(
            report(verdict, [promise("C-1", verdict)]), origin="the estate", seen_at=began, judged_on=began.date()
        )
        seen = Snapshot(plane=Plane.LIVE, origin="the estate", seen_at=began)
        unfinished = evidence.begin(self.packs, at=began, redact=lambda body, _: body, redact_text=str)
        run = Run(id=unfinished.id, began=began, ended=began, product=told.product)
        made = unfinished.finish(run, snapshot=encode(seen), report=machine.render(told))
        return self._sealed(made) if sealed else made

    def drilled(self, days, **how):
        """Leave the pack of a drill that ended so many days ago; gives its folder."""
        ended = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
        made = evidence.drilled(self.packs, record("/rg-canary", ended, **how), product="promise-audit 0")
        return self._sealed(made)

    def _sealed(self, made):
        seal(made, [self.signer], threshold=1, stamp=None)
        return made

    def notify(self, *words, **changes):
        """Run the command."""
        return audit("notify", "--packs", "packs", "--key", "key.pem", *words, cwd=self.folder, **changes)


@pytest.fixture
def company(tmp_path):
    (tmp_path / "packs").mkdir()
    return Company(tmp_path)


def test_nothing_is_sent_where_all_is_as_it_was(company):
    for days in (8, 1):
        company.audited(days, Verdict.KEPT)
    with webhook() as (url, seen):
        run = company.notify("--webhook", url)
    assert (run.returncode, run.stderr, seen) == (0, "", [])
    assert run.stdout == "nothing to tell: the newest pack verifies, no promise changed, and no drill went wrong\n"


def test_a_broken_promise_reaches_the_webhook_and_the_mailbox(company):
    company.audited(8, Verdict.KEPT)
    company.audited(1, Verdict.BROKEN)
    with webhook(200) as (url, posted), postal(server := Post()) as port:
        mail = {"PROMISE_AUDIT_SMTP_HOST": "localhost", "PROMISE_AUDIT_SMTP_PORT": str(port)}
        secrets = {"PROMISE_AUDIT_WEBHOOK": url, "PROMISE_AUDIT_WEBHOOK_SECRET": KEY}
        sender = {"PROMISE_AUDIT_SMTP_FROM": "audit@example.com"}
        run = company.notify("--mail-to", "dpo@example.com", **mail, **secrets, **sender)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "told the webhook at 127.0.0.1 and 1 by mail: a promise changed\n"
    ((_, _, content),) = posted
    (change,) = json.loads(content)["changes"]
    assert (change["promise"], change["was"], change["now"]) == ("C-1", "kept", "broken")
    assert b"was kept, is broken" in server.letters[0]


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        pytest.param(
            lambda made: (made / "run.json").write_bytes(b"{}"), "the newest pack does not verify", id="edited"
        ),
        pytest.param(
            lambda made: (made / "seal" / "pack.dsse.json").unlink(), "the newest pack does not verify", id="stripped"
        ),
        pytest.param(
            lambda made: made.rename(f"{made}.unfinished"), "the newest pack does not verify", id="unfinished"
        ),
    ],
)
def test_a_newest_pack_that_proves_nothing_is_told(company, harm, why):
    company.audited(8, Verdict.KEPT)
    harm(company.audited(1, Verdict.KEPT))
    run = company.notify()
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["why"][0] == why
    assert json.loads(run.stdout)["verified"] is False


def test_an_unsealed_pack_is_no_evidence(company):
    company.audited(8, Verdict.KEPT)
    company.audited(1, Verdict.BROKEN, sealed=False)
    told = json.loads(company.notify().stdout)
    assert (told["verified"], told["verdict"], told["changes"]) == (False, "kept", [])


def test_an_empty_folder_is_told_as_a_week_without_evidence(company):
    told = json.loads(company.notify().stdout)
    assert (told["why"], told["verdict"]) == (["there is no verified pack of the last days"], "unproven")


def test_what_was_not_sent_is_said_with_what_was(company):
    company.audited(1, Verdict.KEPT)
    mail = {**HOST, "PROMISE_AUDIT_SMTP_HOST": "localhost", "PROMISE_AUDIT_SMTP_PASSWORD": KEY}
    with webhook(200) as (url, _), postal(Post(codes={"MAIL": "554 no"})) as port:
        words = ("--always", "--webhook", url, "--mail-to", "dpo@example.com")
        run = company.notify(*words, **mail, PROMISE_AUDIT_SMTP_PORT=str(port))
    lost = "not told (asked for always): 1 by mail: the server answered 554."
    assert said(run) == f"{lost} Told: the webhook at 127.0.0.1. Send it again."


def test_a_failed_drill_is_told_without_what_was_restored_or_why(company):
    company.drilled(9, state="failed")
    company.audited(8, Verdict.KEPT)
    company.drilled(3, state="failed")
    company.audited(1, Verdict.KEPT)
    run = company.notify()
    told = json.loads(run.stdout)
    assert told["why"] == ["a drill did not go well"]
    assert [(one["kind"], one["what"]) for one in told["drills"]] == [("sql", "failed")]
    assert "canary" not in run.stdout


@pytest.mark.parametrize(
    ("days", "how", "said"),
    [
        pytest.param(0, {}, "nothing to tell: the newest pack verifies, and no drill went wrong\n", id="all went well"),
        pytest.param(0, {"rto": "missed"}, "a drill did not go well", id="too late"),
        pytest.param(2, {}, "there is no verified pack of the last days", id="a night without drills"),
    ],
)
def test_drills_alone_are_told_of_by_night(company, days, how, said):
    company.audited(3, Verdict.BROKEN)
    company.drilled(days, **how)
    run = company.notify("--of", "drill", "--within", "1")
    assert run.returncode == 0, run.stderr
    assert said in (run.stdout, *(json.loads(run.stdout)["why"] if run.stdout[0] == "{" else ()))


def test_a_drills_pack_that_was_edited_is_doubted_though_a_run_came_after_it(company):
    company.audited(8, Verdict.KEPT)
    made = company.drilled(3)
    company.audited(1, Verdict.KEPT)
    (made / "drill.json").write_bytes(b"{}")
    told = json.loads(company.notify().stdout)
    assert (told["why"][0], told["pack"], told["verified"]) == ("the newest pack does not verify", made.name, False)
