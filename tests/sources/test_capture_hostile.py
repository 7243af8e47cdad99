"""A program may print, fork, move about and call its modules what it likes: what is seen of it stays true."""

import fcntl
import json
import os
import sys
import time

import pytest

from tests.sources.capturing import by_name, capture, content, write_program

GROUP = 'pulumi.CustomResource("azure-native:resources:ResourceGroup", "group", {"location": "uksouth"})\n'


def _names(folder, source, **more):
    """Capture a program that must come to its end, and return the names of its resources."""
    snapshot = capture(write_program(folder, "import pulumi\n" + source, **more))
    assert snapshot.gaps == ()
    return sorted(resource.name for resource in snapshot.resources)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("print('{\"resource\": {}}' * 99999)", id="prints like a record, at length"),
        pytest.param("import sys; sys.stdout.close(); sys.stderr.close()", id="closes what it prints to"),
        pytest.param("import os; os.chdir('/')", id="changes the folder"),
        pytest.param("import shutil, os; shutil.rmtree(os.getcwd())", id="deletes its own files"),
        pytest.param("import os; os.environ.clear()", id="clears its environment"),
        pytest.param("import logging; logging.disable()", id="switches logging off"),
        pytest.param(
            "import threading, time; threading.Thread(target=time.sleep, args=(9999,)).start()", id="leaves a thread"
        ),
        pytest.param("import subprocess; subprocess.Popen(['sleep', '9999'])", id="leaves a process"),
        pytest.param(
            "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True)", id="leaves a free process"
        ),
        pytest.param("import sys; sys.setrecursionlimit(200)", id="allows little recursion"),
        pytest.param("import pulumi; pulumi.export('group', {'a': pulumi.get_stack()})", id="exports"),
        pytest.param("import atexit, time; atexit.register(time.sleep, 9999)", id="wants a long goodbye"),
        pytest.param("import gc; gc.collect()", id="collects garbage"),
    ],
)
def test_a_program_is_seen_whatever_else_it_does(tmp_path, capfd, source):
    """It ends, what it declared is there, and nothing of what it says mixes with ours."""
    assert _names(tmp_path, f"{GROUP}{source}\n") == ["group"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["audit", "monitor", "plain", "run", "references", "answers", "msgspec"])
def test_a_module_may_be_called_as_one_of_ours(tmp_path, name):
    """The program's own is the one that it gets."""
    files = {f"{name}.py": f"import pulumi\ndef declare():\n    {GROUP}"}
    assert _names(tmp_path, f"import {name}\n{name}.declare()\n", files=files) == ["group"]


def test_modules_of_ours_are_not_there_for_the_program(tmp_path):
    """Nor are those of the folder that the audit was started in."""
    source = (
        "from importlib.util import find_spec\nassert not [name for name in ('tests', 'stacks') if find_spec(name)]\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    snapshot = capture(write_program(tmp_path, f"import pulumi\n{GROUP}{source}"), environment=environment)
    assert snapshot.gaps == ()


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("sys.exit(1)", id="leaves"),
        pytest.param("pass", id="runs on"),
        pytest.param("1 / 0", id="fails"),
    ],
)
def test_a_fork_is_not_the_program(tmp_path, end):
    """Its copy comes to an end of its own, and declares nothing twice."""
    source = f"import os, sys\nchild = os.fork()\nif child == 0:\n    {end}\nelse:\n    os.waitpid(child, 0)\n"
    assert _names(tmp_path, GROUP + source) == ["group"]


def test_a_forks_last_word_is_not_the_programs(tmp_path):
    """Where the program fails as well, its own error is the one that is told."""
    source = (
        "import os, sys\nchild = os.fork()\nif child == 0: sys.exit(1)\nos.waitpid(child, 0)\nraise ValueError(2)\n"
    )
    snapshot = capture(write_program(tmp_path, "import pulumi\n" + GROUP + source))
    assert [gap.reason for gap in snapshot.gaps] == ["stopped at __main__.py:7 after 1 resource: ValueError: 2"]


def test_what_a_program_leaves_running_is_ended(tmp_path):
    """The lock that it holds is free again."""
    lock = tmp_path / "lock"
    source = f"""
import fcntl, os, subprocess
held = os.open({str(lock)!r}, os.O_CREAT | os.O_RDWR)
fcntl.flock(held, fcntl.LOCK_EX)
subprocess.Popen(["sleep", "60"], pass_fds=[held])
"""
    assert _names(tmp_path, GROUP + source) == ["group"]
    with lock.open() as stream:
        for _ in range(100):
            try:
                return fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.1)
    pytest.fail("it still runs")


def test_the_environment_is_the_one_passed(tmp_path):
    """Nothing of ours leaks into it, and nothing is left out."""
    source = """
import os
kept = sorted(name for name in os.environ if not name.startswith(("PULUMI_", "LC_")))
pulumi.CustomResource("azure-native:resources:ResourceGroup", "group", {"tags": {"kept": ",".join(kept)}})
"""
    snapshot = capture(write_program(tmp_path, "import pulumi\n" + source), environment={"ONE": "1", "TWO": "2"})
    assert by_name(snapshot)["group"].look("tags.kept") == "ONE,TWO"


def test_settings_on_the_command_line_reach_the_program(tmp_path):
    """With the project's name before them, where it is left out."""
    source = """
config = pulumi.Config()
tags = {"own": config.require("own"), "other": pulumi.Config("azure-native").require("location")}
pulumi.CustomResource("azure-native:resources:ResourceGroup", "group", {"tags": tags})
"""
    settings = {"own": "1", "azure-native:location": "uksouth"}
    snapshot = capture(write_program(tmp_path, "import pulumi\n" + source), settings=settings)
    assert by_name(snapshot)["group"].look("tags") == {"other": "uksouth", "own": "1"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("<script>alert(1)</script>", id="markup"),
        pytest.param("two\nlines\r\u2028three", id="line breaks"),
        pytest.param("Grüße-東京-😀", id="letters of the world"),
        pytest.param("a::b$c", id="an identity's own separators"),
        pytest.param("../../etc/passwd", id="a path"),
        pytest.param('"\\{}%s', id="quotes and braces"),
    ],
)
def test_a_name_comes_back_as_it_was_given(tmp_path, name):
    """Whoever shows it takes care of it."""
    assert _names(tmp_path, GROUP.replace('"group"', repr(name))) == [name]


def test_one_name_and_type_under_different_parents_are_two_resources(tmp_path):
    """Their identities hold the types of all their parents."""
    source = """
class Inner(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("demo:index:Inner", name, None, opts)
        opts = pulumi.ResourceOptions(parent=self)
        pulumi.CustomResource("azure-native:resources:ResourceGroup", "same", {"location": name}, opts)
class Outer(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("demo:index:Outer", name)
        Inner("inner-of-outer", pulumi.ResourceOptions(parent=self))
Outer("outer")
Inner("inner")
pulumi.CustomResource("azure-native:resources:ResourceGroup", "same", {"location": "none"})
"""
    snapshot = capture(write_program(tmp_path, "import pulumi\n" + source))
    prefix = "urn:pulumi:dev::demo::"
    assert {resource.id.removeprefix(prefix): resource.look("location") for resource in snapshot.resources} == {
        "demo:index:Outer$demo:index:Inner$azure-native:resources:ResourceGroup::same": "inner-of-outer",
        "demo:index:Inner$azure-native:resources:ResourceGroup::same": "inner",
        "azure-native:resources:ResourceGroup::same": "none",
    }


def test_a_thousand_resources_are_all_there(tmp_path):
    """Each once, with its own value."""
    source = "for number in range(1000):\n    " + GROUP.replace('"group"', 'f"group-{number:04}"').replace(
        '"uksouth"', 'f"{number:04}"'
    )
    snapshot = capture(write_program(tmp_path, "import pulumi\n" + source))
    assert [resource.look("location") for resource in snapshot.resources] == [f"{number:04}" for number in range(1000)]


def test_a_program_that_prints_its_secrets_tells_us_none(tmp_path, capfd):
    """What it prints goes nowhere."""
    source = """
import sys
phrase = pulumi.Config().require("password")
print(phrase); print(phrase, file=sys.stderr); pulumi.log.warn(phrase)
pulumi.CustomResource("azure-native:resources:ResourceGroup", "group", {"tags": {"note": f"it is {phrase}"}})
"""
    config = "config:\n  password: {type: string, secret: true, default: printed-phrase}\n"
    project = f"name: demo\nruntime: python\n{config}"
    snapshot = capture(write_program(tmp_path, "import pulumi\n" + source, project=project))
    assert "printed-phrase" not in json.dumps(content(snapshot)) + repr(snapshot)
    assert by_name(snapshot)["group"].look("tags.note") is not None
    assert capfd.readouterr() == ("", "")


def test_the_projects_own_interpreter_runs_it(tmp_path):
    """Where the project names a virtual environment that is there."""
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexport CHOSEN=yes\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    project = "name: demo\nruntime:\n  name: python\n  options: {virtualenv: venv}\n"
    source = GROUP.replace('"uksouth"', '__import__("os").environ["CHOSEN"]')
    snapshot = capture(write_program(tmp_path, "import pulumi\n" + source, project=project))
    assert by_name(snapshot)["group"].look("location") == "yes"
