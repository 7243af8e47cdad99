"""A provider's plugin as Pulumi's engine knows it: questions over gRPC on loopback, answered by one of our providers.

https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
"""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent import futures
from typing import Any, Protocol, TypeVar

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, status_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from audit.model import AuditError
from audit.sandbox.provider import schemas, values
from audit.sandbox.provider.checks import Failure, Naming
from audit.sandbox.provider.diffs import Change, Sort
from audit.sandbox.provider.unfinished import Unfinished

T = TypeVar("T")
_WORKERS = 32
_UNLIMITED = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_SORTS = {
    Sort.ADD: (pb.PropertyDiff.ADD, pb.PropertyDiff.ADD_REPLACE),
    Sort.DELETE: (pb.PropertyDiff.DELETE, pb.PropertyDiff.DELETE_REPLACE),
    Sort.UPDATE: (pb.PropertyDiff.UPDATE, pb.PropertyDiff.UPDATE_REPLACE),
}


class Provider(Protocol):
    """What makes the resources of one package, configured for one account or subscription."""

    def check(
        self, token: str, given: Mapping[str, Any], old: Mapping[str, Any], naming: Naming
    ) -> tuple[dict[str, Any], tuple[Failure, ...]]:
        """Return inputs with what a program may leave out, and what is wrong with them."""

    def diff(
        self, token: str, old: Mapping[str, Any], new: Mapping[str, Any], ignored: tuple[str, ...] = ()
    ) -> tuple[tuple[Change, ...], bool]:
        """Return what differs, and whether the old resource must go before a new one is made."""

    def preview(
        self, token: str, new: Mapping[str, Any], old: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the outputs that a resource would have."""

    def create(self, token: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make a resource; returns its id and outputs."""

    def read(
        self, token: str, identity: str, given: Mapping[str, Any], before: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return inputs and outputs as they are now; None where the resource is gone."""

    def update(self, token: str, identity: str, new: Mapping[str, Any]) -> dict[str, Any]:
        """Change a resource; returns its outputs."""

    def delete(self, token: str, identity: str) -> None:
        """Delete a resource."""

    def invoke(self, function: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a question of a program."""


Configured = Callable[[Mapping[str, str]], Provider]
"""Makes a provider of its settings, such as `subscriptionId`."""


class Plugin:
    """Answers the engine. Nothing that it is sent is written anywhere: it may hold secrets."""

    def __init__(self, package: str, version: str, configured: Configured) -> None:
        self._package, self._version, self._configured = package, version, configured
        self._providers: dict[str, Provider] = {}
        """By the connection that configured it: the engine attaches every provider of a program to this one port."""

    def handshake(self, request: pb.ProviderHandshakeRequest, context: grpc.ServicerContext) -> Any:
        """Say what is understood: secrets are left to the engine, which keeps their places."""
        return pb.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Take note of an engine."""
        return Empty()

    def plugin_info(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Say whose place is taken."""
        return plugin_pb2.PluginInfo(version=self._version)

    def schema(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Say what is modelled."""
        return pb.GetSchemaResponse(schema=self._told(context, lambda: schemas.schema(self._package, self._version)))

    def check_config(self, request: pb.CheckRequest, context: grpc.ServicerContext) -> Any:
        """Take any settings: the program's own SDK has checked them."""
        return pb.CheckResponse(inputs=request.news)

    def diff_config(self, request: pb.DiffRequest, context: grpc.ServicerContext) -> Any:
        """Say that no setting makes resources anew; ids hold the subscription, and are replaced for it."""
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def configure(self, request: pb.ConfigureRequest, context: grpc.ServicerContext) -> Any:
        """Make the provider of this connection."""
        given = values.read(request.args) if request.HasField("args") else {}
        told = {name.rpartition(":")[2]: value for name, value in request.variables.items()}
        settings = {**{name: _setting(value) for name, value in given.items()}, **told}
        self._providers[context.peer()] = self._told(context, lambda: self._configured(settings))
        return pb.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    def cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Let what was begun come to its end: a request that was sent cannot be called back."""
        return Empty()

    def invoke(self, request: pb.InvokeRequest, context: grpc.ServicerContext) -> Any:
        """Answer a program's question."""
        found = self._told(context, lambda: self._of(context).invoke(request.tok, values.read(request.args)))
        answer = pb.InvokeResponse()
        getattr(answer, "return").CopyFrom(values.written(found))  # Python has the word for itself
        return answer

    def check(self, request: pb.CheckRequest, context: grpc.ServicerContext) -> Any:
        """Check the inputs of one resource, and complete them."""
        token, name = _token(request.urn), request.urn.rpartition("::")[2]
        options = request.autonaming
        modes = pb.CheckRequest.AutonamingOptions
        naming = Naming(
            name,
            request.randomSeed,
            options.proposed_name,
            enforced=options.mode == modes.ENFORCE,
            disabled=options.mode == modes.DISABLE,
        )
        inputs, wrong = self._told(
            context,
            lambda: self._of(context).check(token, values.read(request.news), values.read(request.olds), naming),
        )
        failures = [pb.CheckFailure(property=one.path, reason=one.reason) for one in wrong]
        return pb.CheckResponse(inputs=values.written(inputs), failures=failures)

    def diff(self, request: pb.DiffRequest, context: grpc.ServicerContext) -> Any:
        """Say what an update would change."""
        old, new, ignored = values.read(request.old_inputs), values.read(request.news), tuple(request.ignoreChanges)
        found, first = self._told(context, lambda: self._of(context).diff(_token(request.urn), old, new, ignored))
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if found else pb.DiffResponse.DIFF_NONE,
            replaces=_tops(change for change in found if change.replaces),
            diffs=_tops(found),
            deleteBeforeReplace=first,
            hasDetailedDiff=True,
            detailedDiff={
                change.path: pb.PropertyDiff(kind=_SORTS[change.sort][change.replaces], inputDiff=True)
                for change in found
            },
        )

    def create(self, request: pb.CreateRequest, context: grpc.ServicerContext) -> Any:
        """Make a resource, or say what it would be."""
        provider, token, given = self._of(context), _token(request.urn), values.read(request.properties)
        if request.preview:
            outputs = self._told(context, lambda: provider.preview(token, given, {}, {}))
            return pb.CreateResponse(properties=values.written(outputs))
        identity, outputs = self._told(context, lambda: provider.create(token, given), inputs=request.properties)
        return pb.CreateResponse(id=identity, properties=values.written(outputs))

    def read(self, request: pb.ReadRequest, context: grpc.ServicerContext) -> Any:
        """Say what a resource is now; nothing where it is gone."""
        given, before = values.read(request.inputs), values.read(request.properties)
        found = self._told(context, lambda: self._of(context).read(_token(request.urn), request.id, given, before))
        if found is None:
            return pb.ReadResponse()
        inputs, outputs = found
        return pb.ReadResponse(id=request.id, inputs=values.written(inputs), properties=values.written(outputs))

    def update(self, request: pb.UpdateRequest, context: grpc.ServicerContext) -> Any:
        """Change a resource, or say what it would be."""
        provider, token, new = self._of(context), _token(request.urn), values.read(request.news)
        old, before = values.read(request.old_inputs), values.read(request.olds)
        if request.preview:
            outputs = self._told(context, lambda: provider.preview(token, new, old, before))
        else:
            outputs = self._told(context, lambda: provider.update(token, request.id, new), inputs=request.news)
        return pb.UpdateResponse(properties=values.written(outputs))

    def delete(self, request: pb.DeleteRequest, context: grpc.ServicerContext) -> Any:
        """Delete a resource."""
        self._told(context, lambda: self._of(context).delete(_token(request.urn), request.id))
        return Empty()

    def _of(self, context: grpc.ServicerContext) -> Provider:
        """Return the provider of a connection; ends the call where it was never configured."""
        found = self._providers.get(context.peer())
        if found is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the provider is not configured. Run the command again.")
            raise AssertionError
        return found

    def _told(self, context: grpc.ServicerContext, work: Callable[[], T], *, inputs: Struct | None = None) -> T:
        """Do some work; what cannot be done ends the call with its one line.

        With `inputs` the engine is told of a resource that was begun, so that it does not make another one.
        """
        try:
            return work()
        except AuditError as error:
            if isinstance(error, Unfinished) and inputs is not None:
                context.set_trailing_metadata(_begun(error, inputs))
            context.abort(grpc.StatusCode.UNKNOWN, " ".join(str(error).split()))
            raise


def served(plugin: Plugin, port: int = 0) -> tuple[grpc.Server, int]:
    """Start answering on a loopback port, a free one where it is 0; returns the server and its port."""
    answers = {
        "Handshake": plugin.handshake,
        "Attach": plugin.attach,
        "GetPluginInfo": plugin.plugin_info,
        "GetSchema": plugin.schema,
        "CheckConfig": plugin.check_config,
        "DiffConfig": plugin.diff_config,
        "Configure": plugin.configure,
        "Cancel": plugin.cancel,
        "Invoke": plugin.invoke,
        "Check": plugin.check,
        "Diff": plugin.diff,
        "Create": plugin.create,
        "Read": plugin.read,
        "Update": plugin.update,
        "Delete": plugin.delete,
    }
    service = pb.DESCRIPTOR.services_by_name["ResourceProvider"]
    handlers = {name: _handler(service.methods_by_name[name], answer) for name, answer in answers.items()}
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_WORKERS), options=_UNLIMITED)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def _handler(method: MethodDescriptor, answer: Callable[[Any, grpc.ServicerContext], Any]) -> Any:
    """Make the handler of a method, which takes and gives the messages that the service's description names."""
    return grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=GetMessageClass(method.input_type).FromString,
        response_serializer=GetMessageClass(method.output_type).SerializeToString,
    )


def _begun(error: Unfinished, inputs: Struct) -> tuple[tuple[str, bytes], ...]:
    """Say in an answer's trailer that a resource is there although its making failed.

    https://github.com/grpc/grpc/blob/master/src/proto/grpc/status/status.proto
    """
    detail = pb.ErrorResourceInitFailed(id=error.identity, properties=inputs, inputs=inputs, reasons=[str(error)])
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    return (("grpc-status-details-bin", status.SerializeToString()),)


def _token(urn: str) -> str:
    """Return a resource's own type: a URN spells those of its parents before it."""
    return urn.split("::")[2].rpartition("$")[2]


def _setting(value: Any) -> str:
    """Spell a setting as the engine does, which sends text alone: lists as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _tops(found: Iterable[Change]) -> list[str]:
    return sorted({change.top for change in found})
