"""The report of a quarter as OSCAL 1.2.1: results, the plan they follow, what is in place, and the promises.

https://pages.nist.gov/OSCAL/ describes the models. Each document names the next by its digest, so that the results
stand for all of them. OSCAL's *controls* are our promises, since those are what must be satisfied; our controls are
its *objectives*.
"""

from audit.quarters.model import Quarter
from audit.reports.quarter.oscal_catalog import CATALOGUE, catalogue, components
from audit.reports.quarter.oscal_plan import COMPONENTS, plan
from audit.reports.quarter.oscal_results import PLAN, results
from audit.reports.quarter.oscal_words import written

RESULTS = "assessment-results.json"


def render(quarter: Quarter) -> dict[str, bytes]:
    """Render an edition as OSCAL's documents, by the name of the file: the same bytes for the same quarter."""
    catalogued = written(catalogue(quarter))
    defined = written(components(quarter, catalogued))
    planned = written(plan(quarter, catalogued, defined))
    return {
        RESULTS: written(results(quarter, planned)),
        PLAN: planned,
        COMPONENTS: defined,
        CATALOGUE: catalogued,
    }
