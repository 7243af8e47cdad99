"""Machines that run: their power, what the agent inside says, and scripts that are run in them.

https://learn.microsoft.com/rest/api/compute/virtual-machines
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.sandbox import action_results, auto_protection, jobs, machine_quotas, machine_scripts, permissions, resources
from audit.sandbox.address import Address, parse
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.defaults import instance_view
from audit.sandbox.jobs import Effect, Job, Outcome
from audit.sandbox.machine_contents import Contents, held, keep, of_machine, place
from audit.sandbox.made import moment
from audit.sandbox.store import EXPANDED, Store
from audit.sandbox.tokens import CLIENT

MACHINE = VIRTUAL_MACHINE.arm.lower()
POWER, SCRIPT = "power", "script"
"""The names of the work, by which tests say how it goes."""
_POWER = "machine power"
_STATES = {"start": "running", "restart": "running", "poweroff": "stopped", "deallocate": "deallocated"}
_PROVIDER = "Microsoft.Compute"


def answer(call: Call, address: Address) -> Reply | None:
    """Answer how a machine is (`instanceView`), or how much room there is; None where the path leads elsewhere."""
    if address.type == f"{MACHINE}/instanceview" and call.method == "GET":
        permissions.demand(call.store, f"{VIRTUAL_MACHINE.arm}/instanceView/read", address.path, CLIENT)
        machine = parse(address.above)
        return Reply(200, view(call.store, resources.read(call.store, machine))) if machine else None
    return machine_quotas.answer(call, address)


def demand_room(call: Call, address: Address) -> bool:
    """Raise 409 where a new machine would be one too many for its region; tells whether it is new."""
    if address.type != MACHINE or call.store.read(address.id) is not None:
        return False
    body = call.object()
    properties = body.get("properties") if isinstance(body.get("properties"), Mapping) else {}
    size = str(((properties or {}).get("hardwareProfile") or {}).get("vmSize") or "")
    words = machine_quotas.refusal(call.store, address.subscription, str(body.get("location", "")), size)
    if words:
        raise Refusal(409, machine_quotas.CODE, words)
    return True


def started(store: Store, machine: str) -> None:
    """Let a machine that was made a moment ago run, and be backed up where a policy says so."""
    store.put_document(_POWER, machine.lower(), {"state": "running", "since": moment(store.now())})
    auto_protection.take(store, machine)


def runs(store: Store, machine: str) -> bool:
    """Tell whether a machine runs, as all do that nobody stopped."""
    return _state(store, machine)[0] == "running"


def expanded(store: Store, address: Address) -> dict[str, Any]:
    """Return what `$expand` tells of a machine of which it is known what it holds or how it was left; else nothing."""
    if address.type != MACHINE or not (held(store, place(store, address.id)) or store.document(_POWER, address.id)):
        return {}
    found = store.read(address.id)
    return {"instanceView": view(store, found)} if found else {}


def view(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the instance view of a machine, as what it holds makes it."""
    identity = str(body["id"])
    contents, (state, since) = of_machine(store, identity), _state(store, identity)
    told = store.document(EXPANDED, identity.lower()) or {}
    power = {"code": f"PowerState/{state}", "level": "Info", "displayStatus": f"VM {state}"}
    statuses = [*instance_view()["statuses"][:1], power]
    found: dict[str, Any] = {**told.get("instanceView", {}), "statuses": statuses}
    if state != "running":
        return {key: value for key, value in found.items() if key != "vmAgent"}
    if contents.boots and contents.heartbeat:
        found = {**found, "computerName": body["name"], "osName": contents.system, "hyperVGeneration": "V2"}
    found["vmAgent"] = _agent(contents, since)
    if _diagnosed(body):
        screen = f"https://{body['name']}.z1.blob.storage.azure.net/bootdiagnostics/{body['name']}"
        found["bootDiagnostics"] = {
            "consoleScreenshotBlobUri": f"{screen}.screenshot.bmp",
            "serialConsoleLogBlobUri": f"{screen}.serialconsole.log",
        }
    return found


def turn(call: Call, address: Address) -> Reply:
    """Begin to start, restart, stop or deallocate a machine."""
    word = call.path.rstrip("/").rpartition("/")[2].lower()
    job = jobs.begin(call.store, POWER, address.path, "machine power", {"state": _STATES[word]})
    return jobs.begun(call, job, _PROVIDER)


def script(call: Call, address: Address) -> Reply:
    """Begin to run a script in a machine, which must run and have an agent that answers.

    https://learn.microsoft.com/azure/virtual-machines/windows/run-command
    """
    store, given = call.store, call.object()
    if not runs(store, address.id):
        message = f"Cannot modify extensions in the VM when the VM is not running: {address.name}."
        raise Refusal(409, "OperationNotAllowed", message)
    contents = of_machine(store, address.id)
    lines = [str(line) for line in given.get("script") or ()]
    machine_scripts.run(lines, contents)
    job = jobs.begin(store, SCRIPT, address.path, "machine script", {"script": lines})
    if not (contents.boots and contents.heartbeat):
        message = f"The virtual machine agent of '{address.name}' does not report that it is ready."
        job = failing(store, job, "VMAgentStatusCommunicationError", message)
    return action_results.begun(call, job, _PROVIDER)


def failing(store: Store, job: Job, code: str, message: str) -> Job:
    """Have work fail at its end in any case, unless it is to hang; returns it."""
    known = msgspec.structs.replace(job, outcome=Outcome.FAILED, code=code, message=message)
    known = known if job.ends else job
    store.put_document(jobs.KIND, known.id.lower(), msgspec.to_builtins(known))
    return known


def _turned(store: Store, job: Job) -> None:
    store.put_document(_POWER, job.about.lower(), {"state": job.words["state"], "since": moment(store.now())})


def _ran(store: Store, job: Job) -> None:
    """Keep what a script printed, in the form of the machine's system."""
    contents = of_machine(store, job.about)
    text, after = machine_scripts.run(job.words["script"], contents)
    if after != contents:
        keep(store, place(store, job.about), after)
    done = {"level": "Info", "displayStatus": "Provisioning succeeded"}
    if contents.system == "Linux":
        whole = f"Enable succeeded: \n[stdout]\n{text}\n\n[stderr]\n"
        parts = [{"code": "ProvisioningState/succeeded", **done, "message": whole}]
    else:
        texts = {"StdOut": text, "StdErr": ""}
        parts = [{"code": f"ComponentStatus/{name}/succeeded", **done, "message": part} for name, part in texts.items()]
    action_results.keep(store, job, {"value": parts})


def _state(store: Store, machine: str) -> tuple[str, str]:
    """Return a machine's power and since when."""
    found = store.document(_POWER, machine.lower()) or {}
    return str(found.get("state", "running")), str(found.get("since", ""))


def _agent(contents: Contents, since: str) -> dict[str, Any]:
    """Return what the agent says: ready, or, where nothing in the machine reports, that it was not heard.

    https://learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/windows-azure-guest-agent
    """
    if contents.boots and contents.heartbeat:
        said = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready"}
        message = "GuestAgent is running and processing the extensions."
    else:
        said = {"code": "ProvisioningState/Unavailable", "level": "Warning", "displayStatus": "Not Ready"}
        message = "VM status blob is found but not yet populated."
    ready = said["displayStatus"] == "Ready"
    return {
        "vmAgentVersion": "2.7.41491.1" if ready else "Unknown",
        "statuses": [{**said, "message": message, **({"time": since} if since else {})}],
    }


def _diagnosed(body: Mapping[str, Any]) -> bool:
    profile = (body.get("properties") or {}).get("diagnosticsProfile") or {}
    return (profile.get("bootDiagnostics") or {}).get("enabled") is True


EFFECTS: Mapping[str, Effect] = {"machine power": _turned, "machine script": _ran}
ACTIONS = {**{(MACHINE, word): turn for word in _STATES}, (MACHINE, "runcommand"): script}
