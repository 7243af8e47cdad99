"""The audit of the databases reaches the workspace.

Catalogue: SQL-10.

## Why we promise this
Auditing that is switched on and sent nowhere looks like evidence and is none.

## How to keep it
Declare `monitor.DiagnosticSetting` on the server's master database,
`resource_uri=pulumi.Output.concat(server.id, "/databases/master")`, with a `workspace_id` and an enabled log of
category `SQLSecurityAuditEvents`. Azure makes none by itself. The live audit adds that entries arrive.
"""

from collections.abc import Iterator

from audit.kinds.diagnostics import example, sends
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.sql import SQL_DATABASE, SQL_SERVER, is_master
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, kept, missing

ON = SQL_SERVER
NEEDS = (DIAGNOSTIC_SETTING, SQL_DATABASE)
SEVERITY = Severity.HIGH


def judge(server: Resource, estate: Estate) -> Ruling:
    for setting in _settings(server, estate):
        if sends(setting, "SQLSecurityAuditEvents", "allLogs"):
            return kept(f"{setting.name} sends SQLSecurityAuditEvents of master to the workspace")
    return missing(
        "no setting sends SQLSecurityAuditEvents of master to a workspace",
        declare='monitor.DiagnosticSetting(resource_uri=pulumi.Output.concat(server.id, "/databases/master"), …)',
    )


def _settings(server: Resource, estate: Estate) -> Iterator[Resource]:
    """Yield the settings of master, which a program never declares and a live listing holds as a database."""
    yield from estate.children(server, DIAGNOSTIC_SETTING, below="/databases/master")
    for database in estate.children(server, SQL_DATABASE):
        if is_master(database):
            yield from estate.children(database, DIAGNOSTIC_SETTING)


_MASTER = {"$reference": "it", "suffix": "/databases/master"}


def _setting(log: object, of: object = _MASTER, **more: object) -> Neighbour:
    return example(log, of=of, **more)


_LOG = {"category": "SQLSecurityAuditEvents", "enabled": True}
_LIVE = Neighbour(SQL_DATABASE, {"serverName": {"$reference": "it"}}, name="master")
EXAMPLES = (
    Example(Verdict.KEPT, {}, (_setting(_LOG),)),
    Example(Verdict.KEPT, {}, (_LIVE, _setting(_LOG, of="master")), note="master as Azure lists it"),
    Example(Verdict.BROKEN, {}, (_setting(_LOG, of="it"),), note="on the server, not on master"),
    Example(Verdict.BROKEN, {}, (_setting({**_LOG, "enabled": False}),)),
    Example(Verdict.BROKEN, {}, (_setting({**_LOG, "category": "Errors"}),)),
    Example(Verdict.BROKEN, {}, (_setting(_LOG, workspaceId=None),), note="no workspace"),
    Example(Verdict.BROKEN, {}, note="no setting"),
    Example(Verdict.UNPROVEN, {}, (_setting({"category": "SQLSecurityAuditEvents"}),)),
)
