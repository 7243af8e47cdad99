"""Stands in for Pulumi's engine: takes registrations, runs the transforms, answers in preview's way."""

import asyncio
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi import _types
from pulumi.runtime import mocks, rpc
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import resource_pb2

from audit.secret_names import of_token
from audit.sources.capture.answers import answer
from audit.sources.capture.plain import plain
from audit.sources.capture.references import REFERENCE

Write = Callable[[dict[str, Any]], None]


class Answers(mocks.Mocks):
    """Answers provider calls; resources are answered by the monitor itself.

    Both answers are empty of facts: what is invented here is told as unknown wherever it turns up.
    """

    def call(self, args: mocks.MockCallArgs) -> Any:
        """Answer a provider call in its declared shape."""
        return answer(args.token, args.args)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Answer a look-up of an existing resource: nothing is known of it."""
        return "", {}


class Monitor(mocks.MockMonitor):
    """Writes down every registration whole: Pulumi's own mock passes on neither position nor options."""

    def __init__(
        self,
        program: Path,
        classes: Mapping[str, type],
        made: Mapping[str, list[tuple[str, str, int]]],
        write: Write,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Take the watchers' tables by reference: `classes` and `made` are filled while the program runs.

        `loop` is the program's own, and `write` is called from the threads that answer registrations.
        """
        super().__init__(Answers())
        self._program, self._classes, self._made, self._write = program, classes, made, write
        self._loop = loop
        self._lock = threading.Lock()
        self._transforms: dict[str, tuple[str, ...]] = {}
        self._everywhere: list[str] = []

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Make the URN the engine would make: it holds the types of all parents but the stack's own.

        It has the form `urn:pulumi:stack::project::type::name`:
        https://www.pulumi.com/docs/iac/concepts/resources/names/
        """
        _, _, above, *_ = parent.split("::") if parent and "::pulumi:pulumi:Stack::" not in parent else ("", "", "")
        return super().make_urn("", f"{above}${type_}" if above else type_, name)

    def RegisterStackTransform(self, request: Any) -> Any:  # noqa: N802  # the engine's own name
        """Remember a transform that the program wants run on every resource."""
        self._everywhere.append(request.token)
        return super().RegisterStackTransform(request)  # type: ignore[no-untyped-call]  # the SDK's own

    def ReadResource(self, request: Any) -> Any:  # noqa: N802  # the engine's own name
        """Note a resource that the program looks up: it exists elsewhere and is not declared here."""
        self._write({"read": {"type": request.type, "name": request.name, **self._position(request)}})
        return super().ReadResource(request)  # type: ignore[no-untyped-call]  # the SDK's own

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the engine's own name
        """Take a registration: run transforms on it, write it down, and answer what preview would know.

        Raises `ValueError` for a URN that was taken, as the engine would. Components have no outputs here: theirs are
        set by the program itself.
        """
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        own = tuple(callback.token for callback in request.transforms)
        # Called from several threads in no fixed order: transforms are inherited, so a parent is always there first.
        with self._lock:
            if urn in self._transforms:
                raise ValueError(f"two resources would have the URN {urn}: give one of them another name")
            self._transforms[urn] = own + self._transforms.get(request.parent, ())
        properties, options = self._transformed(request, (*self._transforms[urn], *self._everywhere))
        inputs = MessageToDict(properties)
        self._write({"resource": self._record(request, urn, inputs, options)})
        known = _echo(inputs, self._classes.get(f"{request.type}::{request.name}")) if request.custom else {}
        return resource_pb2.RegisterResourceResponse(urn=urn, object=_struct(known))

    def _record(self, request: Any, urn: str, inputs: dict[str, Any], options: Any) -> dict[str, Any]:
        """Write a registration as plain JSON, with secrets and unknown values marked.

        A parent that is the stack itself is left empty, since every resource would have it.
        """
        return {
            "type": request.type,
            "name": request.name,
            "urn": urn,
            "parent": "" if "::pulumi:pulumi:Stack::" in request.parent else request.parent,
            "custom": request.custom,
            "remote": request.remote,
            "inputs": plain(inputs, of_token(request.type)),
            "dependencies": sorted({*request.dependencies, *options.depends_on}),
            "protect": options.protect,
            "retain": options.retain_on_delete,
            "ignore": sorted(options.ignore_changes),
            "made": self._made.get(f"{request.type}::{request.name}", []),
            **self._position(request),
        }

    def _position(self, request: Any) -> dict[str, Any]:
        """Find the innermost frame inside the program: frames of installed packages come too.

        Line 0 of no file where there is none, such as for a resource that a library makes in a thread of its own.
        """
        for frame in request.stackTrace.frames:
            path = Path(unquote(frame.pc.uri.removeprefix("file://")))
            if path.is_relative_to(self._program) and "site-packages" not in path.parts:
                return {"file": str(path), "line": frame.pc.line}
        return {"file": "", "line": 0}

    def _transformed(self, request: Any, tokens: tuple[str, ...]) -> tuple[struct_pb2.Struct, Any]:
        """Run the transforms that apply, the resource's own first; Pulumi's mock monitor runs none.

        Returns properties and options as they came where no transform applies.
        """
        options = resource_pb2.TransformResourceOptions(
            protect=request.protect, retain_on_delete=request.retainOnDelete, ignore_changes=request.ignoreChanges
        )
        if not tokens:
            return request.object, options
        written = MessageToDict(request.object)
        properties = _struct(_hide_links(written))
        for token in tokens:
            message = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=properties,
                options=options,
            )
            # On the program's own loop, as in a real run: a transform may wait for what belongs to it.
            answer_of = _callback(token)(message.SerializeToString())
            answered = asyncio.run_coroutine_threadsafe(answer_of, self._loop).result()
            properties = answered.properties
            options = answered.options if answered.HasField("options") else options
        return _struct(_show_links(MessageToDict(properties), written)), options


def _callback(token: str) -> Any:
    """Find the function the SDK wrapped for a transform.

    Raises `StopIteration` where no server knows the token, which the SDK rules out: it makes the token.
    """
    return next(
        servicer._callbacks[token]  # the table that the SDK's own callback server reads
        for servicer in _CallbackServicer._servicers  # as above
        if token in servicer._callbacks  # as above
    )


def _hide_links(value: Any) -> Any:
    """Show transforms the unknown value that they would meet in a preview.

    The label of a link is ours: no transform of the program may come to depend on it.
    """
    if isinstance(value, dict):
        return rpc.UNKNOWN if REFERENCE in value else {key: _hide_links(item) for key, item in value.items()}
    return [_hide_links(item) for item in value] if isinstance(value, list) else value


def _show_links(value: Any, written: Any) -> Any:
    """Put each link back where the program wrote it, and the value is still unknown after the transforms."""
    if value == rpc.UNKNOWN:
        return written if isinstance(written, dict) and REFERENCE in written else value
    if isinstance(value, dict):
        below = written if isinstance(written, dict) else {}
        return {key: _show_links(item, below.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        # Once a transform took elements out or put some in, a place in the list says nothing of whose it was.
        same = isinstance(written, list) and len(written) == len(value)
        return [_show_links(item, written[index] if same else None) for index, item in enumerate(value)]
    return value


def _echo(inputs: dict[str, Any], resource_class: type | None) -> dict[str, Any]:
    """Give back as outputs the inputs a preview would know: plain values whose declared output type they fit.

    A list that comes out as a map (`identity.userAssignedIdentities`) must not be echoed: the SDK would stop the
    program with a type error that looks like the program's own.
    """
    if resource_class is None:
        return {}
    kinds = _types.resource_types(resource_class)
    known = {name: value for name, value in inputs.items() if name in kinds and _fits(value, kinds[name])}
    if "name" in kinds and "name" not in known:
        known.update(_named(inputs, resource_class))
    return known


def _named(inputs: dict[str, Any], resource_class: type) -> dict[str, Any]:
    """Find a resource's ARM name among its inputs: the argument called after its class, such as `accountName`.

    Of several, the longest fits best: `databaseName` and `serverDatabaseName` may both be there. Empty where none fits.
    """
    words = resource_class.__name__.lower()
    fitting = [
        key for key, value in inputs.items() if key.endswith("Name") and key[:-4].lower() in words and _fits(value, str)
    ]
    return {"name": inputs[max(fitting, key=len)]} if fitting else {}


def _fits(value: Any, kind: Any) -> bool:
    """Tell whether a JSON value can be taken for an output of `kind` as it is.

    Objects and lists never fit, and neither does null: only plain values are echoed.
    """
    kind = _types.unwrap_type(kind)
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, float | int):
        return kind in (int, float)
    return isinstance(value, str) and value != rpc.UNKNOWN and kind is str


def _struct(value: dict[str, Any]) -> struct_pb2.Struct:
    """Make the protobuf object that the SDK exchanges; its numbers are all floats."""
    struct = struct_pb2.Struct()
    struct.update(value)
    return struct


def writer(path: Path) -> Write:
    """Open the file that records go to, a line each, written at once so that a killed program leaves what it did."""
    stream, owner = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), os.getpid()

    def write(record: dict[str, Any]) -> None:
        # A process that the program forked comes to its own end here, which is not the program's.
        if os.getpid() == owner:
            os.write(stream, json.dumps(record).encode() + b"\n")

    return write
