"""Policies are loaded from a folder, like a linter's rules, and everything wrong in them is said with file and line."""

import importlib.util
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from audit import people_files
from audit.drill_rules import DrillRules
from audit.model import AuditError, Control, Kind, Plane, Severity, Targets
from audit.people import Attestation, AttestationKind, Breach, Customers, Response
from audit.promises import Commitment, Statement, Waiver
from audit.tables import lines_of, read_toml

_UNLOADABLE = (
    SyntaxError,
    ImportError,
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    OSError,
    LookupError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    SystemExit,
)
"""What running a control's file may end in; an exit among them, which would end the audit as if all were well."""
MOST_COMMITMENTS = 15
"""A control that proves more promises than this proves none of them well."""


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """What must be true: statements with their commitments, controls, targets and waivers; and what people said."""

    folder: str
    """The path as the user gave it."""
    statements: tuple[Statement, ...]
    controls: Mapping[str, Control]
    targets: Targets
    waivers: tuple[Waiver, ...]
    attestation_kinds: Mapping[str, AttestationKind] = {}
    """What people can be asked to attest, by the id that commitments name."""
    attestations: tuple[Attestation, ...] = ()
    """Every word that was given, whether it holds or not."""
    responses: tuple[Response, ...] = ()
    breaches: tuple[Breach, ...] = ()
    has_register: bool = False
    """Whether there is a register of breaches: that none is in it says nothing where there is none."""
    customers: Customers = Customers()
    drills: DrillRules = DrillRules()
    """How the company drills; without a file nothing is drilled."""


class _WaiverFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold `waivers.toml`, an array of tables; a misspelt key is an error and not a waiver without a date."""

    waiver: tuple[Waiver, ...] = ()


def load(folder: Path) -> Policies:
    """Load and check the policies in `folder`; raises `AuditError` with one line for each thing that is wrong.

    A waiver or an attestation that has expired is none of these: it stops no audit, excuses or proves nothing, and
    every report names it.
    """
    if not (folder / "commitments").is_dir():
        raise AuditError(f"{folder} holds no policies: a folder commitments/ is needed. Name another with --policies.")
    controls = load_controls(folder / "controls")
    files = sorted((folder / "commitments").glob("*.toml"))
    statements = tuple(read_toml(path, Statement) for path in files)
    waivers = read_toml(folder / "waivers.toml", _WaiverFile).waiver if (folder / "waivers.toml").exists() else ()
    people, wrong = people_files.load(folder, controls, _attestations_needed(statements))
    problems = [*_statement_problems(files, statements, controls), *_waiver_problems(folder, waivers, controls), *wrong]
    problems += _namesakes(folder / "customers.toml", people.customers, statements)
    targets = load_targets(folder / "targets.toml")
    rules = read_toml(folder / "drills.toml", DrillRules) if (folder / "drills.toml").exists() else DrillRules()
    problems += [f"{folder / 'drills.toml'}: {problem}" for problem in _drill_problems(rules, targets, statements)]
    if problems:
        raise AuditError("\n".join(problems))
    return Policies(
        folder=str(folder),
        statements=statements,
        controls=controls,
        targets=targets,
        waivers=waivers,
        drills=rules,
        **msgspec.structs.asdict(people),
    )


def _namesakes(path: Path, customers: Customers, statements: Iterable[Statement]) -> Iterator[str]:
    """Name each customer who is called as a commitment is: whoever withholds the one would withhold the other."""
    known = {commitment.id.lower() for statement in statements for commitment in statement.commitments}
    for customer in customers.customer:
        if customer.pseudonym.lower() in known:
            yield f"{path}: the customer {customer.pseudonym} is called as a commitment is. Choose another pseudonym."


def _drill_problems(rules: DrillRules, targets: Targets, statements: Iterable[Statement]) -> Iterator[str]:
    """Say what is wrong with the rules of drills: what nobody promised, what nobody measures, and copies astray."""
    named = {drill for statement in statements for one in statement.commitments for drill in one.pending.drills}
    for one in rules.classes:
        for drill in one.drills:
            if drill not in named:
                yield f"the class {one.kind} proves {drill}, which no commitment names. Name it in pending.drills."
        if not one.methods or not one.drills:
            yield f"the class {one.kind} has no method or proves nothing. Name both."
        if strange := set(one.targets) - set(one.methods):
            yield f"the class {one.kind} has targets for {min(strange)}, which is no method of it. Mend one."
        if not isinstance(targets.at(one.target), Mapping):
            what = f"the class {one.kind} is measured by {one.target}, which targets.toml has not"
            yield f"{what}. Set rpo_minutes and rto_minutes there."
    regions, own = targets.at("geo.regions") or (), targets.at("estate.subscriptions") or ()
    if rules.region and rules.region not in regions:
        yield f"copies would lie in {rules.region}, which is no promised region (geo.regions). Choose one of these."
    if rules.subscription and rules.subscription.lower() in {str(one).lower() for one in own}:
        yield f"the subscription for copies is {rules.subscription}, in which production runs. Choose another."
    if rules.sweeper and rules.sweeper.lower() == rules.identity.lower():
        yield "the sweeper is the identity that restores. Name one of its own, which may delete alone."
    if rules.classes and not rules.authorisation.by:
        yield "nobody may allow a drill. Name roles in authorisation.by."


def _attestations_needed(statements: Iterable[Statement]) -> dict[str, str]:
    """Return the attestations that commitments name, each with the first of these."""
    needed: dict[str, str] = {}
    for statement in statements:
        for commitment in statement.commitments:
            for identity in commitment.pending.attestations:
                needed.setdefault(identity, commitment.id)
    return needed


def load_targets(path: Path) -> Targets:
    """Read the numbers and lists a company means its promises by; raises `AuditError` on a broken file.

    What is in them is checked where a control asks for it: a target that nobody asks for may be anything.
    """
    return Targets(read_toml(path, dict[str, Any]))


def load_controls(folder: Path) -> dict[str, Control]:
    """Load every control below `folder`; its path is its id. Raises `AuditError` where one is not a control.

    The folder is the family and the file the rest of the id: `storage/no_anonymous_read.py` is
    `storage-no-anonymous-read`. Files deeper down are not looked at.
    """
    controls: dict[str, Control] = {}
    for path in sorted(folder.glob("*/*.py")):
        if path.stem != "__init__":
            control = _load_control(path)
            if control.id in controls:
                taken = controls[control.id].file
                raise AuditError(f"{path}: the id {control.id} is taken by {taken}. Rename one file.")
            controls[control.id] = control
    if not controls:
        raise AuditError(f"{folder} holds no controls. Name another policies folder with --policies.")
    return controls


def _load_control(path: Path) -> Control:
    """Load one control; raises `AuditError` naming the file where a part is missing or of the wrong type."""
    identity = f"{path.parent.name}-{path.stem}".replace("_", "-")
    module = _module(path, f"promise_audit_controls.{path.parent.name}.{path.stem}")
    try:
        return _control(identity, path, module)
    except (AttributeError, TypeError, ValueError) as error:
        raise AuditError(f"{path}: not a control: {error}. See docs/add-a-control.md.") from error


def _module(path: Path, name: str) -> ModuleType:
    """Run one control's file; it is code of the company's own, trusted as its Pulumi program is.

    Raises `AuditError` for whatever stops it, in one line and without a traceback: the file is the company's to mend.
    """
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise AuditError(f"{path}: cannot be loaded. Check that it is a Python file.")
    module = importlib.util.module_from_spec(spec)
    # As an import would: dataclasses and msgspec look up a class's annotations in the module of its name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except _UNLOADABLE as error:
        raise AuditError(f"{path}: cannot be loaded: {error}. Mend the file.") from error
    return module


def _control(identity: str, path: Path, module: ModuleType) -> Control:
    """Read a control's constants; what a file leaves out takes the default here.

    Raises `AttributeError` without SEVERITY, `judge` or EXAMPLES, and `ValueError` for an unknown plane or severity.
    """
    title, catalogue, why, how = _page(module)
    on = getattr(module, "ON", ())
    kinds = (on,) if isinstance(on, Kind) else tuple(on)
    needs = tuple(dict.fromkeys((*kinds, *getattr(module, "NEEDS", ()))))
    # An ARM template cannot hold what lies in S3 or in the directory: there it proves nothing, and must not block.
    elsewhere = {Plane.TEMPLATE} if needs and not any(kind.in_arm for kind in needs) else set()
    # What only probes and data checks see exists nowhere but where it runs.
    elsewhere |= set(Plane) - {Plane.LIVE} if any(kind.apart for kind in needs) else set()
    return Control(
        id=identity,
        title=title,
        why=why,
        how=how,
        catalogue=catalogue,
        severity=Severity(module.SEVERITY),
        on=kinds,
        needs=needs,
        planes=tuple(plane for plane in map(Plane, getattr(module, "PLANES", Plane)) if plane not in elsewhere),
        one_way=getattr(module, "ONE_WAY", False),
        judge=module.judge,
        asks=tuple(inspect.signature(module.judge).parameters),
        absent=getattr(module, "ABSENT", {}),
        examples=tuple(module.EXAMPLES),
        file=str(path),
    )


def _page(module: ModuleType) -> tuple[str, str, str, str]:
    """Split a control's docstring into its claim, catalogue row, reason and remedy.

    Headings are matched as they are written; raises `ValueError` where the claim, the reason or the remedy is missing.
    The catalogue's row may be: it is empty then.
    """
    text = inspect.cleandoc(module.__doc__ or "")
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    title, _, rest = head.strip().partition("\n")
    row = re.search(r"^Catalogue: (\S+)\.$", rest, flags=re.MULTILINE)
    bodies = {part.partition("\n")[0].strip(): part.partition("\n")[2].strip() for part in sections}
    why, how = bodies.get("Why we promise this", ""), bodies.get("How to keep it", "")
    if not (title and why and how):
        raise ValueError("its docstring needs a claim, '## Why we promise this' and '## How to keep it'")
    return title, row.group(1) if row else "", why, how


def _statement_problems(
    files: list[Path], statements: Iterable[Statement], controls: Mapping[str, Control]
) -> Iterable[str]:
    """Name each commitment that promises without proof, or whose proof nobody knows, by file and line.

    Yields nothing where all is well. `files` and `statements` go together one by one. An id that two statements share
    is a problem, too: findings and reports know a commitment by it alone.
    """
    uses: defaultdict[str, list[str]] = defaultdict(list)
    seen: dict[str, str] = {}
    for path, statement in zip(files, statements, strict=True):
        if not statement.commitments:
            yield f"{path}:1: statement {statement.id} makes no commitment, so nothing of it is judged. Add one."
        identities = [commitment.id for commitment in statement.commitments]
        lines = lines_of(path.read_text(encoding="utf-8"), "commitment", identities)
        for line, commitment in zip(lines, statement.commitments, strict=True):
            place = f"{path}:{line}"
            for control in commitment.controls:
                uses[control].append(place)
            yield from (f"{place}: {problem}" for problem in _commitment_problems(commitment, controls, statement))
            if commitment.id in seen:
                yield f"{place}: the id {commitment.id} is taken at {seen[commitment.id]}. Give it one of its own."
            seen.setdefault(commitment.id, place)
    for control, places in uses.items():
        if (count := len(places)) > MOST_COMMITMENTS:
            what = f"{control} stands under {count} commitments, at most {MOST_COMMITMENTS} make sense"
            yield f"{places[MOST_COMMITMENTS]}: {what}. Split it."
    for unused in controls.values():
        if unused.id not in uses:
            yield f"{unused.file}:1: no commitment uses {unused.id}. Name it in the one it proves."


def _commitment_problems(
    commitment: Commitment, controls: Mapping[str, Control], statement: Statement
) -> Iterable[str]:
    """Say what is wrong with one commitment, without its place; nothing where it names a proof that is there."""
    for control in commitment.controls:
        if control not in controls:
            yield f"{commitment.id} names the control {control}, which is not there. Build it, or move it to pending."
    for pending in commitment.pending.controls:
        if pending in controls:
            yield f"{commitment.id} has {pending} as pending, and it is built. Move it to controls."
    if commitment.counted and not (commitment.controls or commitment.pending.ids() or commitment.unprovable):
        yield f"{commitment.id} has nothing that proves it. Name a proof, or say why in unprovable."
    strange = set(commitment.sentences) - set(statement.sentences)
    if strange:
        what = f"{commitment.id} stands on a sentence that the statement does not list"
        yield f"{what}: {min(strange)[:12]}…. Mend the digest."


def _waiver_problems(folder: Path, waivers: Iterable[Waiver], controls: Mapping[str, Control]) -> Iterable[str]:
    """Name each waiver that means no control or says too little, by file and line."""
    path = folder / "waivers.toml"
    text = path.read_text(encoding="utf-8") if waivers else ""
    lines = lines_of(text, "waiver", [waiver.control for waiver in waivers])
    for line, waiver in zip(lines, waivers, strict=True):
        place = f"{path}:{line}"
        if not (waiver.owner.strip() and waiver.reason.strip()):
            what = f"the waiver of {waiver.control} for {waiver.resource}"
            yield f"{place}: {what} names no owner or no reason. Add both."
        if waiver.control not in controls:
            what = f"a waiver names the control {waiver.control}, which is not there"
            yield f"{place}: {what}. See `audit list controls`."
