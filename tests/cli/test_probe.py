"""`audit probe` and `audit data`: what they plan, see and write, and how that joins a live audit."""

import json
import os
import shutil
import socket
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from audit.attesting import targets_digest
from audit.cli.apart import joining
from audit.engine import judge
from audit.kinds.probes import ADDRESS
from audit.model import Gap, Plane, Resource, Snapshot, Verdict
from audit.policies import load
from audit.snapshots import decode, encode
from tests.cli.running import audit
from tests.support import POLICIES

AZURES = {"resource": {"type": "Microsoft.Storage/storageAccounts"}}


@pytest.fixture
def company(tmp_path):
    """The company's policies, whose probes look at this machine alone."""
    own = tmp_path / "policies"
    shutil.copytree(POLICIES, own, ignore=shutil.ignore_patterns("__pycache__"))
    text = (own / "targets.toml").read_text()
    head, _, rest = text.partition("\n[probes]\n")
    _, _, tail = rest.partition("\n[data]\n")
    probes = 'hours = 192\nresolvers = []\naddresses = ["127.0.0.1"]\nswept_ports = ["1-3"]\nopen_ports = ["443"]\n'
    (own / "targets.toml").write_text(f"{head}\n[probes]\n{probes}\n[data]\n{tail}")
    return tmp_path


def test_a_plan_contacts_nobody(company):
    """It names every contact in order."""
    run = audit("probe", "--plan", "--resolver", "192.0.2.1", cwd=company)
    assert run.returncode == 0
    lines = run.stdout.splitlines()
    assert lines[0].split()[0] == "127.0.0.1:1,2,3,65000"
    assert lines[-1].startswith("nobody for stores: no store is named")
    assert all(line.startswith("nobody for ") for line in lines[1:])


@pytest.mark.parametrize(
    ("written", "trouble"),
    [
        pytest.param('sites = "https://www.hosting.example/"', "probes.sites is no list", id="a text for a list"),
        pytest.param('sites = ["www.hosting.example"]', "www.hosting.example is no URL", id="a name for a URL"),
        pytest.param('sites = ["https://hosting.example:99999/"]', "is no URL", id="a port that is none"),
        pytest.param('stores = ["file:///etc/passwd"]', "is no URL", id="a file for a URL"),
        pytest.param('hosts = ["a"]\naddresses = ["www"]', "Write an address or a network", id="a name for an address"),
        pytest.param('addresses = ["2001:db8::/64"]', "more than 256 addresses", id="a network without end"),
        pytest.param('sitez = ["https://www.hosting.example/"]', "Is it sites?", id="a name with a slip"),
        pytest.param('resolvers = ["192.0.2.1:99999"]', "99999 is no port", id="a resolver's port that is none"),
    ],
)
def test_targets_that_name_nobody_are_one_line(company, written, trouble):
    targets = company / "policies" / "targets.toml"
    names = {line.partition(" = ")[0] for line in written.splitlines()}
    head, table, rest = targets.read_text().partition("\n[probes]\n")
    kept = [line for line in rest.splitlines() if line.partition(" = ")[0] not in names]
    targets.write_text("\n".join((head + table.rstrip(), written, *kept)))
    run = audit("probe", "--plan", cwd=company)
    assert (run.returncode, run.stderr.count("\n")) == (2, 1), run.stderr
    assert trouble in run.stderr


def test_what_was_seen_is_judged_and_written(company):
    targets = company / "policies" / "targets.toml"
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        targets.write_text(targets.read_text().replace('["1-3"]', f'["1-3", "{port}"]'))
        run = audit("probe", "--resolver", "127.0.0.1:1", "--out", "probes.json", cwd=company)
    assert run.returncode == 3, run.stderr
    seen = decode((company / "probes.json").read_bytes())
    found = [(one.name, one.body["closed"], one.body["open"]) for one in seen.resources]
    assert found == [("127.0.0.1", [1, 2, 3], [port])]
    assert "audit check --live --with probes.json" in run.stderr
    assert "through 127.0.0.1:1" in seen.origin
    assert "storage-no-anonymous-read" not in run.stdout


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        pytest.param(("probe", "--resolver", "nowhere"), "a resolver is no address", id="a name for a resolver"),
        pytest.param(("probe", "--estate", "none.json"), "cannot read the snapshot", id="no estate"),
        pytest.param(("probe", "--out", "pipe", "--resolver", "127.0.0.1:1"), "it is no file", id="a pipe for a file"),
        pytest.param(("probe", "--estate", "empty.json"), "holds nothing that runs", id="an estate of nothing"),
        pytest.param(("probe", "--seconds", "0"), "0 is not in the range", id="no time"),
        pytest.param(("check", "--with", "probes.json"), "Add --live", id="beside a program"),
        pytest.param(("data", "--estate", "none.json"), "cannot read the snapshot", id="no estate for data"),
    ],
)
def test_what_cannot_be_done_is_one_line(company, words, trouble):
    nothing = Snapshot(plane=Plane.LIVE, origin="", seen_at=datetime.now(UTC))
    (company / "empty.json").write_bytes(encode(nothing))
    os.mkfifo(company / "pipe")
    run = audit(*words, "--policies", "policies", cwd=company)
    assert (run.returncode, run.stderr.count("\n")) == (2, 1)
    assert trouble in run.stderr


def test_data_checks_say_what_they_read_and_what_they_could_not(company):
    plan = audit("data", "--plan", cwd=company)
    assert (plan.returncode, "register of breaches" in plan.stdout) == (0, True)
    run = audit("data", "--out", "data.json", cwd=company, AWS_EC2_METADATA_DISABLED="true", HOME=str(company))
    assert run.returncode == 4, run.stderr
    seen = decode((company / "data.json").read_bytes())
    assert [one.name for one in seen.resources if one.type == "data.breach.Clock"] == ["register"]
    assert seen.gaps
    (company / "policies/breaches.toml").unlink()
    audit("data", "--out", "data.json", cwd=company, AWS_EC2_METADATA_DISABLED="true", HOME=str(company))
    seen = decode((company / "data.json").read_bytes())
    assert not [one for one in seen.resources if one.type == "data.breach.Clock"]
    assert [gap for gap in seen.gaps if "there is no register of breaches" in gap.reason]


def beside(company, resource=None, gap=None, *, hours=0, by=None, plane=Plane.LIVE, twice=False):
    """Write a file of so many hours ago beside a live audit."""
    at = datetime.now(UTC) - timedelta(hours=hours)
    made = Resource(
        type=ADDRESS.arm,
        id=f"{ADDRESS.arm}/127.0.0.1".lower(),
        name="127.0.0.1",
        plane=Plane.LIVE,
        seen_at=at,
        body={"open": [], "closed": [22], "silent": []},
    )
    made = msgspec.structs.replace(made, **(resource or {}))
    gaps = (gap,) if gap else ()
    by = {"targets of probe": targets_digest(load(company / "policies").targets, ("probes", "dns"))[:16]} | (by or {})
    resources = (made, made) if twice else (made,)
    seen = Snapshot(plane=plane, origin="probed", seen_at=at, resources=resources, gaps=gaps, tools=by)
    (company / "probes.json").write_bytes(encode(seen))
    return company / "probes.json"


@pytest.fixture
def running(company, sandbox):
    """What reaches the local Azure, and nothing of AWS."""
    given = sandbox.environment({"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(company)})
    return lambda *words: audit("check", "--live", "--with", "probes.json", *words, cwd=company, **given)


def ruled(company, control="probes-ports-shut"):
    """Return a control's verdict and reasons in the report; None where it was not asked."""
    report = json.loads((company / "report" / "report.json").read_bytes())
    found = [one for one in report["controls"] if one["id"] == control]
    return (found[0]["verdict"], [one["reason"] for one in found[0]["findings"]]) if found else None


def test_what_was_probed_is_judged_with_what_runs_packed_and_replayed(company, running):
    """A stranger derives the same from the pack alone."""
    beside(company)
    run = running("--report", "report", "--packs", "packs")
    assert run.returncode in (3, 4), run.stderr
    assert ruled(company)[0] == "kept"
    [pack] = (company / "packs").iterdir()
    again = audit("replay", pack, cwd=company)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "no seal" in audit("verify", company / "packs", cwd=company).stdout


def test_without_such_a_file_its_controls_are_not_asked(company, sandbox):
    given = sandbox.environment({"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(company)})
    audit("check", "--live", "--report", "report", cwd=company, **given)
    assert ruled(company) is None


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param({"hours": 193}, "more than 192 hours ago", id="too old"),
        pytest.param({"hours": -2}, "to come", id="of tomorrow"),
        pytest.param({"gap": Gap("cut off", (ADDRESS.arm,))}, "cut off", id="with a gap"),
        pytest.param({"by": {"targets of probe": "0" * 16}}, "by other targets", id="by other targets"),
    ],
)
def test_what_says_nothing_of_today_is_a_gap(company, words, why):
    rules = load(company / "policies")
    content = beside(company, **words).read_bytes()
    seen = joining(content, "probes.json", now=datetime.now(UTC), targets=rules.targets)
    ours = {name: control for name, control in rules.controls.items() if name == "probes-ports-shut"}
    report = judge(seen, msgspec.structs.replace(rules, controls=ours), datetime.now(UTC).date(), product="")
    [result] = report.controls
    assert result.verdict is Verdict.UNPROVEN
    assert why in " ".join(finding.reason for finding in result.findings)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(
            {"resource": {"type": "Microsoft.Storage/storageAccounts"}},
            "which a live audit reads itself",
            id="what Azure tells",
        ),
        pytest.param({"resource": {"id": "/subscriptions/one"}}, "as no probe does", id="an id of Azure's"),
        pytest.param({"gap": Gap("all of it")}, "speaks of everything", id="a gap that hides everything"),
        pytest.param({"plane": Plane.PROGRAM}, "is of the program plane", id="what is declared"),
        pytest.param({"twice": True}, "speaks of one thing twice", id="one thing twice"),
        pytest.param(b"{}", "is no snapshot", id="another file"),
        pytest.param(None, "cannot read probes.json", id="no file"),
    ],
)
def test_a_file_that_is_none_of_a_probe_is_refused(company, running, content, why):
    """Nobody slips in what the clouds are asked for themselves."""
    if isinstance(content, dict):
        beside(company, **content)
    elif content is not None:
        (company / "probes.json").write_bytes(content)
    run = running()
    assert (run.returncode, why in run.stderr) == (2, True), run.stderr


def test_two_files_that_speak_of_one_thing_are_refused(company, running):
    """Neither hides what the other says."""
    shutil.copy(beside(company), company / "again.json")
    run = running("--with", "again.json")
    assert (run.returncode, "both speak of" in run.stderr) == (2, True), run.stderr


def test_a_folder_stands_for_its_files(company, sandbox):
    """A run that should have left a file in it, and failed, hinders none."""
    (company / "beside").mkdir()
    given = sandbox.environment({"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(company)})
    words = ("check", "--live", "--with", "beside", "--report", "report")
    run = audit(*words, cwd=company, **given)
    assert "--with beside: there is no file of JSON in it" in run.stderr
    assert ruled(company) is None
    beside(company).rename(company / "beside" / "outside.json")
    run = audit(*words, cwd=company, **given)
    assert ruled(company)[0] == "kept", run.stderr


def test_what_runs_and_was_met_by_no_probe_is_unproven(company, sandbox, running):
    """The addresses in the file are sound; the one that was not knocked at is not said to be."""
    place = f"{sandbox.group('edge')}/providers/Microsoft.Network/publicIPAddresses/new"
    sandbox.put(
        place,
        {"location": "uksouth", "sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}},
    )
    beside(company)
    run = running("--report", "report", "--packs", "packs")
    verdict, reasons = ruled(company)
    assert (run.returncode, verdict) == (3, "unproven"), run.stderr
    assert "nobody looked at 203.0.113." in " ".join(reasons)
    [pack] = (company / "packs").iterdir()
    assert audit("replay", pack, cwd=company).returncode == 0
