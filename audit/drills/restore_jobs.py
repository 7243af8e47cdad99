"""A vault's restore job: asked for once, found again after a crash, and judged by whose fault its failure is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from audit.drills import machine_points as points
from audit.drills.actor import Begun
from audit.drills.drill import Drill
from audit.drills.outcomes import Failed, Inconclusive

ASK = "ask"
"""The step with which the restore is asked for."""
_WELL, _ENDED = ("completed", "completedwithwarnings"), ("completed", "completedwithwarnings", "failed", "cancelled")
_SKEW = timedelta(minutes=5)
_CODE = re.compile(r"-?\w{1,80}")
_ELSEWHERE = re.compile(
    r"quota|cores?\b|capacity|allocat|sku|vmsize|size.{0,20}not.{0,10}(available|supported)"
    r"|permission|authoriz|authoris|forbidden|access.?denied|policy|throttl|lock",
    re.IGNORECASE,
)
"""What an error says that is no fault of the backup: no room, no right, a rule in the way."""


def ask_once(drill: Drill, item: points.Backed, ask: Callable[[], Begun]) -> str:
    """Ask for the restore, and return the id of its job; after a crash it is looked for among the vault's jobs.

    Raises `Failed` where the vault says that the point cannot be restored, `Inconclusive` where it is something else.
    """
    asked = drill.begin(ASK, ask, probe=lambda: _begun(drill, item))
    told = drill.steps.do("job", lambda: _named(drill, asked))
    if not told["id"]:
        raise _trouble(f"the restore was refused: {told['code'] or 'no reason told'}", blameless=told["elsewhere"])
    return str(told["id"])


def demand_done(drill: Drill, item: points.Backed, job: str) -> None:
    """Wait for a job's end; raises `Failed` where it failed by the backup's fault, else `Inconclusive`."""
    told = drill.steps.do("job's end", lambda: _ended(drill, item, job))
    if told["status"].lower() in _WELL:
        return
    codes = ", ".join(told["codes"]) or "no code told"
    blameless = told["elsewhere"] or told["status"].lower() == "cancelled"
    raise _trouble(f"the restore job ended as {told['status']} ({codes})", blameless=blameless)


def _named(drill: Drill, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the job's id once the request was taken, or the code by which it was not."""
    if asked.get("job"):
        return {"id": asked["job"], "code": "", "elsewhere": False}
    if not asked.get("operation"):
        raise Inconclusive("the restore was taken, and nothing tells its job")
    status, code, body = drill.ended("restore request", str(asked["operation"]))
    job = (body.get("properties") or {}).get("jobId")
    if status.lower() == "succeeded" and job:
        return {"id": str(job), "code": "", "elsewhere": False}
    if status.lower() == "succeeded":
        raise Inconclusive("the restore was taken, and nothing tells its job")
    message = str((body.get("error") or {}).get("message", ""))
    return {"id": "", "code": code, "elsewhere": elsewhere(f"{code} {message}")}


def _begun(drill: Drill, item: points.Backed) -> Mapping[str, Any] | None:
    """Find the job that restores into the drill's group; None where there is none."""
    since = drill.begun.clock.at - _SKEW
    query = {"$filter": "operation eq 'Restore' and backupManagementType eq 'AzureIaasVM'"}
    for job in drill.actor.listed(f"{item.vault}/backupJobs", points.VAULTS, query):
        about = job.get("properties") or {}
        if str(about.get("operation", "")).lower() != "restore" or not _since(about.get("startTime"), since):
            continue
        whole = drill.actor.read(f"{item.vault}/backupJobs/{job['name']}", points.VAULTS)
        if _into(whole, drill.name):
            return {"operation": "", "job": str(job["name"])}
    return None


def _into(job: Mapping[str, Any], name: str) -> bool:
    """Tell whether a job's properties name the drill's group as where it restores to."""
    extended = (job.get("properties") or {}).get("extendedInfo") or {}
    bags = (extended.get("propertyBag") or {}, extended.get("internalPropertyBag") or {})
    values = (str(value).lower() for bag in bags for value in bag.values())
    return any(name in re.split(r"[/;,\s]", value) for value in values)


def _since(text: Any, since: datetime) -> bool:
    began = points.instant(text)
    return began is not None and began >= since


def elsewhere(words: str) -> bool:
    """Tell whether an error speaks of what is no fault of the backup: no room, no right, a rule in the way."""
    return _ELSEWHERE.search(words) is not None


def _ended(drill: Drill, item: points.Backed, job: str) -> Mapping[str, Any]:
    def look() -> Mapping[str, Any] | None:
        about = drill.actor.read(f"{item.vault}/backupJobs/{job}", points.VAULTS).get("properties") or {}
        status = str(about.get("status", ""))
        if status.lower() not in _ENDED:
            return None
        errors = tuple(about.get("errorDetails") or ())
        told = (str(error.get("errorCode") or error.get("errorTitle") or "") for error in errors)
        # A title of several words may hold a name; a code is one.
        codes = [code for code in told if _CODE.fullmatch(code)]
        return {"status": status, "codes": codes, "elsewhere": elsewhere(_words(errors))}

    return drill.wait("restore job", look)


def _words(errors: Iterable[Mapping[str, Any]]) -> str:
    """Return what errors say, to be judged and not to be kept: it holds names."""
    return " ".join(f"{error.get('errorTitle', '')} {error.get('errorString', '')}" for error in errors)


def _trouble(reason: str, *, blameless: bool) -> Failed | Inconclusive:
    return Inconclusive(reason) if blameless else Failed(3, reason)
