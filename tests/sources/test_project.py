"""A project and one stack's settings are read as Pulumi does, and what is wrong in them is said in one line."""

import json

import pytest

from audit.model import AuditError
from audit.sources.capture.answers import PLACEHOLDER
from audit.sources.project import PLACEHOLDER_SECRET, read_project

PYTHON = "name: demo\nruntime: python\n"


def _project(folder, project=PYTHON, files=None, stack="dev", extra=None):
    """Write a project's files, with a program unless the test has its own idea of one, and read it."""
    for name, text in {"Pulumi.yaml": project, "__main__.py": "", **(files or {})}.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return read_project(folder, stack, extra=extra or {})


@pytest.mark.parametrize(
    ("runtime", "virtualenv"),
    [
        pytest.param("runtime: python", "", id="a text"),
        pytest.param("runtime: {name: python}", "", id="an object"),
        pytest.param("runtime: {name: python, options: null}", "", id="an object with no options"),
        pytest.param("runtime: {name: python, options: {virtualenv: venv}}", "venv", id="an object with options"),
    ],
)
def test_the_runtime_is_said_in_two_ways(tmp_path, runtime, virtualenv):
    """Older projects have a text, newer ones an object."""
    assert _project(tmp_path, f"name: demo\n{runtime}\n").virtualenv == virtualenv


@pytest.mark.parametrize(
    ("main", "program", "found"),
    [
        pytest.param("", "__main__.py", ".", id="nothing said"),
        pytest.param("main: infra", "infra/__main__.py", "infra", id="a folder"),
        pytest.param("main: infra/", "infra/__main__.py", "infra", id="a folder with a stroke"),
        pytest.param("main: infra/app.py", "infra/app.py", "infra/app.py", id="a file"),
    ],
)
def test_the_program_is_where_main_says(tmp_path, main, program, found):
    """From the project's folder down."""
    project = _project(tmp_path, f"{PYTHON}{main}\n", {"__main__.py": None, program: ""})
    assert project.main == (tmp_path / found).resolve()


def test_a_project_may_end_in_yml(tmp_path):
    """Pulumi takes both endings."""
    assert _project(tmp_path, None, {"Pulumi.yml": PYTHON}).name == "demo"


def test_a_project_without_a_name_is_called_after_its_folder(tmp_path):
    """So its settings still have a key."""
    project = _project(tmp_path / "shop", "runtime: python\n", extra={"size": "1"})
    assert (project.name, project.settings) == ("shop", {"shop:size": "1"})


@pytest.mark.parametrize(
    ("place", "file"),
    [
        pytest.param("", "Pulumi.dev.yaml", id="beside the project"),
        pytest.param("stackConfigDir: settings", "settings/Pulumi.dev.yaml", id="in a folder of their own"),
        pytest.param("config: settings", "settings/Pulumi.dev.yaml", id="in a folder, said the older way"),
    ],
)
def test_a_stacks_settings_lie_where_the_project_says(tmp_path, place, file):
    """Three ways, all in use."""
    project = _project(tmp_path, f"{PYTHON}{place}\n", {file: "config:\n  demo:size: large\n"})
    assert project.settings == {"demo:size": "large"}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        pytest.param("large", "large", id="a text"),
        pytest.param("45", "45", id="a number"),
        pytest.param("0.5", "0.5", id="a fraction"),
        pytest.param("true", "true", id="a truth value"),
        pytest.param("yes", "yes", id="a text that other YAML takes for a truth value"),
        pytest.param("on", "on", id="another one"),
        pytest.param("'45'", "45", id="a number in quotes"),
        pytest.param("2026-01-15", "2026-01-15", id="a date"),
        pytest.param("[a, 1, true]", '["a",1,true]', id="a list"),
        pytest.param("{a: {b: 2026-01-15}}", '{"a":{"b":"2026-01-15"}}', id="an object"),
        pytest.param("Grüße", "Grüße", id="letters of the world"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_setting_is_handed_over_as_text(tmp_path, written, text):
    """As Pulumi hands it over: anything but text as JSON."""
    project = _project(tmp_path, files={"Pulumi.dev.yaml": f"config:\n  demo:it: {written}\n"})
    assert project.settings.get("demo:it") == text


@pytest.mark.parametrize(
    ("config", "settings"),
    [
        pytest.param("{size: large}", {"demo:size": "large"}, id="a plain value"),
        pytest.param("{size: {default: 3}}", {"demo:size": "3"}, id="a default"),
        pytest.param("{size: {type: array, default: [1]}}", {"demo:size": "[1]"}, id="a list"),
        pytest.param("{size: {type: boolean, default: false}}", {"demo:size": "false"}, id="false is a value"),
        pytest.param("{'azure-native:x': {value: y}}", {"azure-native:x": "y"}, id="a provider's"),
        pytest.param("{size: {type: string}}", {}, id="a type and no default"),
        pytest.param("null", {}, id="an empty section"),
    ],
)
def test_the_project_gives_defaults(tmp_path, config, settings):
    """For every stack that does not say otherwise."""
    assert _project(tmp_path, f"{PYTHON}config: {config}\n").settings == settings


def test_the_nearer_setting_wins(tmp_path):
    """The stack over the project, the command line over both."""
    project = _project(
        tmp_path,
        f"{PYTHON}config: {{one: project, two: project, three: project}}\n",
        {"Pulumi.dev.yaml": "config:\n  demo:two: stack\n  demo:three: stack\n"},
        extra={"three": "line", "azure-native:location": "line"},
    )
    assert project.settings == {
        "demo:one": "project",
        "demo:two": "stack",
        "demo:three": "line",
        "azure-native:location": "line",
    }


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        pytest.param("{secure: v1:abc}", PLACEHOLDER_SECRET, id="a secret"),
        pytest.param("{user: me, key: {secure: v1:abc}}", {"user": "me", "key": PLACEHOLDER_SECRET}, id="in an object"),
        pytest.param("[{secure: v1:abc}, 2]", [PLACEHOLDER_SECRET, 2], id="in a list"),
    ],
)
def test_what_only_its_owner_can_decrypt_is_a_placeholder(tmp_path, setting, text):
    """The program gets a value of the right shape, and it counts as a secret."""
    project = _project(tmp_path, files={"Pulumi.dev.yaml": f"config:\n  demo:key: {setting}\n  demo:open: text\n"})
    seen = project.settings["demo:key"]
    assert (seen if isinstance(text, str) else json.loads(seen)) == text
    assert project.secret_keys == ("demo:key",)


def test_a_secret_given_in_clear_is_known_as_one(tmp_path):
    """On the command line, or as a default that the project calls secret."""
    config = "config:\n  licence: {type: string, secret: true, default: in-clear}\n"
    files = {"Pulumi.dev.yaml": "config:\n  demo:key: {secure: v1:abc}\n"}
    project = _project(tmp_path, PYTHON + config, files, extra={"key": "given"})
    assert project.secret_keys == ("demo:key", "demo:licence")
    assert sorted(project.secrets) == ["given", "in-clear"]


def test_a_project_with_no_stack_files_takes_any_stack(tmp_path):
    """There is nothing to mistake it for."""
    assert _project(tmp_path, stack="whatever").stack == "whatever"


@pytest.mark.parametrize(
    ("project", "files", "message"),
    [
        pytest.param(
            None,
            {},
            "{folder} holds no Pulumi.yaml. Give the path of a Pulumi project: `audit check PATH`.",
            id="no project",
        ),
        pytest.param("name: [", {}, "cannot read {folder}/Pulumi.yaml: while parsing", id="a project that is not YAML"),
        pytest.param(
            "just words", {}, "{folder}/Pulumi.yaml does not hold settings. Mend the file.", id="a project of words"
        ),
        pytest.param("", {}, "{folder}/Pulumi.yaml does not hold settings. Mend the file.", id="an empty project"),
        pytest.param(
            "name: demo\nruntime: nodejs\n",
            {},
            "{folder}/Pulumi.yaml: the runtime is 'nodejs'. `audit check` reads Pulumi projects in Python.",
            id="another language",
        ),
        pytest.param(
            "name: demo\nruntime: {name: yaml}\n",
            {},
            "{folder}/Pulumi.yaml: the runtime is 'yaml'. `audit check` reads Pulumi projects in Python.",
            id="another language, in an object",
        ),
        pytest.param(
            "name: demo\n",
            {},
            "{folder}/Pulumi.yaml: the runtime is ''. `audit check` reads Pulumi projects in Python.",
            id="no language",
        ),
        pytest.param(
            PYTHON + "main: infra\n", {}, "{folder}/infra is not there. Mend `main` in Pulumi.yaml.", id="no such main"
        ),
        pytest.param(
            PYTHON, {"__main__.py": None}, "{folder} holds no __main__.py. Mend `main` in Pulumi.yaml.", id="no program"
        ),
        pytest.param(
            PYTHON,
            {"Pulumi.prod.yaml": "", "Pulumi.test.yaml": ""},
            "there is no stack 'dev' in {folder}. Choose one of: prod, test.",
            id="a stack that is not there, beside others",
        ),
        pytest.param(
            PYTHON,
            {"Pulumi.dev.yaml": "config: {a: "},
            "cannot read {folder}/Pulumi.dev.yaml: while parsing",
            id="settings that are not YAML",
        ),
        pytest.param(
            PYTHON,
            {"Pulumi.dev.yaml": "config: [a]"},
            "{folder}/Pulumi.dev.yaml: `config` does not hold settings. Mend the file.",
            id="settings that are a list",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, project, files, message):
    """The thing, the trouble, the next step."""
    with pytest.raises(AuditError) as error:
        _project(tmp_path, project, files)
    assert str(error.value).startswith(message.format(folder=tmp_path))
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


def test_a_project_in_another_encoding_is_named(tmp_path):
    """Pulumi reads UTF-8 only."""
    (tmp_path / "Pulumi.yaml").write_bytes("name: Grüße\nruntime: python\n".encode("latin-1"))
    with pytest.raises(AuditError, match=r"cannot read .*Pulumi\.yaml: 'utf-8' codec"):
        read_project(tmp_path, "dev", extra={})


def test_a_setting_that_cannot_be_decrypted_reads_as_unknown():
    """The reader and the capture, which share no code, must mean the same text by it."""
    assert PLACEHOLDER_SECRET == PLACEHOLDER
