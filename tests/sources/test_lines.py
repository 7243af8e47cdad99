"""The line of each property is found in the text of the program, in every way of writing it."""

import os

import pytest

from audit.sources.lines import property_lines


@pytest.mark.parametrize(
    ("source", "line", "lines"),
    [
        pytest.param('Account("a", kind="x", sku_name="y")', 1, {"kind": 1, "skuname": 1}, id="keywords on one line"),
        pytest.param('Account(\n  "a",\n  kind="x",\n  tier=1,\n)', 1, {"kind": 3, "tier": 4}, id="a line each"),
        pytest.param('store.v1.Account("a",\n  kind="x")', 1, {"kind": 2}, id="a name with dots"),
        pytest.param('made = [\n  Account("a",\n    kind="x")]', 2, {"kind": 3}, id="inside a list"),
        pytest.param(
            'Account("a",\n  rules=RulesArgs(\n    action="x"))',
            1,
            {"rules": 2, "rules.action": 3},
            id="an argument object",
        ),
        pytest.param(
            'Account("a",\n  rules={\n    "defaultAction": "x",\n    "ip_rules": []})',
            1,
            {"rules": 2, "rules.defaultaction": 3, "rules.iprules": 4},
            id="a dictionary in either spelling",
        ),
        pytest.param(
            'Account("a",\n  rules=dict(\n    action="x"))',
            1,
            {"rules": 2, "rules.action": 3},
            id="a dictionary by call",
        ),
        pytest.param(
            'Account("a", subnets=[\n  {"name": "x"},\n  SubnetArgs(\n    name="y")])',
            1,
            {"subnets": 1, "subnets.0": 2, "subnets.0.name": 2, "subnets.1": 3, "subnets.1.name": 4},
            id="a list of objects",
        ),
        pytest.param(
            'Account("a", zones=(\n  "1",\n  "2"))', 1, {"zones": 1, "zones.0": 2, "zones.1": 3}, id="a tuple"
        ),
        pytest.param(
            'Account("a",\n  AccountArgs(\n    kind="x"),\n  ResourceOptions(x))',
            1,
            {"kind": 3},
            id="all in one object",
        ),
        pytest.param(
            'Account("a",\n  properties={\n    "sku": {\n      "name": "x"}})',
            1,
            {"sku": 3, "sku.name": 4},
            id="properties are left out",
        ),
        pytest.param('Account("a", opts=ResourceOptions(protect=True))', 1, {}, id="options are no properties"),
        pytest.param('Account("a",\n  **{"kind": "x"})', 1, {"kind": 2}, id="a dictionary spread where it stands"),
        pytest.param('Account("a", **common)', 1, {}, id="a dictionary from elsewhere"),
        pytest.param('Account("a", rules=make(x))', 1, {"rules": 1}, id="a value made elsewhere"),
        pytest.param('Account("a", **make(kind="x"))', 1, {}, id="the arguments of another call are none of ours"),
        pytest.param('helper(size=1, it=Account("a", kind="x"))', 1, {"kind": 1}, id="inside another call"),
        pytest.param('Alias("a", kind="x")', 1, {"kind": 1}, id="under another name, alone on the line"),
        pytest.param('\nAccount("a", kind="x")', 1, {}, id="no call on that line"),
        pytest.param('Account("a", kind="x")', 99, {}, id="a line that is not there"),
        pytest.param("Account(", 1, {}, id="a file that is not Python"),
        pytest.param('Account("é",\n  kind="ü")', 1, {"kind": 2}, id="letters of the world"),
    ],
)
def test_properties_have_lines(tmp_path, source, line, lines):
    """Keys are folded so that Python's and Azure's spellings meet."""
    path = tmp_path / "program.py"
    path.write_text(source, encoding="utf-8")
    assert property_lines(path, line, "Account") == lines


def test_a_file_that_is_gone_has_no_lines(tmp_path):
    """The program may have deleted it."""
    assert property_lines(tmp_path / "gone.py", 1, "Account") == {}


def test_a_file_that_changed_is_read_again(tmp_path):
    """Two audits in one process may lie an edit apart."""
    path = tmp_path / "program.py"
    path.write_text('Account("a", kind="x")')
    assert property_lines(path, 1, "Account") == {"kind": 1}
    path.write_text('Account("a",\n  kind="x")')
    os.utime(path, ns=(0, 0))
    assert property_lines(path, 1, "Account") == {"kind": 2}


def test_an_object_made_elsewhere_stands_below_its_place(tmp_path):
    """A rule from a function is the first of its group's rules."""
    path = tmp_path / "program.py"
    path.write_text('def rule():\n  return RuleArgs(\n    access="x")\n')
    assert property_lines(path, 2, "", below="rules.0") == {"rules.0.access": 3}
