"""Annotations as GitHub and Azure Pipelines read them: the worst first, no more than are shown, none injected."""

import re

import msgspec
import pytest

from audit.model import Verdict
from audit.reports import annotations
from audit.reports.annotations import Reader
from tests.reports.gated import COMPARED, GATED, PLACES, named, replaced
from tests.reports.sample import REGIONS, REPORT

GITHUB = re.compile(r"::(error|warning)(?: ([^:]*))?::(.*)")
"""A command of GitHub's: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands."""
AZURE = re.compile(r"##vso\[task\.logissue ([^\]]*)\](.*)")
"""https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands."""


def github(report):
    """Parse what GitHub would: the sort, the properties and the text of each command."""
    lines = annotations.render(report, PLACES, Reader.GITHUB).splitlines()
    return [_parts(GITHUB.fullmatch(line).groups(), ",", {"%3A": ":", "%2C": ","}, "%25") for line in lines]


def azure(report):
    """Parse what Azure Pipelines would."""
    lines = annotations.render(report, PLACES, Reader.AZURE).splitlines()
    found = [AZURE.fullmatch(line).groups() for line in lines]
    return [_parts(("", properties, text), ";", {"%3B": ";", "%5D": "]"}, "%AZP25") for properties, text in found]


def _parts(groups, separator, spelling, percent):
    sort, properties, text = groups
    told = dict(pair.split("=", 1) for pair in (properties or "").split(separator) if pair)
    for spelt, letter in (spelling | {percent: "%"}).items():
        told = {name: value.replace(spelt, letter) for name, value in told.items()}
    return sort or told.pop("type"), told, text.replace(percent, "%")


def test_what_stops_a_change_is_an_error_at_its_line():
    """On both, with the control as the title, the promise in the text, and broken before unproven."""
    sort, place, text = github(GATED)[0]
    assert (sort, place) == (
        "error",
        {"file": "infra/stacks/archive.py", "line": "41", "title": "storage-no-anonymous-read"},
    )
    assert "Breaks: A-14a (Nobody can read an archive without signing in)" in text
    sort, place, same = azure(GATED)[0]
    assert (sort, place) == (
        "error",
        {"sourcepath": "infra/stacks/archive.py", "linenumber": "41", "code": "storage-no-anonymous-read"},
    )
    assert same == text


def test_only_what_stops_it_and_waivers_are_told():
    """Obligations and what does not apply are not."""
    assert [(sort, place.get("title", "")) for sort, place, _ in github(GATED)] == [
        ("error", "storage-no-anonymous-read"),
        ("error", "network-nsg-no-management"),
        ("error", "storage-archive-locked"),
        ("error", "keys-rotate"),
        ("error", "dns-mx-partner-only"),
        ("warning", ""),
        ("warning", ""),
    ]


def test_what_the_baseline_has_is_not_told_again():
    """Only the new break and the new doubt."""
    assert [place["title"] for sort, place, _ in github(COMPARED) if sort == "error"] == [
        "network-nsg-no-management",
        "keys-rotate",
    ]


def test_where_nothing_stops_a_change_nothing_is_said():
    """Not even an empty line."""
    kept = msgspec.structs.replace(REPORT, controls=(), statements=())
    assert annotations.render(kept, PLACES, Reader.GITHUB) == ""


@pytest.mark.parametrize("parse", [github, azure], ids=["github", "azure"])
@pytest.mark.parametrize(("count", "shown", "last"), [(10, 10, ""), (11, 10, "and 2 more like these: see the report")])
def test_no_more_are_told_than_are_shown(parse, count, shown, last):
    """GitHub drops the eleventh in silence, so the tenth says how many there are."""
    broken = replaced(
        msgspec.structs.replace(REPORT, controls=(msgspec.structs.replace(REGIONS, findings=REGIONS.findings[:12]),)),
        lambda one: msgspec.structs.replace(one, verdict=Verdict.BROKEN, file="stacks/archive.py"),
    )
    some = msgspec.structs.replace(broken.controls[0], findings=broken.controls[0].findings[:count])
    told = parse(msgspec.structs.replace(broken, controls=(some,), statements=()))
    assert len(told) == shown
    assert last in told[-1][2]


def test_findings_of_one_control_on_one_line_are_one_command():
    """A loop that declares twelve things is one line to mend."""
    looped = replaced(
        msgspec.structs.replace(REPORT, controls=(REGIONS,), statements=()),
        lambda one: msgspec.structs.replace(
            one, verdict=Verdict.BROKEN, file="stacks/archive.py", line=7, reason="stands in France"
        ),
    )
    ((_, place, text),) = github(looped)
    assert place["line"] == "7"
    assert text.endswith("The same on thing-01, thing-02, thing-03, thing-04, thing-05 and 7 more")


HARMFUL = [
    "a\n::error::x",
    "a\r\n::stop-commands::x",
    "##vso[task.setvariable variable=x]y",
    "100%25",
    "a];x=1",
    "x,y:z",
]


@pytest.mark.parametrize("parse", [github, azure], ids=["github", "azure"])
@pytest.mark.parametrize("name", HARMFUL)
def test_a_name_cannot_end_a_command_or_begin_another(parse, name):
    """One line a command, whatever it is about; the name is read back as it was, on one line."""
    assert len(parse(named(GATED, name))) == len(parse(GATED))
    assert " ".join(name.replace("\r", "\\u000d").split()) in parse(named(GATED, name))[0][2]


@pytest.mark.parametrize("file", ["a,b:c.py", "a;b]c.py", "100%25.py", "a\nb.py"])
def test_a_path_cannot_end_its_property(file):
    """It is read back as it was."""
    report = replaced(GATED, lambda one: msgspec.structs.replace(one, file=file))
    places = msgspec.structs.replace(PLACES, files={file: file})
    github_line = annotations.render(report, places, Reader.GITHUB).splitlines()[0]
    azure_line = annotations.render(report, places, Reader.AZURE).splitlines()[0]
    if "\n" not in file:
        properties = GITHUB.fullmatch(github_line).groups()
        assert _parts(properties, ",", {"%3A": ":", "%2C": ","}, "%25")[1]["file"] == file
        parts = AZURE.fullmatch(azure_line).groups()
        assert _parts(("", *parts), ";", {"%3B": ";", "%5D": "]"}, "%AZP25")[1]["sourcepath"] == file
    assert GITHUB.fullmatch(github_line)
    assert AZURE.fullmatch(azure_line)
