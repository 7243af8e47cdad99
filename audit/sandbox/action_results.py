"""What an action answers when its work is done, where that is no resource: what a script printed, the rules at work."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from audit.sandbox import jobs
from audit.sandbox.address import Address
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.jobs import Job
from audit.sandbox.store import Store

_KIND, _WORD = "action result", "actionResults"


def begun(call: Call, job: Job, provider: str) -> Reply:
    """Answer that an action has begun, with where its state and its result are."""
    reply = jobs.begun(call, job, provider)
    link = urlsplit(reply.headers["Location"])
    place = link.path.replace("/jobResults/", f"/{_WORD}/")
    return Reply(202, None, {**reply.headers, "Location": f"{call.base}{place}?{link.query}"})


def keep(store: Store, job: Job, result: Mapping[str, Any]) -> None:
    """Keep what an action answers."""
    store.put_document(_KIND, job.id.lower(), result)


def answer(call: Call, address: Address) -> Reply | None:
    """Answer where a client asks for an action's result; None where the path leads elsewhere."""
    if [kind.lower() for kind in address.types] != ["locations", _WORD.lower()]:
        return None
    job = jobs.found(call.store, address.names[-1])
    if job is None:
        raise Refusal(404, "NotFound", f"The operation '{address.names[-1]}' was not found.")
    if not job.settled:
        version = f"api-version={call.query.get('api-version', '')}"
        return Reply(202, None, {"Retry-After": "1", "Location": f"{call.base}{address.path}?{version}"})
    if job.error:
        raise Refusal(409, job.code, job.message)
    found = call.store.document(_KIND, job.id.lower())
    return Reply(204) if found is None else Reply(200, found)
