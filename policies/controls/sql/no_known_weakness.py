"""No weakness that was found in a database is still open.

Catalogue: SQL-12.

## Why we promise this
A finding that stays open is worse than none: somebody knew. Defender for Cloud calls a database healthy once every
finding is mended, or accepted with a baseline that says why.

## How to keep it
Open the database's vulnerability assessment in the portal, mend each finding, or accept it as the baseline.
"""

from audit.kinds.security import SECURITY_ASSESSMENT
from audit.kinds.sql import SQL_DATABASE, is_master
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    not_applicable,
    same,
)

ON = SQL_DATABASE
NEEDS = (SECURITY_ASSESSMENT,)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.MEDIUM
# Defender's own key of "vulnerability findings resolved"; the policy that asks for it has another.
# https://learn.microsoft.com/azure/defender-for-cloud/recommendations-reference-data
FINDINGS_RESOLVED = "82e20e14-edc5-4373-bfc4-f13121257c37"


def judge(database: Resource, estate: Estate) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    found = [
        assessment
        for assessment in estate.children(database, SECURITY_ASSESSMENT)
        if same(assessment.read("assessmentName", str), FINDINGS_RESOLVED)
    ]
    if not found:
        raise Unseen("Defender for Cloud has not said whether it found a weakness")
    return every(_judge_assessment, found)


def _judge_assessment(assessment: Resource) -> Ruling:
    """Rule on what Defender says of one database."""
    code = assessment.read("status.code", str)
    if same(code, "Healthy"):
        return kept("Defender for Cloud calls it Healthy")
    if same(code, "NotApplicable"):
        raise Unseen("Defender for Cloud did not look: its status is NotApplicable")
    return broken(f"Defender for Cloud calls it {code}, promised Healthy")


def _says(code: object, name: str = FINDINGS_RESOLVED) -> Neighbour:
    body = {"resourceId": {"$reference": "it"}, "assessmentName": name, "status": {"code": code}}
    return Neighbour(SECURITY_ASSESSMENT, body, name=f"says-{name}")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_says("Healthy"),)),
    Example(Verdict.KEPT, {}, (_says("Healthy"), _says("Unhealthy", "another")), note="of another kind"),
    Example(Verdict.BROKEN, {}, (_says("Unhealthy"),)),
    Example(Verdict.UNPROVEN, {}, (_says("NotApplicable"),)),
    Example(Verdict.UNPROVEN, {}, (_says(None),)),
    Example(Verdict.UNPROVEN, {}, note="nobody looked"),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
