"""A baseline lets through what was broken already, on the same value, and nothing else."""

import json
from datetime import date

import jsonschema
import msgspec
import pytest

from audit.baseline import Baseline, compared, fingerprint, read, written
from audit.engine import judge
from audit.facts import UNKNOWN, Reference
from audit.kinds.authorization import POLICY_ASSIGNMENT, POLICY_EXEMPTION
from audit.kinds.datashare import DATA_SHARE_ACCOUNT
from audit.kinds.network import LOAD_BALANCER
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.sql import FIREWALL_RULE, OUTBOUND_FIREWALL_RULE, SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import AuditError, Gap, Plane, Severity, Snapshot, Source, Verdict, broken, kept
from audit.promises import Commitment, Since, Statement, Waiver
from audit.reports import sarif, schema
from audit.reports.gate import Places
from tests import made
from tests.made import control, thing
from tests.support import NOON
from tests.test_one_line_breaks import BREAKS, edit

TODAY = date(2026, 6, 30)


def long(account):
    """Judge an account by a number, so that one broken value can become another."""
    days = account.read("days", int)
    return kept("kept 35 days") if days >= 35 else broken(f"kept {days} days, promised 35")


DAYS = control("accounts-days", long, on=(STORAGE_ACCOUNT,))
CRITICAL = control("accounts-days", long, on=(STORAGE_ACCOUNT,), severity=Severity.CRITICAL)
GAP = Gap("the listing was refused", (STORAGE_ACCOUNT.arm,))


def account(name, days, *, line=1):
    """Make an account that is kept from 35 days on."""
    body = {} if days is None else {"days": days}
    return thing(STORAGE_ACCOUNT, f"urn:{name}", body, name=name, source=Source("shop.py", line, {"days": line + 1}))


def report(*resources, rule=DAYS, gaps=(), plane=Plane.PROGRAM, waivers=(), statements=()):
    """Judge resources by one control."""
    seen = Snapshot(plane=plane, origin="a test", seen_at=NOON, resources=resources, gaps=gaps)
    return judge(seen, made.policies(rule, waivers=waivers, statements=statements), TODAY, product="test 1")


def against(before, after):
    """Compare one report with the baseline that another one wrote."""
    return compared(after, msgspec.json.decode(written(before), type=Baseline))


def states(found):
    """Give each finding's name with its state."""
    return {finding.name: str(finding.since) for result in found.controls for finding in result.findings}


OLD = (account("a", 7), account("b", 35), account("c", None))
SAME = {"a": "unchanged", "b": "unchanged", "c": "unchanged"}


@pytest.mark.parametrize(
    ("now", "adds", "state"),
    [
        pytest.param(OLD, Verdict.NOT_APPLICABLE, SAME, id="the same"),
        pytest.param(
            (account("a", 7, line=40), *OLD[1:]),
            Verdict.NOT_APPLICABLE,
            SAME,
            id="a line that moved",
        ),
        pytest.param(
            (account("a", 8), *OLD[1:]),
            Verdict.BROKEN,
            SAME | {"a": "updated"},
            id="broken on another value",
        ),
        pytest.param(
            (*OLD, account("d", 7)),
            Verdict.BROKEN,
            SAME | {"d": "new"},
            id="another one broken",
        ),
        pytest.param(
            (OLD[0], account("b", 7), OLD[2]),
            Verdict.BROKEN,
            SAME | {"b": "new"},
            id="kept, now broken",
        ),
        pytest.param(
            (OLD[0], account("b", None), OLD[2]),
            Verdict.UNPROVEN,
            SAME | {"b": "new"},
            id="kept, now unproven",
        ),
        pytest.param(
            (OLD[0], account("b", UNKNOWN), OLD[2]),
            Verdict.UNPROVEN,
            SAME | {"b": "new"},
            id="kept, now hidden until deployment",
        ),
        pytest.param(
            (account("a", UNKNOWN), *OLD[1:]),
            Verdict.UNPROVEN,
            SAME | {"a": "updated"},
            id="broken, now hidden until deployment",
        ),
        pytest.param(
            (*OLD, account("d", UNKNOWN)),
            Verdict.NOT_APPLICABLE,
            SAME | {"d": "new"},
            id="an obligation that is new",
        ),
        pytest.param(
            (*OLD, account("d", None)),
            Verdict.UNPROVEN,
            SAME | {"d": "new"},
            id="another one unproven",
        ),
        pytest.param(
            (account("a", 35), *OLD[1:]),
            Verdict.NOT_APPLICABLE,
            SAME | {"a": "updated"},
            id="mended",
        ),
        pytest.param(OLD[1:], Verdict.NOT_APPLICABLE, {"b": "unchanged", "c": "unchanged"}, id="removed"),
    ],
)
def test_what_a_baseline_lets_through(now, adds, state):
    """Keyed on identity, control and judged value; the report's own verdict stays what it is."""
    plain = report(*now)
    found = against(report(*OLD), plain)
    assert (found.against.adds, states(found)) == (adds, state)
    assert found.verdict is plain.verdict


@pytest.mark.parametrize("days", [35, 7, None])
def test_a_critical_value_that_is_new_and_unknown_is_not_let_through(days):
    """Whatever was known of it before."""
    found = against(report(account("a", days), rule=CRITICAL), report(account("a", UNKNOWN), rule=CRITICAL))
    assert found.against.adds is Verdict.UNPROVEN


def test_a_gap_that_is_new_is_not_let_through():
    """What the listing hides could be anything; an old gap of the same words is no news."""
    holed = report(*OLD, gaps=(GAP,))
    assert against(report(*OLD), holed).against.adds is Verdict.UNPROVEN
    assert against(holed, holed).against.adds is Verdict.NOT_APPLICABLE


def test_an_audit_of_nothing_is_not_let_through():
    """Nothing judged is unproven, whatever the baseline holds."""
    empty = msgspec.structs.replace(report(*OLD), controls=())
    assert against(report(*OLD), empty).against.adds is Verdict.UNPROVEN


def test_what_was_mended_or_removed_is_told_as_gone():
    """So that a reader sees what a change improves, and a baseline can be made smaller."""
    found = against(report(*OLD), report(account("a", 35), OLD[1]))
    assert [(one.name, one.verdict) for one in found.against.absent] == [("a", "broken"), ("c", "unproven")]


WAIVER = Waiver(
    control=DAYS.id, resource="a", planes=(Plane.PROGRAM,), reason="on its way", owner="she", until=date(2027, 1, 1)
)


def promised(*, categorical):
    """Make a statement of one promise."""
    row = Commitment(
        id="S-1", promise_text="Kept.", sentences=(), binds="processor", controls=(DAYS.id,), categorical=categorical
    )
    fields = {"company": "c", "title": "t", "url": "u", "seen": TODAY, "digest": "d", "scope": (), "sentences": ()}
    return Statement(id="S", commitments=(row,), **fields)


def test_a_waiver_taken_away_is_news():
    """What was waived is broken now, though its value is the same."""
    assert against(report(OLD[0], waivers=(WAIVER,)), report(OLD[0])).against.adds is Verdict.BROKEN


def test_a_promise_that_turns_categorical_is_news():
    """It admits the waiver no more; one that never did stays as it was."""
    before, after = (
        report(OLD[0], waivers=(WAIVER,), statements=(promised(categorical=strict),)) for strict in (False, True)
    )
    assert (before.verdict, after.verdict) == (Verdict.WAIVED, Verdict.BROKEN)
    assert against(before, after).against.adds is Verdict.BROKEN
    assert against(after, after).against.adds is Verdict.NOT_APPLICABLE


def test_a_fingerprint_tells_identity_control_and_value_apart():
    """And knows nothing of lines."""

    def prints(*accounts):
        return [fingerprint(finding) for result in report(*accounts).controls for finding in result.findings]

    assert len({*prints(account("a", 7), account("b", 7)), *prints(account("a", 8))}) == 3
    assert prints(account("a", 7)) == prints(account("a", 7, line=9))


def test_a_baseline_fits_its_schema_and_is_the_same_bytes_each_time():
    """What is published for it is what is written."""
    published = json.loads(schema.baseline())
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.Draft202012Validator(published).validate(json.loads(written(report(*OLD))))
    assert written(report(*OLD)) == written(report(*OLD))


def test_a_baseline_of_another_plane_is_refused():
    """What it names has other ids there."""
    with pytest.raises(AuditError, match="of the live plane, and this is the program plane"):
        against(report(*OLD, plane=Plane.LIVE), report(*OLD))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "cannot read the baseline .*No such file", id="no file"),
        pytest.param(b'{"format": "promise', "is no baseline: ", id="cut off"),
        pytest.param(b"\xff\xfe", "is no baseline: ", id="no text"),
        pytest.param(b"{}", "is no baseline: ", id="another document"),
        pytest.param(
            written(report()).replace(b"baseline/1", b"baseline/9"), "has the format .*baseline/9", id="another format"
        ),
    ],
)
def test_what_is_no_baseline_is_one_line(tmp_path, content, said):
    """With what to do about it."""
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AuditError, match=said) as error:
        read(path)
    assert "\n" not in str(error.value)


def test_one_break_among_more_than_fifty_is_the_one_new_result(audited, policies, copied, tmp_path):
    """On the production program, with every line moved besides."""
    added = next(row for row in BREAKS if row[0] == "web-https-only")
    project = copied(tmp_path)
    for _, file, before, after in (row for row in BREAKS if row is not added):
        edit(project / "stacks" / file, before, after)
    before = audited(project)
    old = [one for result in before.controls for one in result.findings if one.verdict is Verdict.BROKEN]
    assert len(old) >= 50

    _, file, text, replaced = added
    edit(project / "stacks" / file, text, replaced)
    for path in (project / "stacks").glob("*.py"):
        path.write_text(path.read_text().replace("\nimport ", "\n# moved\nimport ", 1))
    found = against(before, audited(project))
    news = [one for result in found.controls for one in result.findings if one.since is not Since.UNCHANGED]
    assert [(one.control, one.verdict, one.was) for one in news] == [("web-https-only", "broken", "kept")]
    assert (found.against.adds, found.against.absent) == (Verdict.BROKEN, ())
    (run,) = json.loads(sarif.render(found, policies.controls, Places()))["runs"]
    states = [result["baselineState"] for result in run["results"]]
    assert (states.count("new"), states.count("unchanged")) == (1, len(states) - 1)


SERVER = thing(SQL_SERVER, "urn:accounts", {"restrictOutboundNetworkAccess": "Enabled"})
BALANCER = {"sku": {"name": "Standard"}}


def firewall(name, kind=FIREWALL_RULE, **says):
    """Make a rule of the server's."""
    said = says or {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}  # noqa: S104  # a rule, no listener
    return thing(kind, f"urn:{name}", {"serverName": Reference(SERVER.id, "name"), **said}, name=name)


def out(name):
    """Make a rule that lets data out."""
    return firewall(name, OUTBOUND_FIREWALL_RULE, outboundRuleFqdn=f"{name}.example")


def ports(*numbers):
    """Make a balancer that offers ports."""
    rules = [{"name": f"rule-{number}", "frontendPort": number, "disableOutboundSnat": True} for number in numbers]
    return thing(LOAD_BALANCER, "urn:balancer", {**BALANCER, "loadBalancingRules": rules, "inboundNatPools": []})


def admits(*tenants):
    """Make an account that lets in resources of tenants."""
    rules = [{"tenantId": tenant, "resourceId": "/subscriptions/x"} for tenant in tenants]
    return thing(STORAGE_ACCOUNT, "urn:a", {"networkAcls": {"resourceAccessRules": rules}})


GROUP = thing(RESOURCE_GROUP, "urn:group", {"location": "uksouth"})
LOCATIONS = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c"


def share(name):
    """Make an account that shares data."""
    return thing(DATA_SHARE_ACCOUNT, f"urn:{name}", name=name)


ASSIGNMENT = thing(
    POLICY_ASSIGNMENT,
    "urn:locations",
    {
        "policyDefinitionId": LOCATIONS,
        "scope": "/subscriptions/s",
        "enforcementMode": "Default",
        "notScopes": [],
        "parameters": {"listOfAllowedLocations": {"value": ["uksouth", "ukwest"]}},
    },
)


def exemption(name):
    """Make an exemption from the allowed locations."""
    return thing(POLICY_EXEMPTION, f"urn:{name}", {"policyAssignmentId": Reference(ASSIGNMENT.id, "id")}, name=name)


@pytest.mark.parametrize(
    ("control", "before", "after"),
    [
        pytest.param(
            "sql-no-open-firewall",
            (SERVER, firewall("a"), firewall("b", startIpAddress="192.0.2.1", endIpAddress="192.0.2.1")),
            (SERVER, firewall("a"), firewall("b")),
            id="a rule of the firewall",
        ),
        pytest.param("access-no-data-shares", (GROUP, share("a")), (GROUP, share("a"), share("b")), id="an account"),
        pytest.param(
            "geo-allowed-locations-enforced",
            (ASSIGNMENT, exemption("a")),
            (ASSIGNMENT, exemption("a"), exemption("b")),
            id="an exemption",
        ),
        pytest.param("sql-outbound-restricted", (SERVER, out("a")), (SERVER, out("a"), out("b")), id="a way out"),
        pytest.param("network-balancer-tls-ports-only", (ports(143, 25),), (ports(143, 3389),), id="a port"),
        pytest.param(
            "access-no-cross-tenant-trust", (admits("theirs", "some"),), (admits("theirs", "others"),), id="a tenant"
        ),
    ],
)
def test_what_is_wrong_behind_something_older_is_news(policies, control, before, after):
    """A control that stops at the first thing wrong would hide the second behind what the baseline has."""
    rules = msgspec.structs.replace(policies, controls={control: policies.controls[control]})
    old, new = (
        judge(
            Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=these), rules, TODAY, product="test"
        )
        for these in (before, after)
    )
    assert old.controls[0].verdict is Verdict.BROKEN
    assert against(old, old).against.adds is Verdict.NOT_APPLICABLE
    assert against(old, new).against.adds is Verdict.BROKEN


def test_a_gap_behind_another_is_news():
    """The reason names the first alone, and the second may hide whatever was added."""
    other = Gap("a component comes from a package", (STORAGE_ACCOUNT.arm,))
    holed, twice, third = (
        report(*OLD, gaps=gaps) for gaps in ((GAP,), (GAP, other), (GAP, msgspec.structs.replace(other, reason="x")))
    )
    assert against(holed, twice).against.adds is Verdict.UNPROVEN
    assert against(twice, third).against.adds is Verdict.UNPROVEN
    assert against(twice, twice).against.adds is Verdict.NOT_APPLICABLE


def test_a_gap_behind_another_is_news_of_the_whole_estate():
    """Its one finding names the first gap, too."""

    def none(estate):
        return kept("there is none")

    rule = control("accounts-none", none, asks=("estate",), needs=(STORAGE_ACCOUNT,))
    holed, twice = (report(rule=rule, gaps=gaps) for gaps in ((GAP,), (GAP, Gap("another"))))
    assert against(holed, twice).against.adds is Verdict.UNPROVEN


def test_a_baseline_of_another_stack_is_refused():
    """What is said of an estate as a whole would be let through in any; a template's path may differ."""
    seen = msgspec.structs.replace(report(*OLD), origin="project shop, stack sandbox")
    with pytest.raises(AuditError, match=r"of project shop, stack sandbox, and this is a test\. Make one for each"):
        against(seen, report(*OLD))
    moved = msgspec.structs.replace(report(*OLD, plane=Plane.TEMPLATE), origin="the template elsewhere.json")
    assert against(moved, report(*OLD, plane=Plane.TEMPLATE)).against.adds is Verdict.NOT_APPLICABLE
