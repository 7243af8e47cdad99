"""A manifest is read strictly, and lists nothing that leads out of the pack."""

import pytest

from audit import canonical
from audit.evidence import manifest
from tests import packs


@pytest.fixture
def folder(tmp_path):
    """A pack."""
    return packs.write(tmp_path)


def test_what_was_written_is_read_again(folder):
    whole = manifest.read(folder)
    assert manifest.encode(whole) == (folder / manifest.NAME).read_bytes()
    assert whole.id == folder.name
    assert [item.path for item in whole.files] == sorted(item.path for item in whole.files)
    for item in whole.files:
        content = (folder / item.path).read_bytes()
        assert (item.sha256, item.size) == (canonical.sha256(content), len(content))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda text: text.replace(b'"kind"', b'"kind":"drill","kind"'), "stands twice", id="a key twice"),
        pytest.param(lambda text: text.replace(b'"size":', b'"size":NaN,"x":', 1), "NaN", id="NaN"),
        pytest.param(lambda text: text.replace(b'"size":', b'"size": ', 1), "RFC 8785", id="another spelling"),
        pytest.param(
            lambda text: text.replace(b'{"began"', b'{"air":1,"began"'), "unknown field", id="a strange field"
        ),
        pytest.param(lambda text: text.replace(b'"run"', b'"walk"'), "walk", id="a strange kind"),
        pytest.param(lambda text: text.replace(b"pack/1", b"pack/2"), "pack/2", id="another format"),
        pytest.param(lambda text: b"[" * 100_000, "nested", id="deeply nested"),
        pytest.param(lambda text: text[:-1], "no manifest", id="cut"),
        pytest.param(lambda text: b"", "no manifest", id="empty"),
        pytest.param(lambda text: b"\xff\xfe", "no manifest", id="no text"),
        pytest.param(lambda text: b"[]", "no manifest", id="no object"),
    ],
)
def test_what_is_not_strictly_a_manifest_is_refused(folder, change, said):
    path = folder / manifest.NAME
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=said):
        manifest.read(folder)


@pytest.mark.parametrize(
    "path",
    [
        "../run.json",
        "answers/../../run.json",
        "/etc/passwd",
        "C:/run.json",
        "answers\\run.json",
        "./run.json",
        "answers//run.json",
        "",
        "run.json/",
        ".hidden",
        "answers/.hidden",
        "run\n.json",
        "run\x00.json",
        "a" * 200,
        "manifest.json",
        "seal/pack.dsse.json",
        "SEAL/pack.dsse.json",
        "r\u0443n.json",
    ],
)
def test_a_path_that_is_no_plain_name_within_the_pack_is_refused(path):
    assert manifest.path_trouble(path)


@pytest.mark.parametrize("path", ["run.json", "answers/0a.gz", "tables/01-promises.csv", "oscal/assessment-plan.json"])
def test_a_plain_name_is_taken(path):
    assert manifest.path_trouble(path) == ""
