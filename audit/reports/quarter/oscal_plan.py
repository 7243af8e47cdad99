"""How a quarter was audited, as an OSCAL assessment plan: what is done every week, by which tool, and to what end."""

from collections import defaultdict

from audit.quarters.model import Quarter, Tested
from audit.reports.quarter.oscal_catalog import CATALOGUE
from audit.reports.quarter.oscal_frame import assets, beside, estate, metadata, reviewed
from audit.reports.quarter.oscal_words import Json, begin, end, identity, props, prose, shaped, signed, title, token

COMPONENTS = "component-definition.json"
LIMITS = (
    "Only what was seen counts: what could not be read is not proven, and never taken as kept. A finding speaks of the "
    "moments at which evidence was taken, not of those between."
)


def plan(quarter: Quarter, catalogued: bytes, defined: bytes) -> Json:
    """Write the plan; the component definition stands where OSCAL wants the plan of a system's security."""
    system = beside(quarter, COMPONENTS, defined, "There is no system security plan: this stands in its place.")
    promises = beside(quarter, CATALOGUE, catalogued, "The promises, each as one control.")
    activities = [*_activities(quarter), *_by_people(quarter)]
    return signed(
        "assessment-plan",
        {
            "metadata": metadata(quarter, "Plan"),
            "import-ssp": {"href": f"#{system['uuid']}"},
            "local-definitions": {"components": [estate(quarter)], "activities": activities},
            "terms-and-conditions": {"parts": [{"name": "assumptions", "title": "Limits", "prose": LIMITS}]},
            "reviewed-controls": reviewed(quarter),
            "assessment-subjects": [{"type": "component", "include-all": {}}],
            "assessment-assets": assets(quarter),
            "tasks": [_weekly(quarter, activities)],
            "back-matter": {"resources": [system, promises]},
        },
    )


def _activities(quarter: Quarter) -> list[Json]:
    """Say of each control what it looks at, and for which promises."""
    tests: dict[str, Tested] = {}
    served: defaultdict[str, list[str]] = defaultdict(list)
    for promise in quarter.promises:
        for test in promise.tests:
            tests[test.control] = test
            served[test.control].append(token(promise.id))
    return [_activity(quarter, tests[name], served[name]) for name in sorted(tests)]


def _activity(quarter: Quarter, test: Tested, promises: list[str]) -> Json:
    chosen = [{"control-id": promise} for promise in promises]
    return shaped(
        uuid=identity(quarter, "activity", test.control),
        title=title(test.control),
        description=prose(test.title),
        props=props({"method": "TEST", "check": test.control, "catalogue": test.catalogue}),
        related_controls={"control-selections": [{"include-controls": chosen}]},
    )


def _by_people(quarter: Quarter) -> list[Json]:
    """Say what people do beside the tool: their word for what no machine sees, and drills."""
    told = {
        "attestations": ("INTERVIEW", "People answer by role, with a date and an end, for what no machine can see."),
        "drills": ("TEST", "Something is restored, and it is looked at what came back."),
        "evidence": ("EXAMINE", "The seals of the packs are checked, and the weeks without evidence are counted."),
    }
    return [
        {
            "uuid": identity(quarter, "activity", f"by people: {name}"),
            "title": name.capitalize(),
            "description": text,
            "props": props({"method": method}),
        }
        for name, (method, text) in told.items()
    ]


def _weekly(quarter: Quarter, activities: list[Json]) -> Json:
    """Say that all of it is done within the quarter, every week."""
    subjects = [{"type": "component", "include-all": {}}]
    return {
        "uuid": identity(quarter, "task", "weekly"),
        "type": "action",
        "title": "Audit what runs, every week",
        "timing": {"within-date-range": {"start": begin(quarter.period.begins), "end": end(quarter.period.ends)}},
        "associated-activities": [{"activity-uuid": one["uuid"], "subjects": subjects} for one in activities],
    }
