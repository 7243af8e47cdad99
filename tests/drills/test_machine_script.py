"""Scripts that are run inside a restored machine: what they say is read whole or not at all, and names stay names."""

import hashlib
import subprocess

import pytest

from audit.drills import machine_script as script
from audit.drills.outcomes import Inconclusive
from tests.drilling import moment

LETTER = b"Dear Ada, the canary string of this letter"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param(lambda text: script.read_files(text, 1), "", id="nothing"),
        pytest.param(lambda text: script.read_files(text, 2), f"{'a' * 64}  1  0\nend  2", id="a line cut off"),
        pytest.param(lambda text: script.read_files(text, 1), f"{'a' * 64}  1  0", id="no end"),
        pytest.param(script.read_canary, "canary  yesterday  x\nend  1", id="a canary of another form"),
        pytest.param(script.read_canary, f"canary  2026-13-01T00:00:00Z  {'a' * 64}\nend  1", id="no month"),
        pytest.param(lambda text: script.read_services(text, 1), "service  0  maybe\nend  1", id="another state"),
    ],
)
def test_an_answer_from_inside_that_is_not_whole_is_none(read, text):
    """It raises, so that its check is not run."""
    with pytest.raises(Inconclusive):
        read(text)


@pytest.mark.parametrize("name", ["a\nrm -rf /", "a\x00b", "a\u2019; whoami"], ids=["a line", "a null", "odd quotes"])
@pytest.mark.parametrize("system", ["Windows", "Linux"])
def test_a_name_that_could_run_as_a_script_is_refused(name, system):
    """What the manifest names is never more than a name."""
    with pytest.raises(Inconclusive):
        script.files(system, [name])


def test_the_script_for_linux_runs_in_a_real_shell(tmp_path):
    """It prints what the reader expects, of a name with quotes in it and of one that is not there."""
    found = tmp_path / "Ada's $(letters).txt"
    found.write_bytes(LETTER)
    lines = script.files("Linux", [str(found), str(tmp_path / "gone")])
    text = subprocess.run(["/bin/sh"], input="\n".join(lines), capture_output=True, text=True, check=True).stdout
    seen = script.read_files(text, 2)
    assert seen == {0: script.FileSeen(hashlib.sha256(LETTER).hexdigest(), len(LETTER)), 1: None}


def test_the_canary_for_linux_is_written_and_read_by_a_real_shell(tmp_path, monkeypatch):
    """What is written is what is read."""
    monkeypatch.setitem(script.CANARIES, "Linux", str(tmp_path / "folder" / "canary.txt"))
    for lines, seen in (
        (script.canary("Linux"), None),
        (
            script.write_canary("Linux", "2026-08-12T09:00:00Z", "a" * 64),
            script.CanarySeen(moment("2026-08-12T09:00:00"), "a" * 64),
        ),
    ):
        text = subprocess.run(["/bin/sh"], input="\n".join(lines), capture_output=True, text=True, check=True).stdout
        assert script.read_canary(text) == seen
