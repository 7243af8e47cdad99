"""What the OSCAL documents of a quarter have alike: metadata, the promises in scope, the tool and what they rest on."""

from collections.abc import Iterable

from audit.canonical import sha256
from audit.model import Verdict
from audit.quarters.model import PromiseInPeriod, Quarter
from audit.reports.quarter.oscal_words import (
    OSCAL,
    Json,
    identity,
    line,
    newest,
    prop,
    props,
    prose,
    shaped,
    title,
    token,
)

WHAT_IT_IS = (
    "A report of factual findings by the management of the company named here. It is no opinion of an auditor, and "
    "gives no assurance."
)


def metadata(quarter: Quarter, heading: str) -> Json:
    """Say what a document is, of which quarter and for whom, and which roles answer; nobody is named in person."""
    roles = [{"id": role, "title": title(name)} for role, name in roles_of(quarter).items()]
    company = company_of(quarter)
    return shaped(
        title=title(f"{heading}: {quarter.company}, {quarter.period.name}"),
        last_modified=newest(quarter),
        version=line(f"{quarter.period.name} {quarter.edition}"),
        oscal_version=OSCAL,
        props=props({
            "edition": quarter.edition.value,
            "customer": quarter.customer,
            "as-of": quarter.period.as_of,
            "made-by": quarter.product,
            "seal": quarter.seal,
        }),
        roles=roles,
        parties=[{"uuid": company, "type": "organization", "name": line(quarter.company)}],
        responsible_parties=[{"role-id": role["id"], "party-uuids": [company]} for role in roles],
        remarks=prose("\n\n".join((WHAT_IT_IS, *(f"Left out: {what}" for what in quarter.leaves_out)))),
    )  # fmt: skip


def company_of(quarter: Quarter) -> str:
    """Return the UUID of the one party: the company, in whatever role."""
    return identity(quarter, "party", quarter.company)


def roles_of(quarter: Quarter) -> dict[str, str]:
    """Return every role that answers for something here, by its id."""
    named = {
        *(one.response.owner for one in quarter.exceptions if one.response),
        *(one.attestation.role for one in quarter.attestations),
        *(one.waiver.owner for one in quarter.waivers),
        *(one.breach.owner for one in quarter.breaches),
        *(one.operator.role for one in quarter.drills),
    }
    return {token(name): name for name in sorted(named) if name.strip()}


def by_role(quarter: Quarter, role: str) -> list[Json]:
    """Say that the company did something in a role; nothing where no role is named."""
    if not role.strip():
        return []
    return [{"actors": [{"type": "party", "actor-uuid": company_of(quarter), "role-id": token(role)}]}]


def by_tool(quarter: Quarter) -> list[Json]:
    """Say that the tool found something."""
    return [{"actors": [{"type": "tool", "actor-uuid": identity(quarter, "component", "tool")}]}]


def assets(quarter: Quarter) -> Json:
    """Name the tool, and the platform that it ran on."""
    tool = identity(quarter, "component", "tool")
    versions = sorted({pack.product for pack in quarter.packs if pack.product})
    component = {
        "uuid": tool,
        "type": "software",
        "title": title(quarter.product),
        "description": "Reads what runs, and judges it by controls that the published promises name.",
        "props": [prop("made-by", quarter.product), *(prop("ran-as", version) for version in versions)],
        "status": {"state": "operational"},
    }
    platform = {
        "uuid": identity(quarter, "platform"),
        "title": "The identities by which the clouds were read",
        "uses-components": [{"component-uuid": tool}],
    }
    seen = sorted({f"{one.cloud} {one.tenant} {one.principal}" for pack in quarter.packs for one in pack.identities})
    return {"components": [component], "assessment-platforms": [shaped(**platform, props=props({"identity": seen}))]}


def estate(quarter: Quarter) -> Json:
    """Name what was audited as one component, which everything that has no resource of its own speaks of."""
    return {
        "uuid": identity(quarter, "component", "estate"),
        "type": "this-system",
        "title": title(f"The estate of {quarter.company}"),
        "description": "All that the live audit reads, as far as this edition speaks of it.",
        "status": {"state": "operational"},
    }


def in_scope(promise: PromiseInPeriod) -> bool:
    """Tell whether a promise is the company's own and applies: those are reviewed, and must have a finding."""
    return promise.counted and promise.verdict is not Verdict.NOT_APPLICABLE


def statement_id(promise: PromiseInPeriod) -> str:
    """Return the id of the part of the catalogue that says what is promised."""
    return f"{token(promise.id)}_smt"


def objective_id(promise: PromiseInPeriod, control: str) -> str:
    """Return the id of the part of the catalogue that says what one control looks at."""
    return f"{token(promise.id)}_obj.{token(control)}"


def reviewed(quarter: Quarter) -> Json:
    """Select the promises that are in scope, with what their controls look at; say why others are not."""
    inside = [promise for promise in quarter.promises if in_scope(promise)]
    outside = [promise for promise in quarter.promises if not in_scope(promise)]
    objectives = [{"objective-id": objective_id(one, test.control)} for one in inside for test in one.tests]
    # A selection of nothing has no spelling of its own: it is all, less every one that there is.
    chosen: Json = {"include-controls": _selected(inside)} if inside else {"include-all": {}}
    reasons = "\n".join(f"{promise.id}: {_why_outside(promise)}" for promise in outside)
    selection = shaped(**chosen, exclude_controls=_selected(outside), remarks=prose(reasons) if reasons else "")
    return shaped(
        description="The promises that are the company's own and apply, each as one control of the catalogue beside.",
        control_selections=[selection],
        control_objective_selections=[{"include-objectives": objectives}] if objectives else [],
    )


def _selected(promises: Iterable[PromiseInPeriod]) -> list[Json]:
    return [{"control-id": token(promise.id)} for promise in promises]


def _why_outside(promise: PromiseInPeriod) -> str:
    if promise.complementary:
        return "it binds the customer, and is shown beside the company's own"
    return "it does not apply: " + promise.reason if promise.counted else "a heading, which promises nothing itself"


def beside(quarter: Quarter, name: str, content: bytes, what: str) -> Json:
    """Name another document of the same report as a resource, with its digest."""
    return {
        "uuid": identity(quarter, "resource", name),
        "title": name,
        "description": what,
        "rlinks": [
            {
                "href": name,
                "media-type": "application/json",
                "hashes": [{"algorithm": "SHA-256", "value": sha256(content)}],
            }
        ],
    }
