"""Answers the Pulumi engine: about each resource before it is made, and about the stack as a whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import grpc
import msgspec
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from audit.crossguard import ids, obligations, pack, violations, wire
from audit.crossguard.violations import Outcome, Violation
from audit.engine import judge
from audit.model import AuditError, Plane, Snapshot
from audit.policies import Policies
from audit.sources.registered import Registration, declared


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """One policy pack at work on one stack; what it was told of each resource is kept until the stack is judged.

    Whatever goes wrong in here is an error of the call, which the engine takes for a refusal.
    """

    def __init__(self, policies: Policies, *, version: str, folder: Path, now: Callable[[], datetime]) -> None:
        self._policies, self._version, self._folder, self._now = policies, version, folder, now
        self._alone = tuple(one for one in pack.controls(policies) if pack.stands_alone(one))
        self._severities = {one.id: pack.severity(one) for one in pack.controls(policies)}
        self._stack = ""
        """Project and stack in words; empty where an exported state is read, of which the engine names neither."""
        self._dry = False
        self._levels: dict[str, int] = {}
        self._settings = pack.Settings()
        self._seen: dict[str, Registration] = {}
        self._told: set[tuple[str, str]] = set()
        self._lock = Lock()

    def GetAnalyzerInfo(self, request: Any, context: Any) -> analyzer_pb2.AnalyzerInfo:
        """List the policies."""
        return pack.describe(self._policies, self._version)

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """Name the version."""
        return plugin_pb2.PluginInfo(version=self._version)

    def Handshake(self, request: Any, context: Any) -> analyzer_pb2.AnalyzerHandshakeResponse:
        """Take note of nothing: the pack never calls the engine back."""
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def Remediate(self, request: Any, context: Any) -> analyzer_pb2.RemediateResponse:
        """Change nothing: a promise is kept in the program that people read, not behind its back."""
        return analyzer_pb2.RemediateResponse()

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Stop nothing: each answer takes less time than to be told to stop."""
        return empty_pb2.Empty()

    def Configure(self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: Any) -> empty_pb2.Empty:
        """Take the enforcement levels of all policies and the pack's own settings."""
        told = dict(request.policyConfig)  # asked for itself, the map would make up what it lacks
        own = json_format.MessageToDict(told[pack.ESTATE].properties) if pack.ESTATE in told else {}
        try:
            self._settings = msgspec.convert(own, pack.Settings)
        except msgspec.ValidationError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the settings of {pack.ESTATE}: {error}. Mend them.")
        self._levels = {name: one.enforcementLevel for name, one in told.items()}
        return empty_pb2.Empty()

    def ConfigureStack(
        self, request: analyzer_pb2.AnalyzerStackConfigureRequest, context: Any
    ) -> analyzer_pb2.AnalyzerStackConfigureResponse:
        """Take note of the stack, and whether this is a preview; without a stack, an exported state is read."""
        self._stack = f"project {request.project}, stack {request.stack}" if request.stack else ""
        self._dry = request.dry_run
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Analyze(self, request: analyzer_pb2.AnalyzeRequest, context: Any) -> analyzer_pb2.AnalyzeResponse:
        """Judge one resource by what it says of itself; of an exported state, only take note of it.

        There, nothing is about to be made, and what the cloud answered comes with the stack.
        """
        told = wire.registration(request)
        with self._lock:
            self._seen[told.urn] = told
        if not self._stack:
            return self._answer(violations.deferred(self._alone), {})
        snapshot = self._snapshot((told,))
        day = self._settings.today or snapshot.seen_at.date()
        outcome = violations.of_resource(snapshot, self._alone, self._policies, day, settled=not self._dry)
        with self._lock:
            self._told |= {(one.policy, one.resource) for one in outcome.violations}
        return self._answer(outcome, ids.owners((told,)))

    def AnalyzeStack(self, request: analyzer_pb2.AnalyzeStackRequest, context: Any) -> analyzer_pb2.AnalyzeResponse:
        """Judge the whole stack once by every control, and tell what was not told of a resource alone."""
        with self._lock:
            seen, told = dict(self._seen), set(self._told)
            self._seen.clear()
            self._told.clear()
        registrations = self._registrations(request, seen)
        snapshot = self._snapshot(registrations)
        day = self._settings.today or snapshot.seen_at.date()
        report = judge(snapshot, self._policies, day, product=f"promise-audit {self._version}")
        try:
            if self._settings.report:
                folder = self._folder / self._settings.report
                obligations.write(report, folder, {resource.id for resource in snapshot.resources})
        except AuditError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        outcome = violations.of_stack(report, snapshot, self._policies, part=self._settings.part)
        new = tuple(one for one in outcome.violations if (one.policy, one.resource) not in told)
        return self._answer(Outcome(new, outcome.excused), ids.owners(registrations))

    def _registrations(
        self, request: analyzer_pb2.AnalyzeStackRequest, seen: Mapping[str, Registration]
    ) -> tuple[Registration, ...]:
        """Put a stack together: of a program, what it declares is judged; of an exported state, what became of it."""
        found = ids.identified(
            wire.stack(request.resources, seen), ids.subscriptions(request.resources), seen_at=self._now()
        )
        if self._stack:
            found = tuple(msgspec.structs.replace(one, outputs=wire.names(one.outputs)) for one in found)
        return found

    def _snapshot(self, registrations: Iterable[Registration]) -> Snapshot:
        """Make a snapshot of registrations, as of now."""
        plane = Plane.PREVIEW if self._stack else Plane.STATE
        now = self._now()
        found = declared(registrations, plane=plane, seen_at=now)
        return Snapshot(
            plane=plane,
            origin=self._stack or "an exported state",
            seen_at=now,
            resources=found.resources,
            gaps=found.gaps,
            unassessed=found.unassessed,
        )

    def _answer(self, outcome: Outcome, known: Mapping[str, str]) -> analyzer_pb2.AnalyzeResponse:
        """Spell an outcome as the protocol does; `known` tells the URNs of what was judged."""
        return analyzer_pb2.AnalyzeResponse(
            diagnostics=list(self._diagnostics(outcome.violations, known)),
            not_applicable=[
                analyzer_pb2.PolicyNotApplicable(policy_name=one.policy, reason=one.reason) for one in outcome.excused
            ],
        )

    def _diagnostics(
        self, told: Iterable[Violation], known: Mapping[str, str]
    ) -> Iterator[analyzer_pb2.AnalyzeDiagnostic]:
        """Spell violations at the level that they and the user's configuration allow; a disabled policy is silent."""
        for one in told:
            level = self._levels.get(one.policy, analyzer_pb2.MANDATORY)
            if level == analyzer_pb2.DISABLED:
                continue
            stops = one.mandatory and level != analyzer_pb2.ADVISORY
            yield analyzer_pb2.AnalyzeDiagnostic(
                policyName=one.policy,
                policyPackName=pack.NAME,
                policyPackVersion=self._version,
                description=self._policies.controls[one.policy].title if one.policy in self._severities else "",
                message=one.message,
                enforcementLevel=analyzer_pb2.MANDATORY if stops else analyzer_pb2.ADVISORY,
                urn=ids.owner(one.resource, known),
                severity=self._severities.get(one.policy, analyzer_pb2.POLICY_SEVERITY_HIGH),
            )
