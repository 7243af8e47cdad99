"""Names are true: what a control reads exists in the Pulumi SDK under that very name."""

from typing import get_overloads

import pytest

from audit.kinds import BY_ARM, KINDS
from audit.shape import pulumi_path
from tests.oracles.sdk import has_property, resource_class
from tests.support import CONTROLS, properties_read


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_every_property_read_exists_in_the_sdk(control):
    """A misspelt or renamed property turns the build red."""
    missing = []
    for type_name, path in properties_read(control):
        kind = BY_ARM.get(type_name.lower())
        if kind is None:
            continue
        spelled = pulumi_path(kind, path)
        if kind.pulumi and not any(has_property(token, spelled) for token in kind.pulumi):
            missing.append(f"{type_name}: {path} (Pulumi: {spelled})")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.arm)
def test_a_kinds_row_names_what_the_sdk_has(kind):
    """Each Pulumi token is a class of the SDK, and each renamed property and parent link one of its inputs."""
    for token in kind.pulumi:
        assert resource_class(token).__module__
    links = [kind.parent.by] if kind.parent else []
    for path in [*kind.renamed.values(), *links]:
        if kind.pulumi:
            assert any(has_property(token, path) for token in kind.pulumi), path


AZURE = [kind for kind in KINDS if kind.pulumi and kind.arm.startswith("Microsoft.")]


@pytest.mark.parametrize("kind", AZURE, ids=lambda kind: kind.arm)
def test_a_kinds_api_version_is_the_sdks(kind):
    """The row's API version is the one that the SDK's class says it uses."""
    documented = " ".join(found.__doc__ or "" for found in get_overloads(resource_class(kind.pulumi[0]).__init__))
    assert f"Uses Azure REST API version {kind.api}." in documented
