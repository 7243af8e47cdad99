"""The least that the live audit may be granted: plain reads of what the rows name, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

from audit.kinds import KINDS
from audit.model import Kind

NAME = "Promise Auditor (read-only)"
DESCRIPTION = "Reads the configuration that the audit judges; no secrets, no data, no writes."
FIXED = {
    "Microsoft.Authorization/permissions/read": "what the auditor itself may read, so that a gap is told from nothing",
    "Microsoft.ResourceGraph/resources/read": "queries of Resource Graph, which answer only what may be read anyway",
    "Microsoft.Resources/subscriptions/read": "which subscriptions there are",
    "Microsoft.Resources/subscriptions/resources/read": "a subscription's own list, to find what Resource Graph lacks",
}
"""Action → what it is for, of those that no row names.

https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
"""


def actions() -> tuple[str, ...]:
    """Return every action of Azure that a live audit needs, in order; each is a plain read."""
    named = {kind.permission for kind in KINDS if kind.arm.startswith("Microsoft.")}
    return tuple(sorted(named | FIXED.keys(), key=str.lower))


def permissions() -> dict[str, tuple[Kind, ...]]:
    """Return the application permissions of Microsoft Graph, each with the kinds that it shows."""
    rows = [kind for kind in KINDS if kind.arm.startswith("microsoft.graph.")]
    return {name: tuple(kind for kind in rows if kind.action == name) for name in sorted({row.action for row in rows})}


def role() -> dict[str, Any]:
    """Return the role as `az role definition create` takes it; its scope is left to whoever grants it."""
    return {
        "Name": NAME,
        "IsCustom": True,
        "Description": DESCRIPTION,
        "Actions": list(actions()),
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": ["/subscriptions/{subscriptionId}"],
    }


def definition() -> str:
    """Render the role as the file that ships with the documentation."""
    return json.dumps(role(), indent=2) + "\n"


def page() -> str:
    """Render how to grant it, what it holds and why, and how a Pulumi program declares it."""
    return "\n".join((*_azure(), *_graph(), *_pulumi()))


def _azure() -> Iterator[str]:
    """Say what the role holds beside the read of each type, and how it is created."""
    yield from ("# The auditor's role", "")
    yield "`auditor-role.json` is all that the live audit is granted in Azure: the read of each type that a row in"
    yield "`audit/kinds/` names, and the reads below. It has no data actions, and no action that lists keys or secrets:"
    yield "those are not called reads. What an identity lacks, the audit reports as a gap that names the action."
    yield from ("", "| action | what for |", "|---|---|")
    yield from (f"| `{action}` | {purpose} |" for action, purpose in FIXED.items())
    yield from (
        "",
        "Create it with each subscription of the estate among its `AssignableScopes`, and assign it in each to",
    )
    yield "the identity that runs the audit. With one subscription:"
    yield from ("", "```sh")
    yield 'sed "s/{subscriptionId}/$SUBSCRIPTION/" docs/auditor-role.json > role.json'
    yield "az role definition create --role-definition @role.json"
    yield f'az role assignment create --role "{NAME}" --assignee "$AUDITOR" --scope "/subscriptions/$SUBSCRIPTION"'
    yield from ("```", "")


def _graph() -> Iterator[str]:
    """Name each permission of Microsoft Graph with what is not seen without it."""
    yield from ("## Microsoft Graph", "")
    yield "Each of these application permissions may be left out; what rests on it is then unproven, and says so."
    yield from ("", "| permission | what it shows |", "|---|---|")
    for name, kinds in permissions().items():
        yield f"| `{name}` | {', '.join(f'`{kind.arm}`' for kind in kinds)} |"
    yield ""


def _pulumi() -> Iterator[str]:
    """Show the role as a Pulumi program declares it."""
    yield from ("## In a Pulumi program", "")
    yield "`stacks/auditor_role.py` declares the role from the same file:"
    yield from ("", "```python")
    yield "from auditor_role import auditor_role"
    yield ""
    yield 'auditor_role("governance", scope=f"/subscriptions/{subscription_id}")'
    yield "```"
