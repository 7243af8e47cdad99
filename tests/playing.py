"""Plays Pulumi's engine for a whole program, and writes the preview or the state that the engine would have written.

Started as a process of its own, since Pulumi keeps one program for a process: `preview` or `state`, the project's
folder, the file to write, then for each provider its port and subscription.
"""

import json
import runpy
import sys
from pathlib import Path

import pulumi
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.mocks import MockMonitor, Mocks
from pulumi.runtime.proto import resource_pb2

from tests.sandbox.engine import Made, engine_for, engines_of
from tests.sandbox.hurrying import hurry

_STACK = "pulumi:pulumi:Stack"
_WRAPPED = "1b47061264138c4ac30d75fd1eb44270"


class Nothing(Mocks):
    """Answers nothing: the monitor does."""

    def call(self, args):
        """Answer no question: the program asks none."""
        raise NotImplementedError(args.token)

    def new_resource(self, args):
        """Know nothing of what is looked up."""
        return "", {}


class Playing(MockMonitor):
    """Makes each resource as it registers, or only asks what would be made, and keeps what the engine would note."""

    def __init__(self, engines, project, *, preview):
        super().__init__(Nothing())
        self._engines, self._project, self._preview = engines, project, preview
        self.rows = []

    def RegisterResource(self, request):  # noqa: N802  # the engine's own name
        """Make one resource."""
        if request.type == _STACK:
            return super().RegisterResource(request)
        urn = self.make_urn(request.parent, request.type, request.name)
        made = self._made(request)
        self.rows.append(self._row(request, urn, made))
        answer = Struct()
        answer.update(made.outputs)
        identity = "" if self._preview else made.id
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identity, object=answer)

    def _made(self, request):
        given = MessageToDict(request.object)
        engine = engine_for(self._engines, request.type, request.name) if request.custom else None
        if engine is None:
            return Made(f"{request.name}-id", given, given)
        # The engine keeps what is secret apart from what it sends, as these providers take no secrets.
        bare = _bared(given)
        if not self._preview:
            made = engine.create(request.type, request.name, bare)
            return made._replace(inputs=_blinded(made.inputs, given))
        inputs, failures = engine.check(request.type, request.name, bare)
        assert not failures, failures
        return Made("", _blinded(inputs, given), engine.preview(request.type, request.name, inputs))

    def _row(self, request, urn, made):
        own = [frame for frame in request.stackTrace.frames if self._place(frame)]
        return {
            "urn": urn,
            "custom": request.custom,
            "id": made.id,
            "type": request.type,
            "inputs": made.inputs,
            "outputs": {} if self._preview else made.outputs,
            "parent": request.parent,
            "protect": request.protect,
            "retainOnDelete": request.retainOnDelete,
            "dependencies": list(request.dependencies),
            "propertyDependencies": {key: list(told.urns) for key, told in request.propertyDependencies.items()},
            "ignoreChanges": list(request.ignoreChanges),
            "stackTrace": [{"sourcePosition": f"project:///{self._place(frame)}#{frame.pc.line}"} for frame in own],
        }

    def _place(self, frame):
        path = Path(frame.pc.uri.removeprefix("file://"))
        inside = path.is_relative_to(self._project) and "site-packages" not in path.parts
        return path.relative_to(self._project) if inside else None


def _bared(value):
    """Take the wrapping off secrets."""
    if isinstance(value, dict):
        return (
            _bared(value["value"]) if _WRAPPED in value.values() else {key: _bared(item) for key, item in value.items()}
        )
    return [_bared(item) for item in value] if isinstance(value, list) else value


def _blinded(inputs, given):
    """Put the mark of a preview's JSON, which a state's reader takes as well, where the program gave a secret."""
    if isinstance(given, dict) and _WRAPPED in given.values():
        return "[secret]"
    if isinstance(inputs, dict) and isinstance(given, dict):
        return {key: _blinded(item, given.get(key)) for key, item in inputs.items()}
    return inputs


def written(rows, *, preview):
    """Return the file that Pulumi would have written of these rows."""
    if not preview:
        return {"version": 3, "deployment": {"manifest": {}, "resources": rows}}
    steps = [{"op": "create", "urn": row["urn"], "newState": row} for row in rows]
    return {"steps": steps, "changeSummary": {"create": len(steps)}}


def main():
    """Run the program, and write what came of it."""
    mode, folder, out, azure, aws, subscription, guards = sys.argv[1:]
    preview = mode == "preview"
    playing = Playing(engines_of(azure, aws, subscription, guards), Path(folder), preview=preview)
    named = {"project": "promise-audit", "stack": "production"}
    hurry()
    pulumi.runtime.set_mocks(playing.mocks, preview=preview, monitor=playing, **named)
    sys.path.insert(0, str(Path(folder) / "stacks"))

    @pulumi.runtime.test
    def run():
        runpy.run_path(str(Path(folder) / "stacks" / "__main__.py"))

    run()
    Path(out).write_text(json.dumps(written(playing.rows, preview=preview)))


if __name__ == "__main__":
    main()
