"""Each resource has the file and line of its constructor, and each property set there its own."""

import pytest

from audit.model import Source
from tests.sources.capturing import PROGRAMS, by_name, capture, line_of, write_program

PLACES = PROGRAMS / "places"


@pytest.fixture(scope="module")
def declared():
    """Capture the program that declares from many places."""
    snapshot = capture(PLACES)
    assert snapshot.gaps == ()
    return by_name(snapshot)


@pytest.mark.parametrize(
    ("name", "file", "text", "offset"),
    [
        pytest.param("top", "__main__.py", "top = storage", 0, id="at top level"),
        pytest.param("loop-0", "__main__.py", 'f"loop-{number}"', 0, id="in a loop, the first"),
        pytest.param("loop-1", "__main__.py", 'f"loop-{number}"', 0, id="in a loop, the second"),
        pytest.param("helped", "helpers.py", "return storage", 0, id="by a helper in another file"),
        pytest.param("store-account", "component.py", "self.account = ", 0, id="in a component's file"),
        pytest.param("store-container", "component.py", "self.container = ", 0, id="further down in a component"),
        pytest.param("whole-args", "__main__.py", '"whole-args"', -1, id="with an object of arguments"),
    ],
)
def test_a_resource_has_the_innermost_line_of_the_program(declared, name, file, text, offset):
    """The SDK's own lines are nobody's to mend."""
    assert declared[name].source.file == file
    assert declared[name].source.line == line_of(PLACES / file, text) + offset


@pytest.mark.parametrize(
    ("name", "key", "file", "text"),
    [
        pytest.param("top", "minimumtlsversion", "__main__.py", 'minimum_tls_version="TLS1_2"', id="a keyword"),
        pytest.param("top", "networkruleset.defaultaction", "__main__.py", "default_action=", id="an argument object"),
        pytest.param("top", "networkruleset.iprules.0.ipaddressorrange", "__main__.py", "192.0.2.1", id="in a list"),
        pytest.param("top", "networkruleset.iprules.1.ipaddressorrange", "__main__.py", "192.0.2.2", id="a dictionary"),
        pytest.param("store-account", "kind", "component.py", 'kind="StorageV2"', id="in a component"),
        pytest.param("rules", "securityrules.0.access", "__main__.py", 'access="Deny"', id="made in a function"),
    ],
)
def test_a_property_has_the_line_it_is_set_on(declared, name, key, file, text):
    """The line to change is the line shown."""
    assert declared[name].source.lines[key] == line_of(PLACES / file, text)


def test_properties_of_a_whole_object_of_arguments_have_lines(declared):
    """One call deeper is where the property stands."""
    assert declared["whole-args"].source.lines["sku.name"] == line_of(PLACES / "__main__.py", "storage.SkuArgs(")


@pytest.mark.parametrize("name", ["helped", "spread"])
def test_a_property_that_is_not_written_there_has_no_line(declared, name):
    """It came in with `**`: the resource's own line has to do."""
    assert declared[name].look("minimumTlsVersion") in ("TLS1_0", "TLS1_1")
    assert "minimumtlsversion" not in declared[name].source.lines


def test_a_project_in_a_folder_with_strange_letters_has_lines_too(tmp_path):
    """Positions travel as addresses, in which a blank is spelled otherwise."""
    source = 'from pulumi_azure_native import resources\n\nresources.ResourceGroup("group", location="uksouth")\n'
    (group,) = capture(write_program(tmp_path / "my prójects #1", source)).resources
    assert group.source == Source("__main__.py", 3, {"location": 3})
