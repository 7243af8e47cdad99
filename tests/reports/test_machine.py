"""The report for programs fits the schema that is published for it, and is the same bytes each time."""

import json

import jsonschema
import msgspec
import pytest

from audit.model import Verdict
from audit.promises import Report
from audit.reports import machine, schema
from tests.reports.sample import REPORT

SCHEMA = json.loads(schema.render())
DOCUMENT = json.loads(machine.render(REPORT))


def test_the_report_fits_its_schema():
    """The schema is a sound one of its dialect, and the document fits it."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(DOCUMENT)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"verdict": "fine"}, id="a fifth verdict"),
        pytest.param({"format": "another"}, id="another format"),
        pytest.param({"controls": None}, id="no controls"),
        pytest.param({"judged_on": 5}, id="a number for a date"),
    ],
)
def test_what_is_no_report_does_not_fit(change):
    """The schema refuses what the types refuse."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(DOCUMENT | change)


def test_the_schema_lists_the_verdicts():
    """The same words as everywhere."""
    assert sorted(SCHEMA["$defs"]["Verdict"]["enum"]) == sorted(Verdict)


@pytest.mark.parametrize("render", [lambda: machine.render(REPORT), schema.render], ids=["report", "schema"])
def test_the_bytes_are_stable(render):
    """Sorted keys, one newline at the end, nothing that changes from run to run."""
    first = render()
    assert first == render()
    assert first.endswith(b"}\n")
    assert list(json.loads(first)) == sorted(json.loads(first))


def test_the_report_can_be_read_back():
    """What is published holds all that was found."""
    again = msgspec.json.decode(machine.render(REPORT), type=Report)
    assert machine.render(again) == machine.render(REPORT)


def test_counts_stand_beside_the_report():
    """The same n of m that every other format says."""
    assert DOCUMENT["promise_counts"] == {
        "of": 9,
        "by": {"broken": 3, "unproven": 4, "waived": 1, "kept": 1, "not applicable": 0},
    }
