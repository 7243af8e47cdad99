"""Graph's names are true: what a row asks, and what a control reads, is in Microsoft's own client of Graph."""

import re
from urllib.parse import parse_qsl

import pytest

from audit.kinds import BY_ARM, KINDS
from audit.kinds.graph import EXPANDS
from tests.oracles.graph_models import fields, has_path, model, request
from tests.support import CONTROLS, properties_read

ROWS = [kind for kind in KINDS if kind.arm.startswith("microsoft.graph.")]


def model_of(kind):
    return model(kind.arm.removeprefix("microsoft.graph."))


READERS = {name: control for name, control in CONTROLS.items() if {*control.on, *control.needs} & {*ROWS}}


def read_of_graph(control):
    """Collect each property of Graph's types that an example of a control makes it read."""
    kinds = ((BY_ARM.get(type_name.lower()), path) for type_name, path in properties_read(control))
    return [(kind, path) for kind, path in kinds if kind in ROWS]


@pytest.mark.parametrize("control", READERS.values(), ids=READERS)
def test_every_property_read_exists_in_graphs_models(control):
    """A misspelt or renamed property turns the build red."""
    missing = [f"{kind.arm}: {path}" for kind, path in read_of_graph(control) if not has_path(model_of(kind), path)]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("control", READERS.values(), ids=READERS)
def test_every_property_read_is_one_that_the_row_asks_for(control):
    """Graph leaves out what a `$select` does not name, so a control that reads more would never see it."""
    left_out = []
    for kind, path in read_of_graph(control):
        asked = [name for name, _ in asked_for(kind)]
        if asked and re.split(r"[.\[]", path)[0] not in [*asked, "odataType"]:
            left_out.append(f"{kind.arm}: {path}")
    assert not left_out, "\n".join(left_out)


def options(kind):
    """Return the options of a row's request."""
    return dict(parse_qsl(kind.listing.partition("?")[2]))


def asked_for(kind):
    """Return each property that a row names, with those named below it; empty where it asks for all."""
    asked = options(kind)
    if "$select" not in asked:
        return []
    expanded = re.findall(r"(\w+)(?:\(\$select=([\w,]+)\))?", asked.get("$expand", ""))
    return [(name, "") for name in asked["$select"].split(",")] + expanded


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.arm)
def test_a_rows_listing_is_a_path_that_answers_its_type(kind):
    """Microsoft's client asks the same path, with the same options, and makes the row's type of the answer."""
    asked = request(kind.listing.partition("?")[0])
    assert asked.model is model_of(kind)
    assert set(options(kind)) <= asked.options


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.arm)
def test_a_row_asks_for_properties_that_exist(kind):
    found = model_of(kind)
    for name, below in asked_for(kind):
        assert has_path(found, name)
        assert all(has_path(found, f"{name}[0].{inner}") for inner in below.split(",") if inner)


@pytest.mark.parametrize(("type_name", "name"), EXPANDS.items(), ids=EXPANDS)
def test_what_graph_cuts_is_a_list(type_name, name):
    assert fields(model(type_name.removeprefix("microsoft.graph.")))[name].listed


@pytest.mark.parametrize(
    "path",
    ["State", "grantcontrols.builtInControls", "conditions.user.includeUsers", "grantControls[0].operator"],
)
def test_a_misspelt_property_is_refuted(path):
    assert not has_path(model("conditionalAccessPolicy"), path)


def test_a_property_of_one_platform_is_found_below_the_common_type():
    """Which properties a compliance policy has follows from its platform."""
    assert has_path(model("deviceCompliancePolicy"), "bitLockerEnabled")


def test_a_path_that_graph_does_not_have_is_refuted():
    with pytest.raises(LookupError, match="no GET of /identity/conditionalaccess"):
        request("/identity/conditionalaccess/policies")
