"""Program, preview, state and ARM template are judged alike; where they are not, the reason stands here."""

import msgspec
import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from audit.arm_template import written
from audit.engine import judge
from audit.model import Plane, Verdict
from audit.sources import template
from tests.estate_fixture import captured
from tests.planes import preview, state
from tests.support import NOON

pytestmark = pytest.mark.xdist_group("planes")


_LOCK = "a lock that nothing opens again: the waiver for it holds before deployment alone"
_GUARDS = "the guards lie in a subscription of their own, which only their ids tell; nothing more is declared for it"
_PART = "a preview tells that an id is not known yet, and not what the program puts behind it"
EXPLAINED = {
    Plane.PREVIEW: {
        "backup-site-recovery-replicates": _PART,
        "sql-audit-flows": _PART,
        "storage-access-logged": _PART,
        "web-visits-logged": _PART,
    },
    Plane.STATE: {
        "backup-blob-vault-immutable": _LOCK,
        "backup-vault-immutable": _LOCK,
        "geo-allowed-locations-enforced": _GUARDS,
        "monitor-activity-log-exported": _GUARDS,
        "monitor-benchmark-assigned": _GUARDS,
        "monitor-defender-on": _GUARDS,
        "monitor-security-alerts": _GUARDS,
        "monitor-security-contact": _GUARDS,
        "monitor-service-health-alert": _GUARDS,
        "offsite-lock-compliance": _LOCK,
        "storage-archive-locked": _LOCK,
    },
    Plane.TEMPLATE: {
        "backup-blob-vault-immutable": _LOCK,
        "backup-vault-immutable": _LOCK,
        "storage-archive-locked": _LOCK,
    },
}
"""Plane → control that rules otherwise there than on the program → why that is right."""


class Page(SingleFileSnapshotExtension):
    """A page of Markdown beside the tests."""

    _write_mode = WriteMode.TEXT
    file_extension = "md"


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    """Return what the production program declares."""
    return captured(tmp_path_factory)


@pytest.fixture(scope="module")
def seen(declared, copied, sandbox_server, tmp_path_factory):
    """Return the same estate on each plane."""
    folder = tmp_path_factory.mktemp("planes")
    project = copied(tmp_path_factory.mktemp("project"))
    path = folder / "estate.json"
    path.write_bytes(msgspec.json.encode(written(declared).template))
    return {
        Plane.PROGRAM: declared,
        Plane.PREVIEW: preview(project, folder, sandbox_server),
        Plane.STATE: state(project, folder, sandbox_server),
        Plane.TEMPLATE: template.collect(path, now=NOON),
    }


@pytest.fixture(scope="module")
def reports(seen, policies):
    """Return what was ruled on each plane: control → its result."""
    judged = {plane: judge(found, policies, NOON.date(), product="") for plane, found in seen.items()}
    return {plane: {one.id: one for one in report.controls} for plane, report in judged.items()}


@pytest.mark.parametrize("plane", EXPLAINED, ids=str)
def test_what_both_can_see_is_ruled_alike_but_for_what_is_explained(reports, plane):
    assert {name for name, before, after in _both(reports, plane) if before.verdict is not after.verdict} == set(
        EXPLAINED[plane]
    )


@pytest.mark.parametrize("plane", EXPLAINED, ids=str)
def test_a_control_speaks_of_as_many_resources_as_on_the_program(reports, plane):
    """Two planes that agree might both have seen nothing."""
    unlike = [
        (name, _count(before), _count(after))
        for name, before, after in _both(reports, plane)
        if _count(before) != _count(after) and EXPLAINED[plane].get(name) != _GUARDS
    ]
    assert unlike == []


@pytest.mark.parametrize("plane", EXPLAINED, ids=str)
def test_nothing_of_the_estate_is_hidden(seen, plane):
    assert seen[plane].gaps == ()


@pytest.mark.parametrize("plane", EXPLAINED, ids=str)
def test_every_control_of_the_program_that_speaks_of_the_plane_rules_there(reports, policies, plane):
    able = {name for name, control in policies.controls.items() if {Plane.PROGRAM, plane} <= set(control.planes)}
    assert able == {name for name, _, _ in _both(reports, plane)}


def test_the_table_of_differences_is_as_recorded(reports, snapshot):
    planes = [Plane.PROGRAM, *EXPLAINED]
    names = sorted({name for explained in EXPLAINED.values() for name in explained})
    head = f"| Control | {' | '.join(plane.capitalize() for plane in planes)} | Why |"
    page = ["# Where what is declared is judged otherwise", "", head, f"|{'---|' * (len(planes) + 2)}"]
    for name in names:
        told = (reports[plane][name].verdict if name in reports[plane] else "-" for plane in planes)
        why = "; ".join(dict.fromkeys(explained[name] for explained in EXPLAINED.values() if name in explained))
        page.append(f"| {name} | {' | '.join(told)} | {why} |")
    assert "\n".join((*page, "")) == snapshot(extension_class=Page)


def _both(reports, plane):
    """Yield every control that rules on the program and on another plane, with its result on each."""
    for name, before in reports[Plane.PROGRAM].items():
        if name in reports[plane]:
            yield name, before, reports[plane][name]


def _count(result):
    """Count the findings that are about a resource."""
    return sum(bool(finding.resource) for finding in result.findings)


BREAKS = [
    ("Microsoft.Storage/storageAccounts", "allowBlobPublicAccess", True, "storage-no-anonymous-read"),
    ("Microsoft.Storage/storageAccounts", "supportsHttpsTrafficOnly", False, "storage-https-only"),
    ("Microsoft.Sql/servers", "publicNetworkAccess", "Enabled", "sql-no-public-network"),
    ("Microsoft.KeyVault/vaults", "enablePurgeProtection", False, "keys-purge-protection"),
]


@pytest.mark.parametrize(("type_name", "name", "value", "control"), BREAKS, ids=[row[-1] for row in BREAKS])
@pytest.mark.parametrize("hidden", [False, True], ids=["in clear", "behind an expression"])
def test_a_break_in_the_template_is_found_on_its_line(
    declared, policies, tmp_path, type_name, name, value, control, *, hidden
):
    form = written(declared).template
    item = next(one for one in form["resources"] if one["type"] == type_name)
    item["properties"][name] = "[if(true(), json('true'), json('false'))]" if hidden else value
    text = msgspec.json.format(msgspec.json.encode(form), indent=1).decode()
    (tmp_path / "estate.json").write_text(text)
    seen = template.collect(tmp_path / "estate.json", now=NOON)
    report = judge(seen, policies, NOON.date(), product="")
    result = next(one for one in report.controls if one.id == control)
    found = next(one for one in result.findings if one.name == item["name"] and one.verdict is not Verdict.KEPT)
    assert result.verdict is (Verdict.UNPROVEN if hidden else Verdict.BROKEN)
    assert hidden or f'"{name}"' in text.splitlines()[found.line - 1]
