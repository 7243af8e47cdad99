"""A report made by hand: every verdict, every cause, long names, and names that mean harm."""

from datetime import UTC, date, datetime

from audit.facts import Cause, Reading
from audit.model import Answer, Gap, Plane, Severity, Unassessed, Verdict, worst
from audit.promises import (
    Change,
    Contrast,
    ControlResult,
    Difference,
    Drift,
    Finding,
    Obligation,
    PromiseResult,
    Proof,
    Report,
    StatementResult,
)

SCRIPT = "<script>alert('x')</script>"
ESCAPE = "tidy\x1b[2J\nKept: all is well\u202eexe"
LONG = "urn:pulumi:production::hosting::hosting:mail:Archive$azure-native:storage:StorageAccount::" + "archive" * 20
DIGEST = "8a33ffe65ec9a772b72b25fd929dbd46451b9a723793eda1dd703814d4f71bdc"


def finding(control, verdict, reason, **more):
    """Make a finding of medium severity unless told otherwise."""
    return Finding(**{"severity": Severity.MEDIUM, "control": control, "verdict": verdict, "reason": reason} | more)


def control(identity, title, catalogue, *found):
    """Make a control whose verdict is the worst of its findings."""
    severity = found[0].severity if found else Severity.LOW
    verdict = worst(one.verdict for one in found)
    return ControlResult(
        id=identity, title=title, catalogue=catalogue, severity=severity, verdict=verdict, findings=found
    )


def promise(identity, text, verdict, controls=None, **more):
    """Make a promise that binds the processor unless told otherwise."""
    plain = {"binds": "processor", "gdpr": ("Art. 32(1)(b)",), "counted": True, "complementary": False}
    plain |= {"categorical": False, "needs": Proof(), "reason": "", "drift": ()}
    return PromiseResult(id=identity, text=text, verdict=verdict, controls=controls or {}, **plain | more)


ANONYMOUS = control(
    "storage-no-anonymous-read",
    "Storage accounts refuse anonymous reads",
    "STO-03",
    finding(
        "storage-no-anonymous-read",
        Verdict.BROKEN,
        "a container may opt in to anonymous reads",
        severity=Severity.CRITICAL,
        resource=LONG,
        name="archive",
        type="Microsoft.Storage/storageAccounts",
        file="stacks/archive.py",
        line=41,
        remedy=(Change(code="allow_blob_public_access=False", file="stacks/archive.py", line=44),),
        evidence=(Reading(LONG, "allowBlobPublicAccess", True),),
        data=("archive", "mail"),
        answers=(
            Answer(
                f"https://management.azure.com/{SCRIPT}?api-version=2024-01-01",
                datetime(2026, 11, 21, 9, 29, 58, tzinfo=UTC),
                f"6f1c{ESCAPE}",
                "ab" * 32,
            ),
        ),
    ),
    finding(
        "storage-no-anonymous-read",
        Verdict.KEPT,
        "anonymous reads are off for the whole account",
        severity=Severity.CRITICAL,
        resource="urn::recovery",
        name="recovery",
        type="Microsoft.Storage/storageAccounts",
        file="stacks/recovery.py",
        line=18,
        evidence=(Reading("urn::recovery", "allowBlobPublicAccess", False),),
        data=("contacts",),
    ),
)
LOCKED = control(
    "storage-archive-locked",
    "The archive cannot be deleted before its time",
    "STO-11",
    finding(
        "storage-archive-locked",
        Verdict.WAIVED,
        "the retention lock is open: it can be shortened",
        severity=Severity.HIGH,
        resource="urn::worm",
        name="worm",
        type="Microsoft.Storage/storageAccounts/blobServices/containers",
        file="stacks/archive.py",
        line=77,
        remedy=(Change(code='in immutability_policy: state="Locked"', file="stacks/archive.py", line=79),),
        evidence=(
            Reading("urn::worm", "immutabilityPolicy.state", "Unlocked"),
            Reading(
                "urn:pulumi:p::h::t::archive", "id", {"$reference": "urn:pulumi:p::h::t::archive", "property": "id"}
            ),
        ),
        waiver="Head of Platform until 2027-03-31: a lock cannot be undone, and the retention is still under review",
    ),
)
RULES = control(
    "network-nsg-no-management",
    "No rule lets the internet reach a management port",
    "NET-05",
    finding(
        "network-nsg-no-management",
        Verdict.BROKEN,
        "rule allow-rdp lets 0.0.0.0/0 reach port 3389, promised none",
        severity=Severity.HIGH,
        resource="urn::nsg",
        name=SCRIPT,
        type="Microsoft.Network/networkSecurityGroups",
        file="stacks/security_groups.py",
        line=12,
        remedy=(
            Change(code='in security_rules: source_address_prefix="10.20.0.0/24"', file="stacks/addresses.py", line=9),
            Change(code="declare a bastion host for the network"),
        ),
        evidence=(
            Reading("urn::nsg", "securityRules[0].sourceAddressPrefix", "<img src=http://evil.example/x onerror=1>"),
        ),
    ),
    finding(
        "network-nsg-no-management",
        Verdict.KEPT,
        "no rule opens a management port",
        severity=Severity.HIGH,
        resource="urn::" + "very-long-security-group-name-" * 6,
        name="very-long-security-group-name-" * 6,
        type="Microsoft.Network/networkSecurityGroups",
        evidence=(Reading("urn::long", "securityRules", "3 listed"),),
    ),
)
KEYS = control(
    "keys-rotate",
    "Keys are rotated within a year",
    "KEY-04",
    finding(
        "keys-rotate",
        Verdict.UNPROVEN,
        "rotationPolicy.lifetimeActions is not known before deployment",
        severity=Severity.CRITICAL,
        resource="urn::key",
        name="mail-key",
        type="Microsoft.KeyVault/vaults/keys",
        file="stacks/keys.py",
        line=30,
        cause=Cause.UNKNOWN,
        evidence=(Reading("urn::key", "rotationPolicy.lifetimeActions", {"$unknown": True}),),
    ),
)
SQL = control(
    "sql-tls-floor",
    "Databases refuse protocols older than TLS 1.2",
    "SQL-02",
    finding(
        "sql-tls-floor",
        Verdict.UNPROVEN,
        "minimalTlsVersion is not known before deployment",
        resource="urn::sql",
        name=ESCAPE,
        type="Microsoft.Sql/servers",
        file="stacks/sql_databases.py",
        line=22,
        cause=Cause.UNKNOWN,
    ),
    finding("sql-tls-floor", Verdict.KEPT, "TLS 1.2 demanded, 1.2 promised", resource="urn::sql2", name="portal-sql"),
)
REGIONS = control(
    "geo-uk-regions-only",
    "Data stands in the United Kingdom",
    "GEO-01",
    *(
        finding(
            "geo-uk-regions-only",
            Verdict.KEPT,
            "stands in uksouth, promised uksouth or ukwest",
            severity=Severity.HIGH,
            resource=f"urn::thing-{number}",
            name=f"thing-{number:02}",
            type="Microsoft.Compute/virtualMachines",
            file="stacks/machines.py",
            line=100 + number,
            evidence=(Reading(f"urn::thing-{number}", "location", "UK South"),),
        )
        for number in range(12)
    ),
    finding("geo-uk-regions-only", Verdict.NOT_APPLICABLE, "a global service has no region", name="front-door"),
)
DNS = control(
    "dns-mx-partner-only",
    "Mail arrives by the filter only",
    "DNS-01",
    finding(
        "dns-mx-partner-only",
        Verdict.UNPROVEN,
        "the listing is incomplete: the zone file was not readable",
        severity=Severity.LOW,
        cause=Cause.GAP,
    ),
)
COOKIES = control(
    "web-no-platform-cookies",
    "The website sets no cookie of the platform",
    "WEB-04",
    finding("web-no-platform-cookies", Verdict.NOT_APPLICABLE, "the site has one instance only", name="website"),
)

STATEMENT_A = StatementResult(
    id="A",
    company="Example Hosting Ltd",
    title="Data Protection: Statement of Policy",
    url="https://hosting.example/privacy.html?a=1&b=2",
    seen=date(2026, 11, 21),
    digest=DIGEST,
    outside=("contacts",),
    promises=(
        promise(
            "A-14a",
            "Nobody can read an archive without signing in.",
            Verdict.BROKEN,
            {ANONYMOUS.id: Verdict.BROKEN, LOCKED.id: Verdict.WAIVED, REGIONS.id: Verdict.KEPT},
            reason="broken: storage-no-anonymous-read",
            needs=Proof(probes=("LV-03",), drills=("DR-01", "DR-02"), attestations=("AT-02",)),
            gdpr=("Art. 5(1)(f)", "Art. 32(1)(b)"),
        ),
        promise(
            "A-14d",
            "Mail stands in the United Kingdom.",
            Verdict.UNPROVEN,
            {REGIONS.id: Verdict.KEPT, "geo-replication-stays-in-uk": Verdict.UNPROVEN},
            reason="not proven: geo-replication-stays-in-uk; still needs: a drill, an attestation",
            needs=Proof(drills=("DR-01",), attestations=("AT-07",)),
            drift=("D1", "D2"),
        ),
        promise(
            "A-27b2",
            "No third party ever handles the data.",
            Verdict.BROKEN,
            {LOCKED.id: Verdict.BROKEN},
            reason="broken: storage-archive-locked",
            categorical=True,
            drift=("D2",),
        ),
        promise(
            "A-15a",
            "Mail is filtered on its way in.",
            Verdict.UNPROVEN,
            {DNS.id: Verdict.UNPROVEN, SQL.id: Verdict.KEPT},
        ),
        promise(
            "A-16",
            "Retention is honoured.",
            Verdict.WAIVED,
            {LOCKED.id: Verdict.WAIVED, COOKIES.id: Verdict.NOT_APPLICABLE},
        ),
        promise("A-17", "Machines stand where the law is known.", Verdict.KEPT, {REGIONS.id: Verdict.KEPT}),
        promise(
            "A-18",
            "Staff are trained every year.",
            Verdict.UNPROVEN,
            needs=Proof(attestations=("AT-02", "AT-03"), data_checks=("DP-01",)),
            reason="still needs: a data check, 2 attestations",
        ),
        promise(
            "A-07a",
            "Every customer names somebody to administer its account.",
            Verdict.NOT_APPLICABLE,
            binds="customer, reseller",
            counted=False,
            complementary=True,
            reason="the customer's part",
        ),
        promise(
            "A-00",
            "The services on sale.",
            Verdict.NOT_APPLICABLE,
            binds="",
            gdpr=(),
            counted=False,
            reason="not a promise",
        ),
    ),
    drift=(
        Drift("D1", "The data stands in London; the page names another town.", ("A-14d",), "an amended statement"),
        Drift(
            "D2",
            "Several firms handle data; the statement rules out every third party.",
            ("A-14d", "A-27b2"),
            "a signed register of sub-processors",
        ),
    ),
)
STATEMENT_B = StatementResult(
    id="B",
    company="Example Software Ltd",
    title=f"Contact data {SCRIPT}",
    url="javascript:alert(1)",
    seen=date(2026, 11, 20),
    digest=DIGEST[::-1],
    outside=("archive", "mail"),
    promises=(
        promise(
            "B-03",
            "Nobody reaches our machines from the internet.",
            Verdict.BROKEN,
            {RULES.id: Verdict.BROKEN, KEYS.id: Verdict.UNPROVEN},
            reason="broken: network-nsg-no-management",
            binds="vendor",
        ),
        promise(
            "B-11",
            "Customers are those whom the company likes.",
            Verdict.UNPROVEN,
            reason="a taste cannot be checked: nothing says what makes a customer wanted",
            gdpr=(),
        ),
    ),
    drift=(),
)
REPORT = Report(
    product="promise-audit 0.1.0",
    plane=Plane.PROGRAM,
    origin="the program hosting, stack production",
    seen_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    judged_on=date(2026, 11, 21),
    verdict=Verdict.BROKEN,
    statements=(STATEMENT_A, STATEMENT_B),
    controls=(ANONYMOUS, LOCKED, RULES, KEYS, SQL, REGIONS, DNS, COOKIES),
    resources=214,
    gaps=(
        Gap("the zone file was not readable", ("Microsoft.Network/dnszones", "Microsoft.Network/privateDnsZones")),
        Gap("a component of another package was not run"),
    ),
    unassessed=(
        Unassessed("random:index/randomPassword:RandomPassword", "admin-password", "no control speaks of it"),
        Unassessed("azure-native:search:Service", SCRIPT, "the type has no row among the kinds"),
    ),
    obligations=(
        Obligation(
            "keys-rotate", "mail-key", "rotationPolicy.lifetimeActions is not known before deployment", "urn:mail-key"
        ),
        Obligation("sql-tls-floor", ESCAPE, "minimalTlsVersion is not known before deployment", ESCAPE),
    ),
    tools={"pulumi": "3.272.0", "pulumi-azure-native": "3.29.0", "python": "3.11.9"},
    differences=(
        Difference(
            contrast=Contrast.VERDICT,
            resource="/subscriptions/s/resourcegroups/g/providers/microsoft.storage/storageaccounts/archive",
            name="archive",
            type="Microsoft.Storage/storageAccounts",
            controls=("storage-no-anonymous-read",),
            declared=Verdict.KEPT,
            live=Verdict.BROKEN,
            reason=f"a container may opt in {SCRIPT}",
            file="stacks/archive.py",
            line=12,
        ),
        Difference(contrast=Contrast.UNDECLARED, resource="/x", name=ESCAPE, type="Microsoft.Sql/servers/databases"),
        Difference(contrast=Contrast.MISSING, resource="urn:x", name="lock", type="Microsoft.Authorization/locks"),
        Difference(
            contrast=Contrast.UNSEEN,
            resource="urn:y",
            name="key",
            type="Microsoft.KeyVault/vaults/keys",
            reason="the keys of the vault could not be read: 403",
        ),
        Difference(
            contrast=Contrast.PROPERTY,
            resource="/y",
            name="server",
            type="Microsoft.Sql/servers",
            controls=("sql-tls-floor", "a-control-of-another-plane"),
            path="minimalTlsVersion",
            declared="1.2",
            live=None,
        ),
        Difference(
            contrast=Contrast.OPEN,
            resource="urn:z",
            name="mail-key",
            type="",
            reason="it was not found among what runs",
        ),
        Difference(
            contrast=Contrast.SETTLED, resource="/z", name="server", type="Microsoft.Sql/servers", live=Verdict.KEPT
        ),
    ),
)
