"""Reads a Pulumi project and one stack's settings as the Pulumi CLI would, without the CLI."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from audit.model import AuditError

PLACEHOLDER_SECRET = "a0d17000-0000-4000-8000-00000000c0de"  # noqa: S105  # stands for a setting that only its owner can decrypt
_NOT_OURS = "`audit check` reads Pulumi projects in Python"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A Pulumi project with the settings of one stack."""

    name: str
    folder: Path
    main: Path
    stack: str
    settings: Mapping[str, str]
    """Full key (`project:key`) → value as text, as the Pulumi runtime takes it."""
    secret_keys: tuple[str, ...]
    secrets: tuple[str, ...]
    """Secret texts in clear, to keep out of messages."""
    virtualenv: str
    """The folder of the project's own environment, relative to the project; empty where it names none."""
    file: Path
    """The project's own file, `Pulumi.yaml`."""
    stack_file: Path
    """The stack's file, which may not be there."""


class Located(msgspec.Struct, frozen=True):
    """A text in a file, and the line that it stands on."""

    text: str
    line: int


def read_project(folder: Path, stack: str, *, extra: Mapping[str, str]) -> Project:
    """Read the project in `folder` and its stack's settings, with `extra` settings on top; raises `AuditError`."""
    path = next((folder / name for name in ("Pulumi.yaml", "Pulumi.yml") if (folder / name).is_file()), None)
    if path is None:
        raise AuditError(f"{folder} holds no Pulumi.yaml. Give the path of a Pulumi project: `audit check PATH`.")
    data = _mapping(path)
    runtime = data.get("runtime", "")
    options = runtime.get("options") or {} if isinstance(runtime, Mapping) else {}
    language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if language != "python":
        raise AuditError(f"{path}: the runtime is {language!r}. {_NOT_OURS}.")
    name = str(data.get("name") or folder.name)
    values, secret_keys = _settings(data, folder, stack, name)
    values.update({key if ":" in key else f"{name}:{key}": value for key, value in extra.items()})
    return Project(
        name=name,
        folder=folder,
        main=_main(folder, str(data.get("main") or ".")),
        stack=stack,
        settings=values,
        secret_keys=tuple(secret_keys),
        secrets=tuple(values[key] for key in secret_keys if key in values and values[key] != PLACEHOLDER_SECRET),
        virtualenv=str(options.get("virtualenv") or ""),
        file=path,
        stack_file=_stack_file(data, folder, stack),
    )


def located(path: Path, *keys: str) -> Located | None:
    """Find the text at `keys`, one inside the other, in a YAML file; None where the file or the text is not there.

    The file was read before, so it is known to hold YAML.
    """
    node = yaml.compose(path.read_text(encoding="utf-8"), _Loader) if path.is_file() else None
    for key in keys:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        # The last of several counts, as it does for PyYAML.
        node = next((value for name, value in reversed(pairs) if name.value == key), None)
    if not isinstance(node, yaml.ScalarNode) or not node.value or node.tag.endswith(":null"):
        return None
    return Located(node.value, node.start_mark.line + 1)


def _main(folder: Path, main: str) -> Path:
    """Find the program: a folder with `__main__.py`, or a file; raises `AuditError` where there is neither."""
    program = (folder / main).resolve()
    if program.is_dir() and not (program / "__main__.py").is_file():
        raise AuditError(f"{program} holds no __main__.py. Mend `main` in Pulumi.yaml.")
    if not program.exists():
        raise AuditError(f"{program} is not there. Mend `main` in Pulumi.yaml.")
    return program


def _settings(data: Mapping[str, Any], folder: Path, stack: str, name: str) -> tuple[dict[str, str], list[str]]:
    """Collect the project's defaults and the stack's settings.

    Returns values by full key, and the keys of secrets. A stack without a file of its own is allowed only where no
    stack has one, as a project without settings needs none; otherwise the name is taken for a slip and raises
    `AuditError`.
    """
    values: dict[str, str] = {}
    secret_keys: list[str] = []
    defaults = data.get("config") or {}
    for key, setting in defaults.items() if isinstance(defaults, Mapping) else ():
        described = isinstance(setting, Mapping)
        default = setting.get("default", setting.get("value")) if described else setting
        _take(_full(str(key), name), default, values, secret_keys)
        if described and setting.get("secret") is True:
            secret_keys.append(_full(str(key), name))
    path = _stack_file(data, folder, stack)
    place = path.parent
    if path.is_file():
        settings = _mapping(path).get("config") or {}
        if not isinstance(settings, Mapping):
            raise AuditError(f"{path}: `config` does not hold settings. Mend the file.")
        for key, setting in settings.items():
            _take(_full(str(key), name), setting, values, secret_keys)
    elif known := sorted(item.name[len("Pulumi.") : -len(".yaml")] for item in place.glob("Pulumi.*.yaml")):
        raise AuditError(f"there is no stack {stack!r} in {place}. Choose one of: {', '.join(known)}.")
    return values, sorted(set(secret_keys))


def _stack_file(data: Mapping[str, Any], folder: Path, stack: str) -> Path:
    """Return where the stack's settings are, there or not."""
    # `config: folder` is how older projects say where they lie.
    config = data.get("config")
    place = str(data.get("stackConfigDir") or (config if isinstance(config, str) else ""))
    return folder / place / f"Pulumi.{stack}.yaml"


def _take(key: str, setting: Any, values: dict[str, str], secret_keys: list[str]) -> None:
    """Take one setting; one without a value is as good as not set."""
    shown = _shown(setting)
    if shown is not None:
        values[key] = _text(shown)
    if shown != setting:
        secret_keys.append(key)


def _shown(setting: Any) -> Any:
    """Put the placeholder where only the owner can decrypt, at any depth of a setting.

    A setting without anything sealed comes back equal to itself, which is how secrets are told from the rest.
    """
    if isinstance(setting, Mapping):
        sealed = len(setting) == 1 and "secure" in setting
        return PLACEHOLDER_SECRET if sealed else {key: _shown(item) for key, item in setting.items()}
    return [_shown(item) for item in setting] if isinstance(setting, list) else setting


def _full(key: str, name: str) -> str:
    """Spell a key as Pulumi does: one without a namespace is the project's own."""
    return key if ":" in key else f"{name}:{key}"


def _text(value: Any) -> str:
    """Spell a setting as Pulumi does: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


class _Loader(yaml.SafeLoader):
    """Reads YAML as Pulumi does: `yes` and `2026-01-15` are text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # how PyYAML wants it said
        first: [(tag, form) for tag, form in forms if not tag.endswith((":timestamp", ":bool"))]
        for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("tTfF"))


def _mapping(path: Path) -> Mapping[str, Any]:
    """Read a YAML file that holds settings; raises `AuditError` where it cannot be read or holds something else."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a safe loader with fewer types
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem = " ".join(str(error).split())
        raise AuditError(f"cannot read {path}: {problem}. Mend the file.") from error
    if not isinstance(data, Mapping):
        raise AuditError(f"{path} does not hold settings. Mend the file.")
    return data
