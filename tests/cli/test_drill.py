"""`audit drill`: what it shows, who may run it, what it leaves behind, and what its exit code says."""

import os
import re
import shutil
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from click.testing import CliRunner

from audit.cli.drill import command
from audit.cli.drill_run import UNPROVEN, WELL, WRONG, code
from audit.cli.stopping import stopping
from audit.drills.breach import CONTENT
from audit.drills.population import ref_of
from audit.evidence import pack
from audit.evidence.signers import new_key
from audit.model import AuditError, Plane, Resource, Snapshot
from audit.sandbox.tokens import CLIENT
from audit.sources import snapshot
from tests import packs
from tests.cli.running import AUDIT, environment
from tests.drills.records import NOW, record
from tests.support import POLICIES

REHEARSAL = ref_of("breach", "notice of a breach")
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/data"
DATABASE = f"{GROUP}/providers/microsoft.sql/servers/one/databases/orders"
HEAD = ("--authorised-by", "head of operations")
BOTH = (*HEAD, "--authorised-by", "data protection officer")


@pytest.fixture
def company(tmp_path):
    """A folder with the company's policies, whose identities are the local Azure's, and with what is declared."""
    own = tmp_path / "policies"
    shutil.copytree(POLICIES, own, ignore=shutil.ignore_patterns("__pycache__"))
    rules = own / "drills.toml"
    text = rules.read_text()
    rules.write_text(text.replace('identity = "00000000-0000-0000-0000-000000000005"', f'identity = "{CLIENT}"'))
    database = Resource(
        type="Microsoft.Sql/servers/databases", id=DATABASE, name="orders", plane=Plane.LIVE, seen_at=NOW, body={}
    )
    seen = Snapshot(plane=Plane.LIVE, origin="here", seen_at=NOW, resources=(database,))
    snapshot.write(seen, tmp_path / "seen.json")
    return tmp_path


class Company:
    """Runs `audit drill` in the company's folder."""

    def __init__(self, folder):
        self.folder = folder
        self.common = ["--declared", folder / "seen.json", "--seen", folder / "seen.json"]

    def drill(self, name, *words, scope=True):
        """Run one command in this process; returns its exit code, stdout and stderr."""
        given = [name, *(self.common if scope else ()), *words]
        if name not in ("resume", "show"):
            given += ["--policies", self.folder / "policies"]
        done = CliRunner().invoke(command, [str(word) for word in given])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout, done.stderr

    def changed(self, before, after):
        """Change the rules."""
        rules = self.folder / "policies" / "drills.toml"
        assert before in rules.read_text()
        rules.write_text(rules.read_text().replace(before, after, 1))

    def sweeper_signed_in(self):
        """Let the local Azure's identity be the sweeper's, and no longer the drills'."""
        self.changed(f'identity = "{CLIENT}"', 'identity = "00000000-0000-0000-0000-000000000005"')
        self.changed('sweeper = "00000000-0000-0000-0000-000000000006"', f'sweeper = "{CLIENT}"')


@pytest.fixture
def company_at_work(company, sandbox, monkeypatch):
    """The company with a local Azure in which its drills' identity is signed in."""
    for name, value in sandbox.environment(environment()).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(company)
    return Company(company)


def test_the_list_names_what_never_was_proven_and_counts(company):
    _, told, _ = Company(company).drill("list")
    assert re.search(rf"{ref_of('sql', DATABASE)} .* never proven, due  orders", told)
    assert told.splitlines()[-1].startswith("0 of ")


def test_a_proof_in_a_pack_counts_in_the_list(company):
    proven = record(ref_of("sql", DATABASE), datetime.now(UTC).replace(microsecond=0) - timedelta(days=3))
    pack.drilled(company / "packs", proven, product=packs.PRODUCT)
    _, told, _ = Company(company).drill("list", "--packs", company / "packs")
    assert re.search(rf"{ref_of('sql', DATABASE)} .* proven 20\d\d-\d\d-\d\d  orders", told)
    assert told.splitlines()[-1].startswith("1 of ")


def test_a_plan_shows_steps_and_targets_and_is_the_same_with_the_same_seed(company):
    done, told, _ = Company(company).drill("plan", "--seed", "a seed")
    assert done == 0
    (line,) = [line for line in told.splitlines() if line.startswith(ref_of("sql", DATABASE))]
    assert re.fullmatch(r"\S+  \S+  orders  \(RPO .*, RTO .*\)", line)
    assert Company(company).drill("plan", "--seed", "a seed")[1] == told


def test_without_execute_nothing_is_asked_of_any_cloud(company):
    """Here is no sign-in, and none is missed."""
    done, told, trouble = Company(company).drill("run", "--seed", "a seed")
    assert (done, trouble) == (0, "nothing was done. Add --execute to drill.\n")
    assert told == Company(company).drill("plan", "--seed", "a seed")[1]


def test_a_dry_run_shows_those_that_were_named_and_refuses_a_stranger(company):
    one = Company(company)
    code_, out, _ = one.drill("run", "--item", REHEARSAL)
    assert (code_, out.count("RTO"), REHEARSAL in out, "--attended" in out) == (0, 1, True, True)
    with pytest.raises(AuditError, match="not in scope"):
        one.drill("run", "--item", "sql-000000000000")


def test_rules_that_are_not_there_are_said(company):
    (company / "policies" / "drills.toml").unlink()
    with pytest.raises(AuditError, match="drills.toml is not there"):
        Company(company).drill("list")


def test_a_folder_of_packs_that_is_not_there_is_said(company):
    assert "nothing counts as proven" in Company(company).drill("list", "--packs", company / "nopacks")[2]


def test_who_stops_a_run_is_told_what_still_happens(capsys):
    """What has begun is brought to its end, and nothing more begins."""
    with stopping() as stopped:
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped.wait(5)
    assert "audit drill resume" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def freeze(one):
    one.changed(
        "# [[freeze]]", '[[freeze]]\nbegins = 2000-01-01T00:00:00Z\nends = 2999-01-01T00:00:00Z\nreason = "x"\n#'
    )


def stranger(one):
    one.changed(f'identity = "{CLIENT}"', 'identity = "00000000-0000-0000-0000-00000000000a"')


def left_out(one):
    one.changed('kind = "breach"', 'kind = "breach"\nleft_out = [{ name = "notice of a breach", reason = "on leave" }]')


@pytest.mark.parametrize(
    ("words", "change", "trouble"),
    [
        pytest.param((), None, "two roles must allow it", id="nobody allows it"),
        pytest.param(HEAD, None, "two roles must allow it", id="one person where two are needed"),
        pytest.param((*HEAD, *HEAD), None, "two roles must allow it", id="one person twice"),
        pytest.param((*BOTH, "--authorised-by", "a trainee"), None, "a trainee may not allow", id="another role"),
        pytest.param(BOTH, freeze, "nothing is drilled until 2999-01-01", id="in a freeze"),
        pytest.param(BOTH, stranger, "is signed in", id="another identity"),
        pytest.param((*BOTH, "--item", "sql-nothing"), None, "sql-nothing is not in scope", id="an unknown item"),
        pytest.param((*BOTH, "--item", REHEARSAL), left_out, "cannot be drilled: on leave", id="an item left out"),
        pytest.param((*BOTH, "--trust", "no.pem", "--item", REHEARSAL), None, "no.pem", id="a key that is not there"),
    ],
)
def test_what_may_not_run_is_refused_in_one_line_before_anything_is_made(company_at_work, words, change, trouble):
    if change:
        change(company_at_work)
    with pytest.raises(AuditError) as caught:
        company_at_work.drill("run", "--execute", *words)
    assert trouble in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (company_at_work.folder / ".drills").exists()


class Person:
    """Somebody on the other end of a terminal's pipes."""

    def __init__(self, folder, words, given):
        self.folder = folder
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.run = subprocess.Popen([AUDIT, *map(str, words)], cwd=folder, env=given, **pipes)

    def asked(self, end=b"] "):
        """Read until a question ends."""
        said = b""
        while not said.endswith(end):
            byte = self.run.stderr.read(1)
            assert byte, said
            said += byte
        return said.decode()

    def says(self, word):
        """Answer."""
        self.run.stdin.write(f"{word}\n".encode())
        self.run.stdin.flush()

    def paper(self, name, content):
        """Hand over a file."""
        self.asked(b": ")
        (self.folder / name).write_bytes(content)
        self.says(name)

    def ended(self):
        """Wait for the end; returns exit code, stdout and stderr."""
        told, trouble = self.run.communicate(timeout=60)
        return self.run.returncode, told.decode(), trouble.decode()


def text_of(name):
    return f"{name}\n" + "".join(f"{part}: a word\n" for part in CONTENT)


def notice(name):
    mail = EmailMessage()
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail.set_content(text_of(name))
    return mail.as_bytes()


def led(person):
    """Lead a rehearsal to its end from its first question."""
    name = re.search(r"drill-\S+", person.asked())[0]
    person.says("yes")
    person.paper("assessment.txt", text_of(name).encode())
    person.paper("notice.eml", notice(name))
    person.asked()
    person.says("yes")
    return person.ended()


def test_a_rehearsal_is_led_left_dead_gone_on_with_sealed_and_shown(company, sandbox):
    """The first process ends as nobody answers; another asks on, and its pack is evidence that verifies."""
    given = sandbox.environment(environment())
    private, public = new_key("")
    (company / "tool.pem").write_bytes(private)
    (company / "tool.pub.pem").write_text(public.pem)
    leaving = ["--attended", "--packs", "packs", "--key", "file:tool.pem"]
    asked = ["--declared", "seen.json", "--item", REHEARSAL, "--policies", "policies", "--execute", *BOTH, *leaving]
    first = Person(company, ["drill", "run", *asked], given)
    first.asked()
    first.run.kill()
    first.ended()
    (folder,) = (path.parent for path in company.glob(".drills/*/journal.jsonl"))
    shown = subprocess.run(
        [AUDIT, "drill", "show", folder.name], cwd=company, env=given, capture_output=True, text=True, check=False
    )
    assert "`audit drill resume` goes on with it" in shown.stdout
    done, told, trouble = led(Person(company, ["drill", "resume", *leaving], given))
    assert (done, "proven L6" in told) == (WELL, True), told + trouble
    (left,) = company.glob("packs/*-????????")
    verified = subprocess.run(
        [AUDIT, "verify", left, "--key", "tool.pub.pem"], cwd=company, env=given, capture_output=True, check=False
    )
    assert verified.returncode == 0, verified
    assert (left / "drill.jsonl").read_bytes() == (folder / "journal.jsonl").read_bytes()
    one = Company(company)
    assert "L5 breach.noticed" in one.drill("show", "--work", company / ".drills", folder.name, scope=False)[1]
    again = one.drill("resume", "--work", company / ".drills", scope=False)
    assert again[:2] == (0, "every drill came to its end.\n")


def test_what_is_no_drill_is_one_line(company_at_work):
    for name in ("show", "resume"):
        with pytest.raises(AuditError, match="20260812 is no drill in") as caught:
            company_at_work.drill(name, "20260812", scope=False)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param({}, WELL, id="proven, in time, and clean"),
        pytest.param({"cleanup": "residue-expected"}, WELL, id="with residue that goes by itself"),
        pytest.param({"cleanup": "residue-unexpected"}, WRONG, id="with residue that nobody expected"),
        pytest.param({"cleanup": "failed"}, WRONG, id="proven and not cleared away"),
        pytest.param({"state": "failed"}, WRONG, id="failed"),
        pytest.param({"rpo": "missed"}, WRONG, id="too old"),
        pytest.param({"rto": "missed"}, WRONG, id="too late"),
        pytest.param({"rpo": "unknown"}, UNPROVEN, id="how old is not known"),
        pytest.param({"level": 3}, UNPROVEN, id="below the level that counts"),
        pytest.param({"state": "inconclusive", "level": None}, UNPROVEN, id="inconclusive"),
        pytest.param({"state": "not-run", "level": None}, UNPROVEN, id="not run"),
        pytest.param({"state": "not-run", "level": None, "cleanup": "failed"}, WRONG, id="not run and not cleared"),
        pytest.param({"negative": True, "state": "failed"}, WELL, id="a negative control that failed, as it must"),
        pytest.param({"negative": True}, WRONG, id="a negative control that passed"),
        pytest.param({"negative": True, "state": "inconclusive"}, UNPROVEN, id="a negative control without an end"),
        pytest.param({"negative": True, "state": "failed", "cleanup": "failed"}, WRONG, id="and one not cleared away"),
    ],
)
def test_the_exit_code_is_what_the_drill_came_to(words, expected):
    assert code(record("sql-0123456789ab", NOW, **words)) == expected


def test_the_sweep_takes_what_is_over_and_says_what_stays(company_at_work, sandbox):
    company_at_work.sweeper_signed_in()
    rules = (company_at_work.folder / "policies" / "drills.toml").read_text()
    drills = re.search(r'^subscription = "(.*)"', rules, re.MULTILINE)[1]
    sandbox.store.add_subscription(drills, "Drills")
    paths = {}
    for name, moment in (("over", "2020-01-01T00:00:00Z"), ("still", "2999-01-01T00:00:00Z")):
        paths[name] = f"/subscriptions/{drills}/resourceGroups/drill-{name}-1"
        tags = {"drill-id": name, "drill-item": "sql-0123456789ab", "drill-expires-at": moment}
        sandbox.put(paths[name], {"location": "uksouth", "tags": tags})
    dry = company_at_work.drill("sweep", scope=False)
    assert (dry[0], f"would be taken away: {paths['over']}" in dry[1]) == (0, True)
    assert sandbox.store.read(paths["over"]) is not None
    done, told, _ = company_at_work.drill("sweep", "--execute", scope=False)
    assert done == 0
    assert told.splitlines() == [
        f"taken away: {paths['over']}",
        f"kept until 2999-01-01 00:00 UTC, of still: {paths['still']}",
    ]
    assert sandbox.store.read(paths["over"]) is None


def test_a_sweep_that_may_not_look_ends_as_wrong(company_at_work, sandbox):
    company_at_work.sweeper_signed_in()
    sandbox.fault("status", method="GET", path="*/resourceGroups", status=403)
    done, told, _ = company_at_work.drill("sweep", "--execute", scope=False)
    assert (done, "still there" in told) == (WRONG, True)


def test_only_the_sweeper_sweeps(company_at_work):
    with pytest.raises(AuditError, match="sweeping is for 00000000-0000-0000-0000-000000000006"):
        company_at_work.drill("sweep", "--execute", scope=False)


def test_preparing_shows_what_it_would_write_and_refuses_what_nobody_can_prepare(company_at_work):
    (company_at_work.folder / "tool.pem").write_bytes(new_key("")[0])
    key = ("--key", f"file:{company_at_work.folder / 'tool.pem'}")
    _, told, trouble = company_at_work.drill("prepare", *key)
    assert f"{ref_of('sql', DATABASE)}  canary and manifest" in told
    assert trouble == "nothing was done. Add --execute to prepare.\n"
    assert not (company_at_work.folder / "prepared").exists()
    with pytest.raises(AuditError, match="cannot be prepared"):
        company_at_work.drill("prepare", *key, "--item", REHEARSAL)
