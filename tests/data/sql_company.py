"""The fictitious company's tables in the local Azure, as policies/targets.toml names them, sound until harmed."""

import copy
import tomllib

from audit.clouds import cloud_at
from audit.databases import connecting
from audit.engine import Court
from audit.limits import Bucket
from audit.model import Plane, Snapshot, Targets
from audit.policies import Policies
from audit.sandbox.sql_contents import hold
from tests.data.insides import NOW, inside
from tests.live import SHORT
from tests.support import CONTROLS, POLICIES

CANARY = "Mustermann-c4f2"
"""Stands in every text of every row."""
HASH, SALT = "11" * 32, "22" * 16


def moment(text, *, year=2026):
    return {"datetime": f"{year}-{text}"}


def table(**columns):
    """Return a table without rows: name → type."""
    return {"columns": [[name, kind] for name, kind in columns.items()], "rows": []}


def sound():
    """Return what every database holds where every promise is kept: database → table → columns and rows."""
    text, day, number = "nvarchar(100)", "datetime2", "int"
    administrators = table(
        **dict.fromkeys(("CompanyName", "company_address", "FirstName", "LastName", "Phone", "Email"), text),
        **dict.fromkeys(("CustomerCode", "Mobile", "Fax", "AccountId"), text),
        **{"DefaultPasswordHash": "varbinary(64)", "DefaultPasswordSalt": "varbinary(32)"},
        **{"AdministratorId": number, "MustChangePassword": "bit", "DefaultPasswordMadeAt": day},
    )
    person = [CANARY] * 9
    administrators["rows"] = [
        [*person, "a", {"bytes": HASH}, {"bytes": SALT}, 1, True, moment("10-03T09:00:00")],
        [*person, "b", {"bytes": HASH}, {"bytes": "33" * 16}, 2, True, moment("10-04T09:00:00")],
        [*person, "b", None, None, 3, False, None],
    ]
    accounts = table(AccountId=text, ClosedAt=day)
    accounts["rows"] = [["a", None], ["b", None], ["closed", moment("01-05T09:00:00")]]
    mailboxes = table(MailboxId=text, AccountId=text)
    mailboxes["rows"] = [[f"{CANARY}-1", "a"], [f"{CANARY}-2", "b"]]
    trail = table(MailboxId=text, Action=text, AdministratorId=number)
    trail["rows"] = [[f"{CANARY}-1", "mailbox created", 1], [f"{CANARY}-2", "mailbox created", 3]]
    licences = table(LicenceKey=text, CustomerCode=text, Product=text, ContactName=text, LicenceId=number)
    connectors = table(Kind=text)
    connectors["rows"] = [["portal"]]
    deleted = table(DeletedAt=day, KeyDestroyedAt=day)
    deleted["rows"] = [[moment("08-01T09:00:00"), moment("08-02T09:00:00")], [moment("10-01T09:00:00"), None]]
    exports = table(SubjectId=text, Recipient=text, ExportedAt=day)
    exports["rows"] = [[CANARY, "partner", moment("05-05T09:00:00")]]
    permissions = table(SubjectId=text, Recipient=text, GrantedAt=day, WithdrawnAt=day)
    permissions["rows"] = [[CANARY, "partner", moment("05-01T09:00:00"), moment("06-01T09:00:00")]]
    return {
        "provisioning": {
            **{"Administrators": administrators, "Accounts": accounts, "Mailboxes": mailboxes, "AuditTrail": trail},
            **{"Licences": licences, "Purchases": table(LicenceId=number), "Connectors": connectors},
            **{"DeletedMailboxes": deleted, "Exports": exports, "SharingPermissions": permissions},
        },
        **_marketing(text, day, number),
    }


def _marketing(text, day, number):
    contacts = table(
        **dict.fromkeys(("Name", "Email", "SubjectCategory", "Source", "ContextNote"), text),
        **{"OptIn": "bit", "OptOutAt": day, "ContactId": number},
    )
    contacts["rows"] = [
        [CANARY, CANARY, "current", "website", CANARY, True, None, 1],
        [CANARY, CANARY, "prospect", "referral", CANARY, False, moment("09-20T09:00:00"), 2],
    ]
    sends = table(ContactId=number, SentAt=day)
    sends["rows"] = [[1, moment(f"09-{day:02}T09:00:00")] for day in (1, 8, 15, 22)] + [[2, moment("09-19T09:00:00")]]
    imports = table(Source=text)
    imports["rows"] = [["social"]]
    log = table(
        **dict.fromkeys(("SenderAddress", "RecipientAddress", "Subject", "AttachmentNames", "ServerIp"), text),
        **{"ReceivedAt": day, "MailLogId": number},
    )
    log["rows"] = [[*[CANARY] * 5, moment("10-01T09:00:00"), 1]]
    sessions = table(CustomerCode=text, StartedAt=day)
    sessions["rows"] = [[CANARY, moment("07-31T17:00:00")]]
    contracts = table(CustomerCode=text, BeginsOn="date", EndsOn="date")
    contracts["rows"] = [[CANARY, {"datetime": "2026-01-01"}, {"datetime": "2026-07-31"}]]
    return {
        "marketing": {
            **{"Contacts": contacts, "Sends": sends, "ContactImports": imports},
            "Enquiries": table(Name=text, Email=text, Details=text, OptIn="bit", EnquiryId=number),
        },
        "maillog": {"MailLog": log},
        "support": {"OperatorSessions": sessions, "ServiceContracts": contracts},
    }


class Company:
    """A server with the company's databases in the local Azure."""

    def __init__(self, sandbox):
        self.sandbox, self.databases = sandbox, sound()
        self.targets = tomllib.loads((POLICIES / "targets.toml").read_text())
        sandbox.store.set_clock(NOW)
        self.server = f"{sandbox.group('production')}/providers/Microsoft.Sql/servers/hosting-sql"
        sandbox.put(self.server, {"location": "uksouth", "properties": {}})
        for name in self.databases:
            sandbox.put(f"{self.server}/databases/{name}", {"location": "uksouth", "properties": {}})
        self.fill()

    def fill(self):
        """Let the databases hold what is in them now."""
        for name, tables in self.databases.items():
            hold(self.sandbox.store, f"{self.server}/databases/{name}", NOW, copy.deepcopy(tables))

    def inside(self, **more):
        """Return a run of the data checks."""
        bucket = Bucket(rate=1000, burst=1000, clock=lambda: 0.0, sleep=lambda seconds: None)
        cloud = cloud_at(self.sandbox.url, patience=SHORT)
        ways = {"database": connecting(cloud, self.sandbox.credential, bucket, only_reading=True)}
        return inside(self.targets, **(ways | more))


def verdicts(found, targets, *controls):
    """Return what controls say of what was found, by their ids, and why."""
    seen = Snapshot(plane=Plane.LIVE, origin="a test", seen_at=NOW, resources=found.resources, gaps=found.gaps)
    rules = Policies(folder="", statements=(), controls={}, targets=Targets(targets), waivers=())
    court = Court(seen, rules, NOW.date())
    results = {name: court.result(CONTROLS[name]) for name in controls}
    return {name: (one.verdict, [finding.reason for finding in one.findings]) for name, one in results.items()}
