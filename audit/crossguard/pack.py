"""The policies as the pack lists them: each control that a preview can hold, with the promise it proves."""

from collections.abc import Iterator
from datetime import date

import msgspec
from pulumi.runtime.proto import analyzer_pb2

from audit.model import Control, Plane, Severity
from audit.policies import Policies
from audit.promises import Commitment, Statement

NAME = "promise-audit"
ESTATE = "estate"
"""The one policy that stands for no control: whether everything that the promises speak of was seen."""
_SEVERITIES = {
    Severity.CRITICAL: analyzer_pb2.POLICY_SEVERITY_CRITICAL,
    Severity.HIGH: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.MEDIUM: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.LOW: analyzer_pb2.POLICY_SEVERITY_LOW,
}
_SETTINGS = {
    "report": {"type": "string", "description": "The folder to write report.json to, as seen from the pack's own."},
    "today": {"type": "string", "description": "The day to judge waivers as of, such as 2026-01-15; else it is today."},
    "part": {
        "type": "boolean",
        "description": "Whether the stack is one of several: then what it does not declare is not held against it.",
    },
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a user may set for the pack as a whole, under the name of the `estate` policy."""

    report: str = ""
    today: date | None = None
    part: bool = False


class Promise(msgspec.Struct, frozen=True):
    """A commitment with the statement that makes it."""

    statement: Statement
    commitment: Commitment


def controls(policies: Policies) -> tuple[Control, ...]:
    """Return the controls that a preview can hold, in the order of the policies."""
    return tuple(control for control in policies.controls.values() if Plane.PREVIEW in control.planes)


def stands_alone(control: Control) -> bool:
    """Tell whether a control judges a resource without its neighbours, so that it can stop that one resource."""
    return "estate" not in control.asks


def promises(policies: Policies, control: str) -> tuple[Promise, ...]:
    """Return the commitments that a control proves; the loader lets no control pass that proves none."""
    return tuple(
        Promise(statement, commitment)
        for statement in policies.statements
        for commitment in statement.commitments
        if control in commitment.controls
    )


def describe(policies: Policies, version: str) -> analyzer_pb2.AnalyzerInfo:
    """Describe the pack to the engine: all of its policies, and what can be set for it."""
    return analyzer_pb2.AnalyzerInfo(
        name=NAME,
        displayName="Promise Audit",
        description="What the published privacy statements promise, held against what a stack declares",
        version=version,
        supportsConfig=True,
        policies=[*_policies(policies), _estate()],
    )


def severity(control: Control) -> analyzer_pb2.PolicySeverity.ValueType:
    """Spell a control's severity as the protocol does."""
    return _SEVERITIES[control.severity]


def _policies(policies: Policies) -> Iterator[analyzer_pb2.PolicyInfo]:
    """Describe each control as a policy; its framework is the first promise it proves, its tags are all of them."""
    for control in controls(policies):
        proven = promises(policies, control.id)
        alone = stands_alone(control)
        yield analyzer_pb2.PolicyInfo(
            name=control.id,
            displayName=control.title,
            description=control.title,
            message=control.why,
            enforcementLevel=analyzer_pb2.MANDATORY,
            policy_type=analyzer_pb2.POLICY_TYPE_RESOURCE if alone else analyzer_pb2.POLICY_TYPE_STACK,
            severity=severity(control),
            framework=_framework(proven[0]) if proven else None,
            tags=[promise.commitment.id for promise in proven],
            remediation_steps=control.how,
            url=proven[0].statement.url if proven else "",
        )


def _framework(promise: Promise) -> analyzer_pb2.PolicyComplianceFramework:
    """Name a statement as the framework, in the version that was read, and a commitment as the rule in it."""
    return analyzer_pb2.PolicyComplianceFramework(
        name=f"{promise.statement.company}: {promise.statement.title}",
        version=f"{promise.statement.seen}",
        reference=promise.commitment.id,
        specification=promise.commitment.promise_text,
    )


def _estate() -> analyzer_pb2.PolicyInfo:
    """Describe the policy that stands for what was not seen, with the pack's settings."""
    schema = analyzer_pb2.PolicyConfigSchema()
    schema.properties.update(_SETTINGS)
    return analyzer_pb2.PolicyInfo(
        name=ESTATE,
        displayName="Everything that the promises speak of was seen",
        description="Everything that the promises speak of was seen",
        enforcementLevel=analyzer_pb2.MANDATORY,
        policy_type=analyzer_pb2.POLICY_TYPE_STACK,
        severity=analyzer_pb2.POLICY_SEVERITY_HIGH,
        configSchema=schema,
    )
