"""A program that stops half way gives what it registered, and says where and why it stopped."""

import os
import subprocess
import sys

import pytest

from audit.model import AuditError
from tests.sources.capturing import by_name, capture, write_program
from tests.support import ROOT

GROUPS = """
import asyncio, os, signal, sys, threading, time
import pulumi
def group(name):
    return pulumi.CustomResource("azure-native:resources:ResourceGroup", name, {"location": "uksouth"})
group("first")
group("second")
"""
LAST = GROUPS.count("\n") + 1


def _stopped(folder, source, **more):
    """Capture a program that must stop after two resources, and return the gap's reason."""
    snapshot = capture(write_program(folder, GROUPS + source, **more))
    assert sorted(by_name(snapshot)) == ["first", "second"]
    (gap,) = snapshot.gaps
    assert gap.kinds == (), "anything may be hidden by it"
    return gap.reason


@pytest.mark.parametrize(
    ("source", "line", "error"),
    [
        pytest.param("raise ValueError('boom')", LAST, "ValueError: boom", id="an exception"),
        pytest.param("raise ValueError('one\\ntwo')", LAST, "ValueError: one two", id="a message of two lines"),
        pytest.param("def f():\n    1 / 0\nf()", LAST + 1, "ZeroDivisionError: division by zero", id="a function"),
        pytest.param("sys.exit(3)", LAST, "SystemExit: 3", id="leaving with a status"),
        pytest.param("sys.exit(0)", LAST, "SystemExit: 0", id="leaving with success, before the end"),
        pytest.param(
            "try:\n    {}['x']\nexcept KeyError as e:\n    raise RuntimeError('no x') from e",
            LAST + 1,
            "RuntimeError: no x",
            id="an error raised from another",
        ),
        pytest.param(
            "pulumi.Output.from_input(1).apply(lambda one: one / 0)",
            LAST,
            "ZeroDivisionError: division by zero",
            id="an error inside apply",
        ),
        pytest.param(
            "pulumi.Config().require('nowhere')",
            LAST,
            "ConfigMissingError: Missing required configuration variable 'demo:nowhere'",
            id="a missing setting",
        ),
    ],
)
def test_a_program_that_fails_says_where(tmp_path, source, line, error):
    """The line is the program's own, the innermost."""
    reason = _stopped(tmp_path, source)
    assert reason.startswith(f"stopped at __main__.py:{line} after 2 resources: {error}")


def test_a_broken_module_is_named_itself(tmp_path):
    """The import is fine; the line to mend is in the module."""
    reason = _stopped(tmp_path, "import broken", files={"broken.py": "x = 1\ndef f(:\n"})
    assert reason.startswith("stopped at broken.py:2 after 2 resources: SyntaxError: ")


def test_a_failing_transform_is_named(tmp_path):
    """It fails while a resource is registered, which the SDK raises from itself."""
    source = """
def refuse(args):
    raise PermissionError("not here")
opts = pulumi.ResourceOptions(transforms=[refuse])
pulumi.CustomResource("azure-native:resources:ResourceGroup", "third", {}, opts)
"""
    reason = _stopped(tmp_path, source)
    assert reason == f"stopped at __main__.py:{LAST + 2} after 2 resources: PermissionError: not here"


def test_two_resources_of_one_identity_stop_the_program(tmp_path):
    """The engine refuses them too; one of them would hide the other."""
    reason = _stopped(tmp_path, "group('first')")
    assert (
        "two resources would have the URN urn:pulumi:dev::demo::azure-native:resources:ResourceGroup::first" in reason
    )


LATER = """
async def later():
    await asyncio.sleep(0.5)
    {}
pulumi.Output.from_input(later())
"""


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        pytest.param("os._exit(7)", "ended without a word, with status 7", id="leaving at once"),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", "killed by signal 9", id="killed"),
        pytest.param("os.abort()", "killed by signal 6", id="crashed"),
    ],
)
def test_a_program_that_ends_without_a_word_is_no_clean_result(tmp_path, end, reason):
    """What it registered up to then is kept."""
    assert _stopped(tmp_path, LATER.format(end)) == f"stopped after 2 resources: {reason}"


@pytest.mark.parametrize(
    "loop",
    [
        pytest.param("while True: pass", id="busy"),
        pytest.param("while True:\n    try: time.sleep(60)\n    except Exception: pass", id="asleep, catching errors"),
    ],
)
def test_an_endless_program_is_stopped_at_its_time_limit(tmp_path, loop):
    """What it declared before still counts, though the SDK sends it only afterwards."""
    snapshot = capture(write_program(tmp_path, GROUPS + loop), seconds=5)
    assert sorted(by_name(snapshot)) == ["first", "second"]
    (gap,) = snapshot.gaps
    assert gap.reason.startswith("stopped at __main__.py:")
    assert gap.reason.endswith(" after 2 resources: not done within 5 s")


def test_a_program_that_waits_for_ever_is_stopped(tmp_path):
    """It is in no line of its own then."""
    snapshot = capture(write_program(tmp_path, GROUPS + LATER.format("await asyncio.Event().wait()")), seconds=5)
    assert snapshot.gaps[0].reason == "stopped after 2 resources: not done within 5 s"


def test_a_program_that_declares_nothing_before_it_stops_is_an_error(tmp_path):
    """There is nothing to judge: one line says why."""
    write_program(tmp_path, "import pulumi\nraise ValueError('boom')")
    with pytest.raises(AuditError) as error:
        capture(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: stopped at __main__.py:2 after 0 resources: ValueError: boom, before it declared anything. "
        "Mend the program or its settings."
    )


def test_an_empty_program_is_no_error(tmp_path):
    """It came to its end; that nothing was seen is for the controls to say."""
    snapshot = capture(write_program(tmp_path, ""))
    assert (snapshot.resources, snapshot.gaps) == ((), ())


def test_an_interpreter_without_pulumi_is_an_error(tmp_path):
    """The project's own virtual environment is the one that counts."""
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    project = "name: demo\nruntime:\n  name: python\n  options:\n    virtualenv: venv\n"
    with pytest.raises(AuditError) as error:
        capture(write_program(tmp_path, GROUPS, project=project), environment={"PATH": os.environ["PATH"]})
    assert "could not be started with" in str(error.value)
    assert str(error.value).endswith(": Pulumi is not installed there. Install its Python SDK.")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("found", ["3.271.0", "2.9.1", "4.0.0"])
def test_a_pulumi_of_another_age_is_an_error(found):
    """The capture leans on parts of Pulumi that come and go; it says so before it says something wrong."""
    code = "import importlib.metadata as m, sys; m.version = lambda _: sys.argv[1];"
    code += "from audit.sources.capture import version; version.version = m.version; version.demand()"
    run = subprocess.run([sys.executable, "-c", code, found], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr == f"Pulumi {found} is installed there. Install 3.272 or newer, below 4\n"


def test_a_project_without_its_own_environment_is_said(tmp_path):
    """Another SDK fills in other defaults."""
    project = "name: demo\nruntime:\n  name: python\n  options:\n    virtualenv: venv\n"
    told = capture(write_program(tmp_path, GROUPS, project=project)).unassessed
    assert [(item.what, item.where) for item in told] == [("the project's own environment", "venv")]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("raise ValueError(SECRET)", id="as it is"),
        pytest.param("raise ValueError({'a': [SECRET]})", id="inside an object"),
        pytest.param("raise ValueError('x' * 390 + SECRET)", id="where the message is cut"),
        pytest.param("pulumi.Output.secret(SECRET).apply(lambda text: int(text))", id="inside apply"),
        pytest.param("sys.exit(SECRET)", id="as the last word"),
    ],
)
def test_a_message_does_not_tell_a_secret(tmp_path, source):
    """Errors quote what they choke on."""
    source = "SECRET = \"line-one-\\u00e9\\n'quoted'-line-two\"\npulumi.Output.secret(SECRET)\n" + source
    reason = _stopped(tmp_path, source)
    assert "[secret]" in reason or reason.endswith("x" * 9)
    assert not [word for word in ("line-one", "quoted", "line-two", "\\xe9") if word in reason]


def test_a_literal_password_is_not_told_either(tmp_path):
    """Nobody called it a secret, but its property's name does."""
    source = """
pulumi.CustomResource("azure-native:sql:Server", "server", {"administratorLoginPassword": "literal-phrase"})
raise ValueError("literal-phrase")
"""
    snapshot = capture(write_program(tmp_path, GROUPS + source))
    assert snapshot.gaps[0].reason.endswith("after 3 resources: ValueError: [secret]")
    assert "literal-phrase" not in repr(snapshot)
