"""Work that takes its time by the local Azure's clock: it ends well, fails or hangs, and only then is there a result.

https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

import fnmatch
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from audit.sandbox.address import Address
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.store import Store

KIND, _BEHAVIOUR = "job", "job behaviour"
_USUAL = 0.5
"""Seconds that work takes where nothing else was said: enough to be seen running."""


class Outcome(StrEnum):
    """How work can end."""

    DONE = "done"
    FAILED = "failed"
    """It ends without its effect, and says an error."""
    PARTIAL = "partial"
    """It ends with an error, and a part of its effect is there."""
    HANGING = "hanging"
    """It never ends."""


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """How long work takes and how it ends, for all that is about what a pattern names; the last one set counts."""

    about: str = "*"
    """A pattern of the ARM path that the work is about, `*` for anything, without case."""
    operation: str = "*"
    """A pattern of the work's name (`restore`, `failover`), without case."""
    seconds: float = _USUAL
    outcome: Outcome = Outcome.DONE
    code: str = "InternalServerError"
    message: str = "The operation failed."


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work."""

    id: str
    operation: str
    about: str
    """The ARM path of what is worked on: the resource that will be there, or the protected item."""
    effect: str
    """The name of what happens at its end (see `settle`)."""
    words: Mapping[str, Any]
    """What the effect is told."""
    began: datetime
    ends: datetime | None
    """None where it hangs."""
    outcome: Outcome
    code: str
    message: str
    settled: bool = False
    """Whether its end has come and its effect is there."""

    @property
    def status(self) -> str:
        """Return ARM's word for how it stands: `InProgress`, `Succeeded` or `Failed`."""
        if not self.settled:
            return "InProgress"
        return "Succeeded" if self.outcome is Outcome.DONE else "Failed"

    @property
    def error(self) -> dict[str, str]:
        """Return ARM's error of one that failed, empty for all others."""
        return {"code": self.code, "message": self.message} if self.status == "Failed" else {}


Effect = Callable[[Store, Job], None]
"""What happens at the end of work; one that ends in part is told by the job's outcome."""


def behave(store: Store, behaviour: Behaviour) -> None:
    """Have all work that begins from now on go this way."""
    store.put_document(_BEHAVIOUR, f"{len(store.documents(_BEHAVIOUR)):06}", msgspec.to_builtins(behaviour))


def begin(store: Store, operation: str, about: str, effect: str, words: Mapping[str, Any], *, id: str = "") -> Job:  # noqa: A002  # it is the field's own name
    """Begin work on what an ARM path names; it ends by the local Azure's clock."""
    now, how = store.now(), _behaviour(store, operation, about)
    ends = None if how.outcome is Outcome.HANGING else now + timedelta(seconds=how.seconds)
    job = Job(
        id=id or str(uuid.uuid4()),
        operation=operation,
        about=about,
        effect=effect,
        words=words,
        began=now,
        ends=ends,
        outcome=how.outcome,
        code=how.code,
        message=how.message,
    )
    _keep(store, job)
    return job


def settle(store: Store, effects: Mapping[str, Effect]) -> None:
    """Let the effects of all work happen whose end has come, in the order in which it began."""
    now = store.now()
    for job in listed(store):
        if job.settled or job.ends is None or job.ends > now:
            continue
        if job.outcome is not Outcome.FAILED:
            effects[job.effect](store, job)
        _keep(store, msgspec.structs.replace(job, settled=True))


def listed(store: Store) -> tuple[Job, ...]:
    """Return all work, in the order in which it began; empty for none."""
    found = (msgspec.convert(body, Job) for body in store.documents(KIND))
    return tuple(sorted(found, key=lambda job: (job.began, job.id)))


def found(store: Store, identity: str) -> Job | None:
    """Return the work of an id, None where there is none."""
    body = store.document(KIND, identity.lower())
    return msgspec.convert(body, Job) if body else None


def begun(call: Call, job: Job, provider: str, body: Any = None, *, status: int = 202) -> Reply:
    """Answer that work has begun, with where its state (`Azure-AsyncOperation`) and its result (`Location`) are."""
    version = _version(call)
    subscription = job.about.split("/")[2]
    place = f"{call.base}/subscriptions/{subscription}/providers/{provider}/locations/local"
    headers = {
        "Retry-After": "1",
        "Azure-AsyncOperation": f"{place}/jobOperations/{job.id}?{version}",
        "Location": f"{place}/jobResults/{job.id}?{version}",
    }
    return Reply(status, body, headers)


def state(job: Job, path: str) -> dict[str, Any]:
    """Return how work stands, as `Azure-AsyncOperation` answers it."""
    told: dict[str, Any] = {"id": path, "name": job.id, "status": job.status, "startTime": job.began.isoformat()}
    if job.settled and job.ends:
        told["endTime"] = job.ends.isoformat()
    return {**told, "error": job.error} if job.error else told


def answer(call: Call, address: Address) -> Reply | None:
    """Answer where a client asks how work stands, or for its result; None where the path leads to neither.

    The result is what was worked on; 204 where there is none to show, as after a deletion.
    """
    where = [kind.lower() for kind in address.types]
    if where not in (["locations", "joboperations"], ["locations", "jobresults"]):
        return None
    job = found(call.store, address.names[-1])
    if job is None:
        raise Refusal(404, "NotFound", f"The operation '{address.names[-1]}' was not found.")
    if where[-1] == "joboperations":
        return Reply(200, state(job, address.path), {} if job.settled else {"Retry-After": "1"})
    if job.status == "InProgress":
        return Reply(202, None, {"Retry-After": "1", "Location": f"{call.base}{address.path}?{_version(call)}"})
    if job.error:
        raise Refusal(409, job.code, job.message)
    body = call.store.read(job.about)
    return Reply(204) if body is None else Reply(200, body)


def _version(call: Call) -> str:
    return f"api-version={call.query.get('api-version', '')}"


def _behaviour(store: Store, operation: str, about: str) -> Behaviour:
    """Return how work goes: as the last one said that fits."""
    for body in reversed(store.documents(_BEHAVIOUR)):
        told = msgspec.convert(body, Behaviour)
        fits = zip((about, operation), (told.about, told.operation), strict=True)
        if all(fnmatch.fnmatchcase(value.lower(), pattern.lower()) for value, pattern in fits):
            return told
    return Behaviour()


def _keep(store: Store, job: Job) -> None:
    store.put_document(KIND, job.id.lower(), msgspec.to_builtins(job))
