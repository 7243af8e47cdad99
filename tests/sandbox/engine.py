"""Asks a provider what Pulumi's engine asks, over gRPC, without the engine."""

from typing import Any, NamedTuple

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

SEED = b"a seed of the engine's"


class Made(NamedTuple):
    """What a provider told of one resource."""

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class Engine:
    """One connection to a provider, which is configured by it."""

    def __init__(self, port: int, settings: dict[str, str] | None = None) -> None:
        # A channel of its own: equal ones share a connection, and a provider knows its engine by that.
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.use_local_subchannel_pool", 1)])
        self.stub = ResourceProviderStub(self._channel)
        if settings is not None:
            self.stub.Configure(pb.ConfigureRequest(variables={f"x:config:{k}": v for k, v in settings.items()}))

    def close(self) -> None:
        """End the connection."""
        self._channel.close()

    def check(self, token, name, given, old=None, **options):
        """Check inputs; returns them, and the failures as property and reason."""
        request = pb.CheckRequest(urn=urn(token, name), news=struct(given), olds=struct(old or {}), randomSeed=SEED)
        for key, value in options.items():
            getattr(request.autonaming, key)
            setattr(request.autonaming, key, value)
        found = self.stub.Check(request)
        return plain(found.inputs), [(one.property, one.reason) for one in found.failures]

    def create(self, token, name, given):
        """Check inputs and make the resource of them."""
        inputs, failures = self.check(token, name, given)
        assert not failures, failures
        found = self.stub.Create(pb.CreateRequest(urn=urn(token, name), properties=struct(inputs)))
        return Made(found.id, inputs, plain(found.properties))

    def preview(self, token, name, given):
        """Return the outputs that a resource would have."""
        request = pb.CreateRequest(urn=urn(token, name), properties=struct(given), preview=True)
        return plain(self.stub.Create(request).properties)

    def read(self, token, name, made):
        """Read a resource again; None where it is gone."""
        found = self.stub.Read(
            pb.ReadRequest(
                id=made.id, urn=urn(token, name), inputs=struct(made.inputs), properties=struct(made.outputs)
            )
        )
        return Made(found.id, plain(found.inputs), plain(found.properties)) if found.id else None

    def found(self, token, name, identity):
        """Import a resource by its id."""
        return self.read(token, name, Made(identity, {}, {}))

    def diff(self, token, name, made, given, ignored=()):
        """Return what an update would change, as the provider tells it."""
        return self.stub.Diff(
            pb.DiffRequest(
                id=made.id,
                urn=urn(token, name),
                olds=struct(made.outputs),
                old_inputs=struct(made.inputs),
                news=struct(given),
                ignoreChanges=ignored,
            )
        )

    def update(self, token, name, made, given, *, preview=False):
        """Change a resource."""
        request = pb.UpdateRequest(
            id=made.id,
            urn=urn(token, name),
            olds=struct(made.outputs),
            old_inputs=struct(made.inputs),
            news=struct(given),
            preview=preview,
        )
        return Made(made.id, given, plain(self.stub.Update(request).properties))

    def ask(self, function):
        """Ask a program's question."""
        return plain(getattr(self.stub.Invoke(pb.InvokeRequest(tok=function)), "return"))

    def delete(self, token, name, made):
        """Delete a resource."""
        self.stub.Delete(pb.DeleteRequest(id=made.id, urn=urn(token, name), properties=struct(made.outputs)))


def engines_of(azure, aws, subscription, guards):
    """Connect to the stand-in providers at these ports, as the production program sets them up."""
    return {
        "azure-native": Engine(int(azure), {"subscriptionId": subscription}),
        "guards": Engine(int(azure), {"subscriptionId": guards}),
        "aws": Engine(int(aws), {"region": "eu-west-2"}),
    }


def engine_for(engines, token, name):
    """Return the connection that makes a resource; None where its package has none."""
    package = token.partition(":")[0]
    return engines.get("guards" if "guards" in name and package == "azure-native" else package)


def refusal(call, *arguments):
    """Return what a provider refuses with: one line."""
    try:
        call(*arguments)
    except grpc.RpcError as error:
        return error.details()
    return ""


def begun(call, *arguments):
    """Return what a provider tells of a resource that it began to make and could not finish."""
    try:
        call(*arguments)
    except grpc.RpcError as error:
        (trailer,) = [value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]
        found = pb.ErrorResourceInitFailed()
        assert status_pb2.Status.FromString(trailer).details[0].Unpack(found)
        return found
    return None


def urn(token, name):
    """Spell a resource's URN, below a component."""
    return f"urn:pulumi:test::project::project:index:Part${token}::{name}"


def struct(values):
    """Make a message of plain values."""
    made = Struct()
    made.update(values)
    return made


def plain(message):
    """Return the values of a message."""
    return MessageToDict(message)
