"""What the local Azure answers, does and brings about when machines are restored or failed over."""

from collections.abc import Callable, Mapping

from audit.sandbox import (
    action_results,
    effective_rules,
    machine_restores,
    machines,
    replication,
    replication_jobs,
)
from audit.sandbox.address import Address
from audit.sandbox.answers import Call, Reply
from audit.sandbox.jobs import Effect

_ANSWERS = (action_results.answer, machine_restores.answer, replication_jobs.answer, machines.answer)


def answer(call: Call, address: Address) -> Reply | None:
    """Answer what is no resource although its path looks like one: jobs, results, views; None for all else."""
    for part in _ANSWERS:
        if (reply := part(call, address)) is not None:
            return reply
    return None


ACTIONS: Mapping[tuple[str, str], Callable[[Call, Address], Reply]] = {
    **machines.ACTIONS,
    **machine_restores.ACTIONS,
    **replication.ACTIONS,
    **effective_rules.ACTIONS,
}
EFFECTS: Mapping[str, Effect] = {
    **machines.EFFECTS,
    **machine_restores.EFFECTS,
    **replication.EFFECTS,
    **effective_rules.EFFECTS,
}
