"""Paths and shapes are true: what the loader would put, and where, is what the azure-mgmt SDKs know."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from audit.kinds import kind_of
from audit.kinds.recoveryservices import (
    REPLICATED_ITEM,
    REPLICATION_CONTAINER,
    REPLICATION_CONTAINER_MAPPING,
    REPLICATION_NETWORK_MAPPING,
    REPLICATION_POLICY,
)
from audit.sandbox.load import load
from audit.shape import from_arm, hoist
from tests.estate_fixture import captured
from tests.oracles.azure_models import wire_paths
from tests.oracles.azure_operations import answers_of
from tests.oracles.test_arm_names import AZURE, NO_MODEL, OTHER_VERSION

NO_TEMPLATE = {
    **NO_MODEL,
    "Microsoft.GuestConfiguration/guestConfigurationAssignments": "the SDK spells out the machine, piece by piece",
    "Microsoft.Maintenance/configurationAssignments": "the SDK spells out what it is attached to, piece by piece",
    "Microsoft.Resources/resourceGroups": "a group stands before the word `providers`: its row has no path",
}
"""Kinds whose path no operation of the SDKs spells as the row does, and why."""
SENT_ONLY = {
    # Site Recovery answers under other names than it is asked, such as `fabricSpecificSettings` for a network mapping:
    # https://learn.microsoft.com/rest/api/site-recovery
    REPLICATION_CONTAINER.arm: {"providerSpecificInput"},
    REPLICATION_CONTAINER_MAPPING.arm: {"providerSpecificInput"},
    REPLICATION_NETWORK_MAPPING.arm: {"fabricSpecificDetails", "recoveryFabricName"},
    REPLICATION_POLICY.arm: {"providerSpecificInput"},
    REPLICATED_ITEM.arm: {
        "providerSpecificDetails.recoveryAzureNetworkId",
        "providerSpecificDetails.recoveryResourceGroupId",
        "providerSpecificDetails.recoverySubnetName",
    },
}
"""Properties that a PUT sends under a name of its own; no control reads them."""
URL = re.compile(r'"(/[^"\s]*\{[^"\s]*)"')
OPEN = {"tags", "template", "userAssignedIdentities"}
"""What holds anybody's words."""


def templates():
    """Every URL template in the operations of the SDKs, in lower case, its parameters left blank."""
    folder = Path(next(iter(find_spec("azure.mgmt").submodule_search_locations)))
    files = (path for path in folder.rglob("operations/*operations.py") if "aio" not in path.parts)
    return {re.sub(r"\{\w+\}", "{}", found.lower()) for path in files for found in URL.findall(path.read_text())}


TEMPLATES = [template.strip("/").split("/") for template in templates()]
PATHS = [kind for kind in AZURE if kind.arm not in NO_TEMPLATE]


@pytest.mark.parametrize("kind", PATHS, ids=lambda kind: kind.arm)
def test_a_kinds_path_is_one_that_an_sdk_asks(kind):
    """Only a name that the row fixes may be a parameter of the SDK's."""
    steps = re.sub(r"\{\w+\}", "{}", kind.path.lower()).strip("/").split("/")
    assert any(
        len(steps) == len(theirs) and all(their in (own, "{}") for their, own in zip(theirs, steps, strict=True))
        for theirs in TEMPLATES
    ), kind.path


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """The program of the production stack, what is put for it into a store, and what the loader tells."""
    snapshot = captured(tmp_path_factory)
    store = {}

    def put(identity, api, body):
        store[identity.lower()] = {"id": identity, "apiVersion": api, **body}

    return snapshot, store, load(snapshot, put, lambda identity, api: store.get(identity.lower()))


def leaves(value, path=""):
    """Yield the path of each plain value, `[]` for each element of a list."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            if key not in OPEN:
                yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for item in value:
            yield from leaves(item, f"{path}[]")
    else:
        yield path


def test_what_is_put_is_what_the_sdks_models_hold(production):
    """Nothing is lost when an SDK reads what the loader puts: `wraps` and `top` are right."""
    snapshot, store, loaded = production
    wrong = set()
    for resource in snapshot.resources:
        kind = kind_of(resource.type)
        if resource.id not in loaded.ids or not answers_of(kind):
            continue
        excused = tuple(SENT_ONLY.get(kind.arm, set()) | OTHER_VERSION.get(kind.arm, set()))
        put = store[loaded.ids[resource.id].lower()]
        for leaf in set(leaves({key: put[key] for key in put.keys() - {"id", "apiVersion"}})):
            plain = ".".join(step for step in leaf.split(".") if step != "properties")
            if not plain.startswith(excused) and leaf not in wire_paths(kind, plain.replace("[]", "[0]")):
                wrong.add(f"{kind.arm}: {leaf}")
    assert not wrong, "\n".join(sorted(wrong))


def test_what_is_put_reads_as_it_was_declared(production):
    """A control sees every plain value of the program again when it reads the resource live."""
    snapshot, store, loaded = production
    differing = []
    for resource in snapshot.resources:
        kind = kind_of(resource.type)
        place = loaded.ids.get(resource.id, "").lower()
        if not place:
            continue
        live = from_arm(kind, store[place])
        for key, value in hoist(resource.body).items():
            if isinstance(value, str | bool | int | float) and key in live and live[key] != value:
                differing.append(f"{place}: {key} is {live[key]!r}, declared {value!r}")
    assert not differing, "\n".join(differing)


def test_everything_that_a_program_can_tell_is_loaded(production):
    """What is left out is secret, or made by Azure alone; the stack's own settings lie in no cloud."""
    snapshot, _, loaded = production
    in_a_cloud = [resource for resource in snapshot.resources if not resource.type.startswith("Pulumi::")]
    assert len(loaded.ids) + len(loaded.elsewhere) == len(in_a_cloud)
    assert {(left.path, left.reason) for left in loaded.left} == {
        ("osProfile.adminPassword", "it is a secret and was not looked at"),
        ("providerSpecificDetails.protectedManagedDisks[0].diskId", "it is not known before deployment"),
        ("serverKeyName", "it is not known before deployment"),
    }
