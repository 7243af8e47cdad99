"""`audit replay` derives a pack's verdicts again, with no network and no credentials, and says what is otherwise."""

import gzip
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from audit.cli.live import Where
from audit.cli.replay import differences, otherwise_seen, seen
from audit.engine import judge
from audit.evidence.checking import check
from audit.evidence.contents import exchanges, opened
from audit.evidence.pack import begin
from audit.evidence.trust import Trust
from audit.model import AuditError, Gap, Verdict
from audit.reports import machine
from audit.snapshots import encode
from tests import packs
from tests.cli.running import audit, said
from tests.recording import recorded, verdicts
from tests.support import POLICIES

# One worker has the clouds of the whole program, and the pack of their audit.
pytestmark = pytest.mark.xdist_group("production")
CUT_OFF = {
    **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), "http://127.0.0.1:9"),
    **{"NO_PROXY": "", "no_proxy": "", "AWS_EC2_METADATA_DISABLED": "true"},
}
"""What leads every connection to a port where nobody listens."""


@pytest.fixture(scope="module")
def packed(production, policies, tmp_path_factory):
    """The pack of an audit of the whole production program, its report, and where its clouds were."""
    where = Where(metadata_host=f"localhost:{production.running.port}")
    with production.signed_in():
        return *recorded(tmp_path_factory.mktemp("packs"), where, policies), where


def replayed(folder, home, *words):
    """Replay a pack as a user does, whom no cloud knows."""
    return audit("replay", folder, "--policies", POLICIES, *words, cwd=home, HOME=str(home), **CUT_OFF)


def test_redaction_changes_no_verdict(packed, production):
    _, report, _ = packed
    plain = judge(production.live, production.policies, report.judged_on, product="test")
    assert verdicts(report) == verdicts(plain)


def test_a_pack_moved_elsewhere_gives_the_same_verdicts_without_a_network(packed, tmp_path):
    moved = shutil.copytree(packed[0], tmp_path / "elsewhere" / packed[0].name)
    run = replayed(moved, tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert "the same verdicts" in run.stdout


def test_policies_that_are_others_are_named(packed, tmp_path):
    others = shutil.copytree(POLICIES, tmp_path / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    targets = others / "targets.toml"
    targets.write_text(targets.read_text().replace("restore_days = 35", "restore_days = 36"))
    run = replayed(packed[0], tmp_path, "--policies", others)
    assert run.returncode == 4
    assert "targets.toml was changed" in run.stdout
    assert "difference" in run.stdout


def test_a_changed_answer_is_no_evidence(packed, tmp_path):
    moved = shutil.copytree(packed[0], tmp_path / packed[0].name)
    answer = next(path for path in sorted((moved / "answers").iterdir()))
    answer.chmod(0o600)
    answer.write_bytes(gzip.compress(b"{}", mtime=0))
    assert answer.name in said(replayed(moved, tmp_path))


def test_a_customers_name_stands_nowhere_in_a_pack_and_changes_no_verdict(packed, production, tmp_path):
    """Questions about what bears the name still reach it, and the pack replays without knowing the name."""
    _, report, where = packed
    with production.signed_in():
        folder, hidden = recorded(tmp_path / "packs", where, production.policies, names={"c-07": ("mbx", "adw")})
    assert counted(hidden) == counted(report)
    for path in folder.rglob("*"):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else b""
        content = path.read_bytes() if path.is_file() and not content else content
        assert not re.search(rb"(?<![a-z])(mbx|adw)(?![a-z])", content.lower()), path
    assert replayed(folder, tmp_path).returncode == 0


def test_no_person_can_be_read_in_the_answers(packed):
    told = b"".join(exchange.content for exchange in exchanges(packed[0]))
    addresses = set(re.findall(rb"[\w.+-]+@[\w-]+\.[\w.-]+", told))
    assert addresses
    # What the company's own targets spell is a role's address, and stays.
    spelt = Path("policies/targets.toml").read_bytes()
    assert all(re.match(rb"person-[0-9a-f]{8}@", address) or address in spelt for address in addresses)
    directory = b"".join(exchange.content for exchange in exchanges(packed[0]) if exchange.cloud == "graph")
    assert set(re.findall(rb'"displayName":"(\w+)-', directory)) <= {b"person"}


def test_a_pack_without_raw_answers_proves_nothing(packed, policies, tmp_path):
    """A pack whose run kept no answer cannot be derived again."""
    folder, _, _ = packed
    found = opened(folder, check(folder, Trust()))
    unfinished = begin(tmp_path, at=found.run.began, redact=lambda content, _: content, redact_text=str)
    run = msgspec.structs.replace(found.run, id=unfinished.id)
    bare = unfinished.finish(run, snapshot=encode(found.snapshot), report=machine.render(found.report))
    run = replayed(bare, tmp_path)
    assert (run.returncode, "no raw answers" in run.stdout) == (4, True), run


@pytest.mark.parametrize("tags", [["x"], [None], [{"Key": "a"}], [[]]])
def test_answers_of_a_shape_that_no_cloud_gives_are_one_line(packed, policies, tags):
    """A pack is a stranger's, and boto3 has not looked at what stands in it."""
    folder, report, _ = packed
    made = {"content": json.dumps({"TagSet": tags}).encode(), "status": 200, "trouble": ""}
    answers = [
        msgspec.structs.replace(one, **made) if "GetBucketTagging" in one.asked else one for one in exchanges(folder)
    ]
    assert any(one.content == made["content"] for one in answers)
    with pytest.raises(AuditError, match="a shape that no cloud gives"):
        seen(answers, policies, opened(folder, check(folder, Trust())).snapshot, report)


def promised(report, **changes):
    """Say something else of the last promise."""
    *rest, statement = report.statements
    *others, promise = statement.promises
    promise = msgspec.structs.replace(promise, **changes)
    statement = msgspec.structs.replace(statement, promises=(*others, promise))
    return promise.id, msgspec.structs.replace(report, statements=(*rest, statement))


def test_a_promise_that_does_not_follow_from_the_findings_is_told():
    judged = judge(packs.snapshot(), packs.policies(), packs.BEGAN.date(), product="")
    assert differences(judged, judged) == []
    name, claimed = promised(judged, verdict=Verdict.KEPT, reason="")
    (line,) = differences(claimed, judged)
    assert line.startswith(f"{name}: kept () in the pack, ")


@pytest.mark.parametrize("part", ["waivers", "attestations", "resources", "gaps"])
def test_nothing_else_of_a_report_is_taken_on_trust(part):
    judged = judge(packs.snapshot(), packs.policies(), packs.BEGAN.date(), product="")
    claimed = msgspec.structs.replace(judged, **{part: 9 if part == "resources" else ("made up",)})
    assert differences(claimed, judged) == [f"report: its {part} is another"]


SEEN = packs.snapshot()
OTHER = msgspec.structs.replace(SEEN.resources[0], id="/other")
RETAGGED = msgspec.structs.replace(SEEN.resources[0], body={"tags": {"customer": "c-07"}})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({}, [], id="the same"),
        pytest.param({"tools": {"azure-core": "1"}}, [], id="versions of tools"),
        pytest.param({"resources": (*SEEN.resources, OTHER)}, ["snapshot: /other is in no answer"], id="one made up"),
        pytest.param({"resources": ()}, ["snapshot: /subscriptions/s/files is left out"], id="one left out"),
        pytest.param(
            {"resources": (RETAGGED,)},
            ["snapshot: /subscriptions/s/files is another by the answers"],
            id="another customer's",
        ),
        pytest.param({"gaps": (Gap("denied", ()),)}, ["snapshot: its gaps are others"], id="gaps"),
    ],
)
def test_a_snapshot_that_does_not_follow_from_the_answers_is_told(changes, told):
    assert otherwise_seen(msgspec.structs.replace(SEEN, **changes), SEEN) == told


def counted(report):
    """Count verdicts by control: what bears a pseudonym has another id."""
    return Counter((control, verdict) for control, _, verdict in verdicts(report))
