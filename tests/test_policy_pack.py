"""The policy pack stops what breaks a promise, says which, and lets nothing it cannot judge pass in silence."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter

import pytest
from pulumi.runtime.proto import analyzer_pb2

from audit.model import Plane
from tests.analyzer import HIDDEN_TEXT, PACK, captured, mandatory, started, wired
from tests.support import POLICIES, ROOT
from tests.test_one_line_breaks import BREAKS, edit

ACCOUNT = "azure-native:storage:StorageAccount"
BAD_ACCOUNT = {"accountName": "stdata", "allowBlobPublicAccess": True}
URN = "urn:pulumi:production::promise-audit"
ALONE = ("storage-no-anonymous-read", "sql-tls-floor", "web-https-only", "backup-vault-soft-delete")
"""Breaks that the broken resource shows by itself."""
TOGETHER = ("storage-versioning", "web-no-ftp", "geo-allowed-locations-enforced", "offsite-own-rotated-key")
"""Breaks that only its neighbours show."""


def declared(token, name, inputs, **more):
    """One resource of a program, as the engine tells of it."""
    told = {"parent": "", "dependencies": [], "protect": False, "ignore": [], "custom": True}
    return wired({**told, "type": token, "urn": f"{URN}::{token}::{name}", "name": name, "inputs": inputs, **more})


def said_of(said, policy):
    return [one for one in said if one.policyName == policy]


@pytest.fixture(scope="module")
def pack():
    """A running pack, which each test configures anew."""
    with started() as engine:
        yield engine


@pytest.fixture
def preview(pack):
    """The pack in a preview of a stack, with no settings."""
    pack.configure()
    pack.together([])
    pack.begin()
    return pack


@pytest.fixture(scope="module")
def program(copied, tmp_path_factory):
    """What the production program declares, as the engine tells of it."""
    return captured(copied(tmp_path_factory.mktemp("program")))


def test_every_control_that_a_preview_can_hold_is_a_policy_of_its_kind(pack, policies):
    """What judges one resource is a policy on resources, and stops that one; what asks for neighbours is on stacks."""
    listed = {one.name: one for one in pack.info().policies}
    controls = {one.id: one for one in policies.controls.values() if Plane.PREVIEW in one.planes}
    assert set(listed) == {*controls, "estate"}
    for name, control in controls.items():
        alone = "estate" not in control.asks
        assert listed[name].policy_type == (
            analyzer_pb2.POLICY_TYPE_RESOURCE if alone else analyzer_pb2.POLICY_TYPE_STACK
        )
        assert analyzer_pb2.PolicySeverity.Name(listed[name].severity).endswith(control.severity.upper())
        assert listed[name].remediation_steps == control.how
        assert listed[name].enforcementLevel == analyzer_pb2.MANDATORY


def test_a_policy_stands_for_the_first_promise_it_proves_and_names_all(pack, policies):
    """The framework is the statement that was read, the rule in it the commitment."""
    for listed in pack.info().policies:
        proven = [
            (statement, one)
            for statement in policies.statements
            for one in statement.commitments
            if listed.name in one.controls
        ]
        assert list(listed.tags) == [one.id for _, one in proven]
        if proven:
            statement, one = proven[0]
            assert listed.framework.name == f"{statement.company}: {statement.title}"
            assert listed.framework.version == str(statement.seen)
            assert (listed.framework.reference, listed.framework.specification) == (one.id, one.promise_text)


def test_the_production_program_is_stopped_by_nothing(preview, program):
    """Neither resource by resource nor as a stack; the waived one-way doors pass."""
    assert mandatory(preview.alone(program)) == []
    assert mandatory(preview.together(program)) == []


@pytest.mark.parametrize("control", ALONE)
def test_a_break_that_a_resource_shows_by_itself_stops_that_resource(control, preview, copied, tmp_path, policies):
    """It is named with its promises and the change, before any neighbour is known."""
    said = preview.alone(captured(broken(copied(tmp_path), control)))
    assert {one.policyName for one in said} == {control}
    assert mandatory(said) == said
    for one in said:
        assert_says_it_all(one, control, policies)


@pytest.mark.parametrize("control", TOGETHER)
def test_a_break_that_only_neighbours_show_stops_the_stack(control, preview, copied, tmp_path, policies):
    """No single resource is refused; the whole is."""
    resources = captured(broken(copied(tmp_path), control))
    assert preview.alone(resources) == []
    said = mandatory(preview.together(resources))
    assert {one.policyName for one in said} == {control}
    for one in said:
        assert_says_it_all(one, control, policies)


def broken(project, control):
    """Break one control of a project by the line that the table of breaks names."""
    _, file, old, new = next(row for row in BREAKS if row[0] == control)
    edit(project / "stacks" / file, old, new)
    return project


def assert_says_it_all(said, control, policies):
    """A message names the verdict, every promise and a change, and lies on the resource that is broken."""
    assert said.message.startswith("broken: ")
    assert "change: " in said.message
    assert "`audit check` names the file and the line." in said.message
    proven = [one for statement in policies.statements for one in statement.commitments if control in one.controls]
    assert proven
    assert all(one.id in said.message for one in proven)
    assert proven[0].promise_text in said.message
    assert said.description == policies.controls[control].title


def test_a_change_is_told_in_the_providers_own_names(preview):
    """An engineer who writes another language than Python finds the property, too."""
    said = said_of(preview.alone([declared(ACCOUNT, "data", BAD_ACCOUNT)]), "storage-no-anonymous-read")
    assert "set allowBlobPublicAccess to false (in Python, allow_blob_public_access=False)" in said[0].message


def test_what_a_resource_was_told_alone_is_not_told_again(preview):
    """One finding is one message, however often the engine asks."""
    resources = [declared(ACCOUNT, "data", BAD_ACCOUNT)]
    alone, together = preview.alone(resources), preview.together(resources)
    assert Counter((one.policyName, one.urn) for one in [*alone, *together]).most_common(1)[0][1] == 1


def test_nothing_passes_as_silent_what_could_not_be_judged(preview):
    """A resource that leaves out what a control reads is stopped; a policy on other kinds says that it is."""
    one = declared(ACCOUNT, "data", {"accountName": "stdata"})
    request = analyzer_pb2.AnalyzeRequest(type=one.type, urn=one.urn, name=one.name, properties=one.properties)
    answer = preview.pack.Analyze(request)
    assert any("unproven: data: allowBlobPublicAccess was not seen" in one.message for one in answer.diagnostics)
    assert mandatory(answer.diagnostics) == list(answer.diagnostics)
    assert "sql-tls-floor" in {excused.policy_name for excused in answer.not_applicable}


@pytest.mark.parametrize(
    ("control", "setting", "level"),
    [
        pytest.param("storage-no-anonymous-read", "allowBlobPublicAccess", "MANDATORY", id="critical"),
        pytest.param("storage-no-shared-key", "allowSharedKeyAccess", "ADVISORY", id="less than critical"),
    ],
)
def test_a_value_that_is_not_known_yet_blocks_what_is_critical_and_is_owed_otherwise(
    control, setting, level, preview, policies
):
    """Alone it may still turn out to be a link, so it is decided once the whole stack is told."""
    assert (policies.controls[control].severity == "critical") == (level == "MANDATORY")
    resources = [declared(ACCOUNT, "data", {"accountName": "stdata", setting: {"$unknown": True}})]
    assert said_of(preview.alone(resources), control) == []
    (told,) = said_of(preview.together(resources), control)
    assert told.enforcementLevel == analyzer_pb2.EnforcementLevel.Value(level)
    assert "is not known before deployment" in told.message


def test_an_update_has_every_value_so_nothing_is_left_for_the_stack(pack):
    """Without a preview, too, a resource is stopped before it is made."""
    pack.configure()
    pack.together([])
    pack.begin(preview=False)
    resources = [declared(ACCOUNT, "data", {"accountName": "stdata", "allowBlobPublicAccess": {"$unknown": True}})]
    assert mandatory(said_of(pack.alone(resources), "storage-no-anonymous-read"))


def test_secrets_are_seen_as_secrets_and_never_repeated(preview):
    """A value that the program calls secret decides nothing and stands in no message."""
    resources = [declared(ACCOUNT, "data", {**BAD_ACCOUNT, "minimumTlsVersion": {"$secret": True}})]
    said = [*preview.alone(resources), *preview.together(resources)]
    (told,) = said_of(said, "storage-tls-floor")
    assert "is a secret and was not looked at" in told.message
    assert not any(HIDDEN_TEXT in one.message for one in said)


def test_names_cannot_turn_the_text_around_them(preview):
    """Marks of writing direction in a name are spelt out."""
    said = preview.alone([declared(ACCOUNT, "data\u202e", BAD_ACCOUNT)])
    assert said
    assert all("\u202e" not in one.message for one in said)


def test_a_waiver_means_one_resource_and_no_namesake(preview, program):
    """The archive's lock is waived until its date; a second account of that name is not."""
    archive = next(one for one in program if one.name == "archive-account")
    twin = analyzer_pb2.AnalyzerResource()
    twin.CopyFrom(archive)
    twin.urn = f"{URN}::{ACCOUNT}::archive-account"
    resources = [*program, twin]
    assert said_of([*preview.alone(program), *preview.together(program)], "storage-archive-locked") == []
    said = [*preview.alone(resources), *preview.together(resources)]
    assert {one.urn for one in mandatory(said_of(said, "storage-archive-locked"))} >= {twin.urn}


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        pytest.param(analyzer_pb2.ADVISORY, [analyzer_pb2.ADVISORY], id="advisory"),
        pytest.param(analyzer_pb2.DISABLED, [], id="disabled"),
        pytest.param(analyzer_pb2.REMEDIATE, [analyzer_pb2.MANDATORY], id="remediate, which the pack does not"),
    ],
)
def test_a_users_enforcement_level_holds(level, expected, pack):
    """CrossGuard's configuration may lower a policy; what it raises stays a refusal."""
    pack.configure({"storage-no-anonymous-read": level})
    pack.begin()
    said = said_of(pack.alone([declared(ACCOUNT, "data", BAD_ACCOUNT)]), "storage-no-anonymous-read")
    assert [one.enforcementLevel for one in said] == expected


def test_controls_that_find_nothing_to_judge_are_named_once(preview):
    """A stack that declares next to nothing proves next to nothing."""
    said = said_of(preview.together([declared(ACCOUNT, "data", BAD_ACCOUNT)]), "estate")
    assert len(said) == 1
    assert mandatory(said) == said
    assert "found nothing to judge" in said[0].message


def test_a_stack_that_is_a_part_is_not_held_to_the_whole(pack):
    """What other stacks declare is told and stops nothing; what the part itself breaks stops it all the same."""
    pack.configure(part=True)
    pack.together([])
    pack.begin()
    resources = [declared(ACCOUNT, "data", BAD_ACCOUNT)]
    alone, together = pack.alone(resources), pack.together(resources)
    assert mandatory(said_of(alone, "storage-no-anonymous-read"))
    assert mandatory(said_of(together, "backup-blobs-protected"))
    assert not mandatory(one for one in together if not one.urn)


def test_a_policy_that_no_configuration_names_stays_a_refusal(pack):
    """An engine that configures nothing lowers nothing."""
    pack.pack.Configure(analyzer_pb2.ConfigureAnalyzerRequest())
    pack.together([])
    pack.begin()
    resources = [declared(ACCOUNT, "data", BAD_ACCOUNT)]
    assert mandatory(said_of(pack.alone(resources), "storage-no-anonymous-read"))
    assert mandatory(said_of(pack.together(resources), "estate"))


def test_settings_that_nobody_knows_are_refused(pack):
    """A misspelt setting must not look as if it held."""
    with pytest.raises(Exception, match=r"the settings of estate: .*`folder`.*Mend them"):
        pack.configure(folder="report")


def test_obligations_stay_open_until_a_live_audit_has_looked(pack, tmp_path, policies):
    """An update knows the values, and yet nobody has looked: what a preview left open stays as long as its resource."""
    unknown = declared(ACCOUNT, "data", {"accountName": "stdata", "allowSharedKeyAccess": {"$unknown": True}})
    known = declared(ACCOUNT, "data", {"accountName": "stdata", "allowSharedKeyAccess": False})

    def owed(resource, *, preview):
        pack.configure(report=str(tmp_path))
        pack.begin(preview=preview)
        pack.alone([resource])
        pack.together([resource])
        report = json.loads((tmp_path / "report.json").read_bytes())
        return {one["control"] for one in report["obligations"]}

    assert "storage-no-shared-key" in owed(unknown, preview=True)
    assert "storage-no-shared-key" in owed(known, preview=False)
    gone = declared(ACCOUNT, "other", {"accountName": "stother", "allowSharedKeyAccess": False})
    assert "storage-no-shared-key" not in owed(gone, preview=True)
    assert "storage-no-shared-key" in owed(unknown, preview=True)
    written = json.loads((tmp_path / "report.json").read_bytes())
    (tmp_path / "report.json").write_text(json.dumps({**written, "plane": "live"}))
    assert "storage-no-shared-key" not in owed(known, preview=True)


def test_a_report_that_cannot_be_written_is_no_pass(pack, tmp_path):
    """The call fails, which the engine takes for a refusal."""
    (tmp_path / "report").write_text("a file")
    pack.configure(report=str(tmp_path / "report"))
    pack.begin()
    with pytest.raises(Exception, match=r"cannot (write|read).*report"):
        pack.together([declared(ACCOUNT, "data", BAD_ACCOUNT)])


def test_an_exported_state_is_judged_as_a_state(program):
    """No stack is named then. Locks are not waived there, and what the cloud answered is laid over what was asked."""
    with started() as pack:
        pack.configure()
        asked = declared(ACCOUNT, "data", {"accountName": "stdata", "allowBlobPublicAccess": False})
        answered = declared(ACCOUNT, "data", {"allowBlobPublicAccess": True})
        assert pack.alone([asked]) == []
        assert mandatory(said_of(pack.together([answered]), "storage-no-anonymous-read"))
        pack.alone(program)
        assert said_of(pack.together(program), "storage-archive-locked")


def test_a_stack_larger_than_a_message_of_grpc_is_judged(preview):
    """Four megabytes are gRPC's own limit, which a large stack passes."""
    tags = {"accountName": "stdata", "tags": {"note": "x" * 5_000_000}}
    assert preview.together([declared(ACCOUNT, "data", {**BAD_ACCOUNT, **tags})])


def test_policies_that_cannot_be_loaded_stop_the_pack_with_their_own_words(tmp_path):
    """The engine deploys nothing then."""
    shutil.copytree(PACK, tmp_path / "pulumi")
    ended = subprocess.run(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(tmp_path / "pulumi")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"audit: {tmp_path} holds no policies")
    assert "Traceback" not in ended.stderr


def test_program_and_pack_share_one_environment():
    """One environment serves both, as the two files of the repository say."""
    text = (PACK / "PulumiPolicy.yaml").read_text()
    assert "virtualenv: ../../.venv" in text
    assert "virtualenv: .venv" in (ROOT / "Pulumi.yaml").read_text()


def test_waivers_hold_until_their_day_and_no_longer(pack, program):
    """The day that is judged as of may be set, as for the audit itself; the locks are broken after the last of it."""
    for day, stops in (("2027-03-31", False), ("2027-04-01", True)):
        pack.configure(today=day)
        pack.together([])
        pack.begin()
        said = mandatory([*pack.alone(program), *pack.together(program)])
        assert bool(said_of(said, "storage-archive-locked")) is stops


def test_what_may_be_hidden_stops_even_a_part(pack):
    """A template that is not known yet may declare anything; that is told once, with the controls that it blinds."""
    pack.configure(part=True)
    pack.together([])
    pack.begin()
    hidden = {"properties": {"mode": "Incremental", "template": {"$unknown": True}}}
    said = mandatory(said_of(pack.together([declared("azure-native:resources:Deployment", "more", hidden)]), "estate"))
    assert len(said) == 1
    assert re.search(r"unproven: .*more.*\. \d+ controls cannot tell: ", said[0].message)


def test_a_hidden_value_stops_even_a_part_where_a_critical_control_reads_it(pack):
    """It is there and not known, so no other stack will show it."""
    pack.configure(part=True)
    pack.together([])
    pack.begin()
    tags = {"role": "mailbox", "dag": "one"}
    machines = {
        "mbx1": {"location": "uksouth", "tags": tags, "zones": {"$unknown": True}},
        "mbx2": {"location": "uksouth", "tags": tags, "zones": ["2"]},
        "witness": {"location": "uksouth", "tags": {**tags, "role": "witness"}, "zones": ["3"]},
    }
    resources = [declared("azure-native:compute:VirtualMachine", name, body) for name, body in machines.items()]
    said = said_of([*pack.alone(resources), *pack.together(resources)], "compute-dag-across-zones")
    assert mandatory(said)
    assert "not known before deployment" in said[0].message


def test_a_waiver_does_not_reach_a_promise_that_admits_none(program, tmp_path):
    """The archive's lock is waived; were its promise categorical, the deviation would break it all the same."""
    shutil.copytree(POLICIES, tmp_path / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    for file in (tmp_path / "policies" / "commitments").glob("*.toml"):
        tables = file.read_text().split("[[commitment]]")
        waived = ["categorical = true" + one if '"storage-archive-locked"' in one else one for one in tables]
        file.write_text("[[commitment]]\n".join(waived))
    with started(tmp_path / "policies" / "pulumi") as pack:
        pack.configure()
        pack.begin()
        assert mandatory(pack.alone(program)) == []
        (said,) = mandatory(said_of(pack.together(program), "storage-archive-locked"))
    assert "these promises do not admit" in said.message
