"""Drives the policy pack as the Pulumi engine does: started like a plugin, asked over gRPC, told what is declared."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from audit.sources import program
from audit.sources.project import read_project
from tests.support import NOON, POLICIES

PACK = POLICIES / "pulumi"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
HIDDEN_TEXT = "correct horse battery staple"
_SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""How Pulumi marks a secret on the wire."""
_LARGE = [("grpc.max_receive_message_length", 400 * 1024 * 1024), ("grpc.max_send_message_length", 400 * 1024 * 1024)]


class Engine:
    """The engine's side of a conversation with one pack."""

    def __init__(self, port: int) -> None:
        self.pack = analyzer_pb2_grpc.AnalyzerStub(grpc.insecure_channel(f"127.0.0.1:{port}", options=_LARGE))

    def info(self) -> Any:
        """Ask what the pack holds."""
        return self.pack.GetAnalyzerInfo(empty_pb2.Empty())

    def configure(self, levels: Mapping[str, int] = {}, **settings: Any) -> None:
        """Send the levels of all policies, as the engine does, and the settings of the pack, a day among them."""
        told = {one.name: levels.get(one.name, one.enforcementLevel) for one in self.info().policies}
        request = analyzer_pb2.ConfigureAnalyzerRequest(
            policyConfig={name: analyzer_pb2.PolicyConfig(enforcementLevel=level) for name, level in told.items()}
        )
        request.policyConfig["estate"].properties.update({"today": f"{NOON:%Y-%m-%d}", **settings})
        self.pack.Configure(request)

    def begin(self, *, preview: bool = True) -> None:
        """Begin a preview or an update of a stack."""
        self.pack.ConfigureStack(
            analyzer_pb2.AnalyzerStackConfigureRequest(project="promise-audit", stack="production", dry_run=preview)
        )

    def alone(self, resources: Iterable[analyzer_pb2.AnalyzerResource]) -> list[Any]:
        """Tell of each resource alone; return what the pack says of it."""
        said: list[Any] = []
        for one in resources:
            request = analyzer_pb2.AnalyzeRequest(
                type=one.type, urn=one.urn, name=one.name, properties=one.properties, options=one.options
            )
            if one.HasField("provider"):
                request.provider.CopyFrom(one.provider)
            said += self.pack.Analyze(request).diagnostics
        return said

    def together(self, resources: Iterable[analyzer_pb2.AnalyzerResource]) -> list[Any]:
        """Tell of the whole stack; return what the pack says of it."""
        return list(self.pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=list(resources))).diagnostics)


@contextmanager
def started(folder: Path = PACK, **environment: str) -> Iterator[Engine]:
    """Start the pack in `folder` as the Python language host does, and stop it at the end."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(folder)],
        cwd=folder,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    ) as process:
        assert process.stdout
        try:
            yield Engine(int(process.stdout.readline()))
        finally:
            process.terminate()


def mandatory(said: Iterable[Any]) -> list[Any]:
    """Leave what stops a deployment."""
    return [one for one in said if one.enforcementLevel == analyzer_pb2.MANDATORY]


def captured(project: Path, stack: str = "production") -> list[analyzer_pb2.AnalyzerResource]:
    """Run a program without the CLI, and return its resources as the engine tells of them in a preview."""
    found = program._run(read_project(project.resolve(), stack, extra={}), 300, os.environ)
    return [wired(record["resource"]) for record in found if "resource" in record]


def wired(told: Mapping[str, Any]) -> analyzer_pb2.AnalyzerResource:
    """Spell one registration as the engine does: what is not known yet, links among it, is Pulumi's word for that."""
    one = analyzer_pb2.AnalyzerResource(
        type=told["type"], urn=told["urn"], name=told["name"], parent=told["parent"], dependencies=told["dependencies"]
    )
    one.options.protect = told["protect"]
    one.options.parent = told["parent"]
    one.options.ignoreChanges.extend(told["ignore"])
    one.properties.update(_spelt(told["inputs"]))
    for name, value in told["inputs"].items():
        if urns := sorted(set(_links(value))):
            one.propertyDependencies[name].urns.extend(urns)
    if told["custom"]:
        one.provider.type = f"pulumi:providers:{told['type'].partition(':')[0]}"
    return one


def _spelt(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "$secret" in value:
            return {**_SIGNATURE, "value": HIDDEN_TEXT}
        if "$unknown" in value or "$reference" in value:
            return UNKNOWN_TEXT
        return {key: _spelt(item) for key, item in value.items()}
    return [_spelt(item) for item in value] if isinstance(value, list) else value


def _links(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and "$reference" in value:
        yield value["$reference"]
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _links(item)
