"""Templates are read from files as Azure reads them; one that cannot be read never makes a result look clean."""

import json
import os

import pytest

from audit.facts import SECRET, UNKNOWN
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import AuditError
from audit.sources import template
from tests.sources.templating import ACCOUNT, GROUP, account, written
from tests.support import NOON

PARAMETERS = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"


@pytest.fixture
def folder(tmp_path):
    """A function that writes files into a folder: a text or bytes as they are, anything else as JSON."""

    def write(**files):
        for name, content in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.json"
            path.parent.mkdir(exist_ok=True)
            text = content if isinstance(content, str | bytes) else json.dumps(content)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return write


def collect(path, **more):
    return template.collect(path, now=NOON, **more)


COMMENTED = """{ // a comment
  "$schema": "%s", /* another, with "quotes" and https://x.example */
  "resources": [
    {"type": "%s", "name": "logs",
     "properties": {"minimumTlsVersion": "TLS1_2"}} // the last
  ]
}
""" % (GROUP, ACCOUNT)  # noqa: UP031  # the text is full of braces


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(COMMENTED, id="comments"),
        pytest.param("\ufeff" + COMMENTED, id="a byte order mark"),
        pytest.param(COMMENTED + "\n\ufeff", id="a mark at its end"),
        pytest.param(COMMENTED.encode("utf-16"), id="in UTF-16"),
        pytest.param(COMMENTED.replace("\n", "\r\n"), id="line breaks of Windows"),
    ],
)
def test_a_file_is_read_as_azure_reads_it(folder, content):
    (found,) = collect(folder(main=content) / "main.json").resources
    assert (found.look("minimumTlsVersion"), found.source.line) == ("TLS1_2", 4)
    assert found.source.lines == {"minimumtlsversion": 5}


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        pytest.param("", "is no JSON: it ends too early", id="an empty file"),
        pytest.param(COMMENTED[:90], "is no JSON", id="a file cut off"),
        pytest.param(COMMENTED + "}", "something stands behind its end", id="something behind its end"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00", "is no JSON", id="a picture"),
        pytest.param("[1, 2]", "is no ARM template", id="a list"),
        pytest.param("{}", "is no ARM template", id="an object without a schema"),
        pytest.param({"$schema": PARAMETERS, "parameters": {}}, "is no ARM template", id="parameters alone"),
        pytest.param('{"a": ' * 5000, "nested too deeply", id="too many levels"),
        pytest.param('{"a": /* ' + "*/ /*" * 40 + " !", "is no JSON", id="comments without end"),
        pytest.param('{"a" 1}', "no colon follows", id="no colon"),
        pytest.param('{"a": "\\x"}', "is no JSON", id="an escape that is none"),
        pytest.param('{"a": 1e}', "is no number", id="a number that is none"),
        pytest.param('{"a": [1 2]}', "a list is not closed", id="no comma"),
        pytest.param('{"a": "\\ud800"}', "half of a character", id="half of a character"),
    ],
)
def test_one_file_that_cannot_be_read_is_one_line(folder, content, trouble):
    with pytest.raises(AuditError, match=trouble) as error:
        collect(folder(main=content) / "main.json")
    assert "\n" not in str(error.value)


def test_more_levels_than_any_template_has_are_one_line(folder):
    deep = 0
    for _ in range(300):
        deep = {"properties": deep}
    with pytest.raises(AuditError, match="nested too deeply"):
        collect(folder(main=written(account(properties=deep))) / "main.json")


@pytest.mark.parametrize("name", ["absent.json", "main.json/below.json"])
def test_a_file_that_is_not_there_is_one_line(folder, name):
    with pytest.raises(AuditError, match="cannot read"):
        collect(folder(main=written()) / name)


def test_in_a_folder_one_that_cannot_be_read_is_a_gap_and_the_others_are_judged(folder):
    found = collect(folder(good=written(account()), broken=COMMENTED[:90], package={"name": "no template"}))
    assert [resource.name for resource in found.resources] == ["logs"]
    (gap,) = found.gaps
    assert gap.hides(STORAGE_ACCOUNT)
    assert "broken.json" in gap.reason


def test_a_folder_without_a_template_is_one_line(folder):
    with pytest.raises(AuditError, match="holds no ARM template"):
        collect(folder(package={"name": "no template"}))


def test_one_resource_in_two_templates_is_judged_twice(folder):
    """Nobody knows whether they go to the same group, so neither hides the other, nor answers for its children."""
    one, two = (account(properties={"minimumTlsVersion": version}) for version in ("TLS1_0", "TLS1_2"))
    child = {"type": f"{ACCOUNT}/blobServices", "name": "logs/default"}
    found = collect(folder(one=written(one, child), two=written(two)))
    assert [resource.id for resource in found.resources] == [
        f"template:one.json:/group/providers/{ACCOUNT.lower()}/logs",
        f"template:one.json:/group/providers/{ACCOUNT.lower()}/logs/blobservices/default",
        f"template:two.json:/group/providers/{ACCOUNT.lower()}/logs",
    ]


def test_templates_of_a_folder_may_refer_to_each_other(folder):
    setting = {"type": "Microsoft.X/y", "name": "z", "properties": {"link": f"[resourceId('{ACCOUNT}', 'logs')]"}}
    found = collect(folder(one=written(account()), two=written(setting)))
    link = next(resource for resource in found.resources if resource.name == "z").link("link")
    assert link.urn in {resource.id for resource in found.resources}


OPEN = account(properties={"minimumTlsVersion": "[parameters('tls')]"})


def declaring(kind="string", **more):
    """Write out a template with one parameter."""
    return written(OPEN, parameters={"tls": {"type": kind, "defaultValue": "default", **more}})


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        pytest.param({"tls": {"value": "given"}}, "string", "given", id="given"),
        pytest.param({"TLS": {"value": "given"}}, "string", "given", id="given in another case"),
        pytest.param({}, "string", "default", id="not given"),
        pytest.param({"tls": {"value": "[given]"}}, "string", "[given]", id="a text that is no expression there"),
        pytest.param({"tls": {"reference": {"secretName": "s"}}}, "string", UNKNOWN, id="in a key vault"),
        pytest.param({"tls": {"value": "hidden"}}, "secureString", SECRET, id="secure"),
    ],
)
def test_parameters_are_those_of_the_file_beside_it_or_of_the_one_named(folder, said, kind, value):
    content = {"$schema": PARAMETERS, "parameters": said}
    files = folder(main=declaring(kind), apart__named=content, **{"main.parameters": content})
    for found in (
        collect(files / "main.json"),
        collect(files / "main.json", parameters=files / "apart" / "named.json"),
    ):
        assert found.resources[0].look("minimumTlsVersion") == value
    (found,) = (one for one in collect(files).resources if one.type == ACCOUNT)
    assert found.look("minimumTlsVersion") == value


def test_parameters_that_belong_to_no_template_are_noted(folder):
    content = {"$schema": PARAMETERS, "parameters": {}}
    found = collect(folder(main=declaring(), **{"main.production": content}))
    assert [note.where.rpartition("/")[2] for note in found.unassessed] == ["main.production.json"]


@pytest.mark.parametrize(
    ("files", "named", "trouble"),
    [
        pytest.param({"given": "{"}, "given.json", "is no JSON", id="broken"),
        pytest.param({"given": []}, "given.json", "holds no parameters", id="no object"),
        pytest.param({}, "given.json", "cannot read", id="not there"),
    ],
)
def test_parameters_that_cannot_be_read_are_one_line(folder, files, named, trouble):
    root = folder(main=declaring(), **files)
    with pytest.raises(AuditError, match=trouble):
        collect(root / "main.json", parameters=root / named)


def test_parameters_of_a_folder_belong_to_nobody(folder):
    root = folder(main=declaring())
    with pytest.raises(AuditError, match="those of one template"):
        collect(root, parameters=root / "main.json")


def linking(path, **more):
    """Write out a deployment of a file that lies where it says."""
    properties = {"mode": "Incremental", "templateLink": {"relativePath": path}, **more}
    return {"type": "Microsoft.Resources/deployments", "name": "linked", "properties": properties}


def test_a_linked_file_is_read_once_with_the_parameters_that_it_gets(folder):
    link = linking("parts/one.json", parameters={"tls": {"value": "given"}})
    root = folder(main=written(link), parts__one=declaring())
    for found in (collect(root), collect(root / "main.json")):
        (inner,) = (resource for resource in found.resources if resource.type == ACCOUNT)
        assert (inner.look("minimumTlsVersion"), inner.source.file.endswith("one.json")) == ("given", True)
        assert found.gaps == ()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        pytest.param({}, "gone.json: No such file", id="missing"),
        pytest.param({"gone": "{"}, "gone.json is no JSON", id="broken"),
        pytest.param({"gone": {"name": "package"}}, "gone.json is no ARM template", id="no template"),
        pytest.param({"gone": written(linking("gone.json"))}, "gone.json links back to itself", id="a ring"),
    ],
)
def test_a_linked_file_that_was_not_read_is_a_gap_that_names_it(folder, files, why):
    found = collect(folder(main=written(account(), linking("gone.json")), **files) / "main.json")
    assert any(gap.hides(STORAGE_ACCOUNT) and why in gap.reason for gap in found.gaps)
    assert any(resource.name == "logs" for resource in found.resources)


def test_templates_that_link_to_each_other_are_judged_all_the_same(folder):
    root = folder(one=written(account(), linking("two.json")), two=written(linking("one.json")))
    found = collect(root)
    assert any(resource.name == "logs" for resource in found.resources)
    assert any("links back to itself" in gap.reason for gap in found.gaps)


def test_variables_that_double_each_other_end(folder):
    """Forty of them would be longer than any memory."""
    variables = {"v0": "x"} | {f"v{n}": f"[concat(variables('v{n - 1}'), variables('v{n - 1}'))]" for n in range(1, 40)}
    (found,) = collect(folder(main=written(account("[variables('v39')]"), variables=variables)) / "main.json").resources
    assert len(found.id) < 3000


def test_variables_that_need_each_other_are_unknown(folder):
    variables = {"a": "[variables('b')]", "b": "[variables('a')]"}
    (found,) = collect(folder(main=written(account("[variables('a')]"), variables=variables)) / "main.json").resources
    assert "[" in found.name


OPENED = written(account())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"$Schema": GROUP, **{key: OPENED[key] for key in OPENED if key != "$schema"}}, id="another case"),
        pytest.param(OPENED | {"$schema": f"{GROUP.removesuffix('#')}?x=1"}, id="something behind it"),
        pytest.param({key: OPENED[key] for key in OPENED if key != "$schema"}, id="none"),
        pytest.param(OPENED | {"$Schema": "https://example.com/other.json"}, id="two of them"),
        pytest.param(OPENED | {"$schema": 1}, id="no text"),
    ],
)
def test_in_a_folder_no_spelling_of_its_schema_hides_a_template(folder, content):
    """It is judged, or a gap."""
    found = collect(folder(good=written(), other=content))
    judged = [resource.name for resource in found.resources]
    assert judged == ["logs"] or any(gap.hides(STORAGE_ACCOUNT) and "other.json" in gap.reason for gap in found.gaps)


def test_in_a_folder_no_name_hides_a_template(folder, tmp_path):
    """A suffix in capitals, a link to a folder elsewhere, a pipe that nobody writes to."""
    inside, outside = folder(inside__good=written()) / "inside", tmp_path / "outside"
    outside.mkdir()
    (outside / "linked.json").write_text(json.dumps(OPENED))
    (inside / "LOUD.JSON").write_text(json.dumps(OPENED))
    (inside / "elsewhere").symlink_to(outside)
    (inside / "round").symlink_to(inside)
    os.mkfifo(inside / "pipe.json")
    found = collect(inside)
    assert [resource.source.file.rpartition("/")[2] for resource in found.resources] == ["LOUD.JSON"]
    told = sorted(gap.reason.rpartition("inside/")[2] for gap in found.gaps)
    assert told == ["elsewhere is a link to another folder, which was not read", "pipe.json is no ordinary file"]
