"""Databases are looked over for weaknesses all the time.

Catalogue: SQL-12.

## Why we promise this
Rights that grew, and settings that were loosened for an evening, are found by a machine that looks every week, or by
somebody who means harm. What it found is judged by a control of its own, live.

## How to keep it
Declare `sql.SqlVulnerabilityAssessmentsSetting` on the server with `vulnerability_assessment_name="default"` and
`state="Enabled"`.
"""

from audit.kinds.sql import SQL_SERVER, VULNERABILITY_ASSESSMENT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    every,
    kept,
    missing,
    same,
)

ON = SQL_SERVER
NEEDS = (VULNERABILITY_ASSESSMENT,)
SEVERITY = Severity.MEDIUM


def judge(server: Resource, estate: Estate) -> Ruling:
    settings = estate.children(server, VULNERABILITY_ASSESSMENT)
    if not settings:
        return missing(
            "nothing says that its weaknesses are looked for",
            declare='sql.SqlVulnerabilityAssessmentsSetting(server_name=…, state="Enabled", …)',
        )
    return every(_judge_setting, settings)


def _judge_setting(setting: Resource) -> Ruling:
    """Rule on one setting."""
    state = setting.read("state", str)
    if same(state, "Enabled"):
        return kept("the assessment is Enabled")
    return broken(f"the assessment is {state}, promised Enabled", change={"state": "Enabled"}, subject=setting)


def _setting(state: object) -> Neighbour:
    return Neighbour(VULNERABILITY_ASSESSMENT, {"serverName": {"$reference": "it"}, "state": state}, name="default")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_setting("Enabled"),)),
    Example(Verdict.BROKEN, {}, (_setting("Disabled"),)),
    Example(Verdict.BROKEN, {}, note="no setting"),
    Example(Verdict.UNPROVEN, {}, (_setting(None),)),
)
