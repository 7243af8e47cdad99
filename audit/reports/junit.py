"""The report as JUnit XML, for the tests page of a build: a suite a family of controls, a case a finding.

Valid against the schema of Jenkins' xUnit plugin (`junit-10.xsd`).
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC
from itertools import groupby
from typing import TYPE_CHECKING

from audit.model import Verdict
from audit.promises import Finding, Report
from audit.reports import words
from audit.reports.counting import findings, ranked
from audit.reports.gate import old, one_line, sentence, standing, stops

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_FORBIDDEN = re.compile("[\ufffe\uffff]")
"""What XML 1.0 forbids (§2.2) and `words.visible` leaves, as a reader sees it."""
_OUTCOME = {Verdict.BROKEN: "failure", Verdict.UNPROVEN: "error"}


def render(report: Report) -> bytes:
    """Render `report` as one `testsuites` element, in UTF-8.

    Broken is a failure, unproven that stops the pull request an error; an obligation, what is waived, not applicable or
    already in the baseline is skipped, and says why. An audit that judged nothing has one error, as an empty file would
    pass for a success.
    """
    from xml.etree import ElementTree as Xml  # who writes no JUnit need not load it

    suites = Xml.Element("testsuites", name=_clean(report.product))
    found = sorted(ranked(findings(report)), key=lambda finding: _family(finding.control))
    counts = [_suite(suites, report, name, group) for name, group in groupby(found, lambda one: _family(one.control))]
    if not counts:
        counts = [_nothing(suites, report)]
    for key in ("tests", "failures", "errors"):
        suites.set(key, str(sum(count[key] for count in counts)))
    Xml.indent(suites)
    text: bytes = Xml.tostring(suites, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _family(control: str) -> str:
    """Name a control's family: what its id opens with."""
    return control.partition("-")[0]


def _suite(suites: "Element", report: Report, name: str, group: Iterable[Finding]) -> Counter[str]:
    """Add a family's suite, and return what it counts."""
    from xml.etree.ElementTree import SubElement  # as above

    suite = SubElement(suites, "testsuite", name=_clean(name))
    counts: Counter[str] = Counter()
    for finding in group:
        counts.update(("tests", _case(suite, report, finding)))
    _count(suite, report, counts)
    return counts


def _count(suite: "Element", report: Report, counts: Counter[str]) -> None:
    """Write what a suite counts; the schema demands all but the skipped."""
    for key in ("tests", "failures", "errors", "skipped"):
        suite.set(key, str(counts[key]))
    suite.set("timestamp", f"{report.seen_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}")


def _case(suite: "Element", report: Report, finding: Finding) -> str:
    """Add a finding's case, and return the count it belongs to."""
    from xml.etree.ElementTree import SubElement  # as above

    case = SubElement(suite, "testcase", classname=_clean(finding.control), name=_clean(words.subject(finding)))
    verdict = stops(report, finding)
    if verdict is None and finding.verdict is Verdict.KEPT:
        return "passed"
    tag = "skipped" if verdict is None or old(finding) else _OUTCOME[verdict]
    told = one_line(f"{standing(report, finding)}: {words.visible(finding.reason)}")
    outcome = SubElement(case, tag, message=_clean(told), type=_clean(finding.severity))
    outcome.text = _clean("\n".join(filter(None, (sentence(report, finding), words.place(finding.file, finding.line)))))
    return {"failure": "failures", "error": "errors"}.get(tag, tag)


def _nothing(suites: "Element", report: Report) -> Counter[str]:
    """Add the suite of an audit that judged nothing."""
    from xml.etree.ElementTree import SubElement  # as above

    suite = SubElement(suites, "testsuite", name="audit")
    case = SubElement(suite, "testcase", classname="audit", name="something was judged")
    SubElement(case, "error", message="nothing was judged", type="unproven")
    counts = Counter(tests=1, errors=1)
    _count(suite, report, counts)
    return counts


def _clean(text: str) -> str:
    """Spell what XML cannot hold."""
    return _FORBIDDEN.sub(lambda found: f"\\u{ord(found.group()):04x}", words.visible(text))
