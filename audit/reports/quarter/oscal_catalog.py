"""The promises as an OSCAL catalogue, and what the company has in place for them as a component definition."""

from audit.quarters.model import PromiseInPeriod, Quarter, StatementInPeriod, Tested
from audit.reports.quarter.oscal_frame import beside, estate, metadata, objective_id, statement_id
from audit.reports.quarter.oscal_words import Json, identity, prop, props, prose, shaped, signed, title, token

CATALOGUE = "catalog.json"


def catalogue(quarter: Quarter) -> Json:
    """Write the promises as a catalogue: a statement is a group, and a promise a control of it."""
    known = {statement.id for statement in quarter.statements}
    strays = sorted({promise.statement for promise in quarter.promises} - known)
    groups = [
        *(_group(quarter, one.id, one.title, _published(one), one.url) for one in quarter.statements),
        *(_group(quarter, name, name, [], "") for name in strays),
    ]
    return signed("catalog", shaped(metadata=metadata(quarter, "Promises"), groups=groups))


def _published(statement: StatementInPeriod) -> list[Json]:
    drift = tuple(one.text for one in statement.drift)
    return props({"sha256": statement.digest, "seen-on": statement.seen, "company": statement.company, "drift": drift})


def _group(quarter: Quarter, name: str, heading: str, told: list[Json], url: str) -> Json:
    """Write one statement with the promises read out of it."""
    return shaped(
        id=token(f"statement-{name}"),
        class_="statement",
        title=title(heading),
        props=told,
        links=[{"href": url, "rel": "reference"}] if url.startswith("https://") and url.isascii() else [],
        controls=[_control(promise) for promise in quarter.promises if promise.statement == name],
    )


def _control(promise: PromiseInPeriod) -> Json:
    """Write one promise: what is promised, in our words and as published, and what each control of it looks at."""
    quote = shaped(name="guidance", class_="quote", prose=prose(promise.quote)) if promise.quote else None
    statement = shaped(
        id=statement_id(promise), name="statement", prose=prose(promise.text), parts=[quote] if quote else []
    )
    return shaped(
        id=token(promise.id),
        class_="promise",
        title=title(promise.text),
        props=_bounds(promise),
        parts=[statement, *(_objective(promise, test) for test in promise.tests)],
    )


def _bounds(promise: PromiseInPeriod) -> list[Json]:
    """Say whom a promise binds, and what kind of promise it is."""
    needs = promise.needs
    proofs = (*needs.controls, *needs.probes, *needs.data_checks, *needs.drills, *needs.attestations)
    flags = {
        "counted": promise.counted,
        "complementary": promise.complementary,
        "categorical": promise.categorical,
    }
    yes = {name: "yes" if flag else "no" for name, flag in flags.items()}
    return props({"binds": promise.binds, "gdpr": promise.gdpr, "still-needs": proofs, **yes})


def _objective(promise: PromiseInPeriod, test: Tested) -> Json:
    """Write what one control looks at."""
    told = props({"check": test.control, "catalogue": test.catalogue, "severity": test.severity.value})
    return {
        "id": objective_id(promise, test.control),
        "name": "assessment-objective",
        "props": told,
        "prose": prose(test.title),
    }


def components(quarter: Quarter, catalogued: bytes) -> Json:
    """Define the estate as what implements the promises, and each control as a component that validates it."""
    source = beside(quarter, CATALOGUE, catalogued, "The promises that are implemented.")
    requirements = [_requirement(quarter, promise) for promise in quarter.promises]
    implementation = {
        "uuid": identity(quarter, "implementation"),
        "source": f"#{source['uuid']}",
        "description": "What is in place for each promise, and the controls by which that is looked at.",
        "implemented-requirements": requirements,
    }
    ours = {name: part for name, part in estate(quarter).items() if name != "status"}
    whole = {**ours, "type": "service", **({"control-implementations": [implementation]} if requirements else {})}
    tests = {test.control: test for promise in quarter.promises for test in promise.tests}
    checks = [_check(quarter, tests[name]) for name in sorted(tests)]
    return signed(
        "component-definition",
        {
            "metadata": metadata(quarter, "What is in place"),
            "components": [whole, *checks],
            "back-matter": {"resources": [source]},
        },
    )


def _requirement(quarter: Quarter, promise: PromiseInPeriod) -> Json:
    """Say by which controls one promise is looked at."""
    names = [test.control for test in promise.tests]
    return shaped(
        uuid=identity(quarter, "requirement", promise.id),
        control_id=token(promise.id),
        description=prose(f"Looked at by {', '.join(names)}." if names else "No control of the tool looks at it."),
        props=[prop("check", name) for name in names],
        statements=[
            {
                "statement-id": statement_id(promise),
                "uuid": identity(quarter, "implemented-statement", promise.id),
                "description": prose(promise.text),
            }
        ],
    )


def _check(quarter: Quarter, test: Tested) -> Json:
    """Define one control."""
    return {
        "uuid": identity(quarter, "check", test.control),
        "type": "validation",
        "title": title(test.control),
        "description": prose(test.title),
        "props": props({"check": test.control, "catalogue": test.catalogue, "severity": test.severity.value}),
    }
