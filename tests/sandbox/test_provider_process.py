"""The provider as a process: it says its port first, ends when asked to, and says in one line why it cannot serve."""

import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.sandbox.engine import Engine


@contextmanager
def started(*words):
    """Start a provider; one that does not end by itself is killed in the end, so that no test waits for it."""
    command = [sys.executable, "-m", "audit.sandbox.provider", *map(str, words)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, "stdin"])
def test_it_says_its_port_and_ends_when_asked_to(sandbox, ending):
    rest = ("--while-stdin",) if ending == "stdin" else ()
    with started(sandbox.running.folder, "azure-native", *rest) as process:
        engine = Engine(int(process.stdout.readline()), {"subscriptionId": sandbox.subscription})
        group = engine.create("azure-native:resources:ResourceGroup", "group", {"location": "uksouth"})
        engine.close()
        if ending == "stdin":
            process.stdin.close()
        else:
            process.send_signal(ending)
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""
    assert sandbox.store.read(group.id)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(
            ("nowhere", "azure-native"), "audit: no local Azure runs in nowhere. Start it", id="no local Azure"
        ),
        pytest.param(("nowhere", "gcp"), "usage: python -m audit.sandbox.provider FOLDER", id="another package"),
        pytest.param((), "usage: ", id="no words"),
    ],
)
def test_where_it_cannot_serve_it_says_why(words, said):
    with started(*words) as process:
        told, errors = process.communicate(timeout=60)
    assert (process.returncode, told) == (2, "")
    assert errors.startswith(said)
    assert errors.count("\n") == 1


def test_without_a_local_aws_it_says_so(sandbox):
    with started(sandbox.running.folder, "aws") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.startswith("audit: no local AWS runs in ")
