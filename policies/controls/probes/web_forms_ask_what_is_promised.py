"""Forms on our public sites ask for what the statement names, and for nothing more.

Catalogue: LV-01.

## Why we promise this
The page says what an enquiry asks for. A field more is data that we said we do not collect.

## How to keep it
Take the field out of the form, or name it in the target `probes.enquiry_fields` once the statement says so.
"""

from audit.kinds.probes import SITE
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = SITE
SEVERITY = Severity.HIGH


def judge(site: Resource, targets: Targets) -> Ruling:
    promised = {_plain(name) for name in targets.names("probes.enquiry_fields")}
    seen = site.read("browser", dict, absent={})
    fields = sorted({*map(str, site.read("fields", list)), *map(str, seen.get("fields") or ())})
    more = [name for name in fields if _plain(name) not in promised]
    if more:
        return broken(f"forms ask for {', '.join(more)}, which is not promised")
    if not site.read("pages", int) or site.read("unread", int) or not site.read("whole", bool):
        raise Unseen("not every page of the site was read")
    if not fields or site.read("browser.unread", int) or site.read("browser.pages", int) < site.read("pages", int):
        raise Unseen("not every page was seen in a browser, or no form was found: a script may write one")
    return kept(f"forms ask for {', '.join(fields)}")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


ABSENT = {"browser": "audit/sources/probes/web.py: left out where no browser is on the machine"}
_TARGETS = {"probes.enquiry_fields": ["name", "e-mail", "details"]}


_CLEAN = {"pages": 4, "unread": 0, "fields": ["name"]}


def _site(**facts: object) -> dict[str, object]:
    fields = ["Name", "email", "details"]
    return {"pages": 4, "unread": 0, "whole": True, "fields": fields, "browser": _CLEAN, **facts}


EXAMPLES = (
    Example(Verdict.KEPT, _site(), targets=_TARGETS),
    Example(Verdict.BROKEN, _site(fields=["name", "date_of_birth"]), targets=_TARGETS),
    Example(Verdict.BROKEN, _site(fields=["(without a name)"]), targets=_TARGETS, note="nobody can tell what it is"),
    Example(
        Verdict.BROKEN, _site(browser={**_CLEAN, "fields": ["iban"]}), targets=_TARGETS, note="written by a script"
    ),
    Example(Verdict.UNPROVEN, _site(fields=[], browser={**_CLEAN, "fields": []}), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _site(browser=None), targets=_TARGETS, note="no browser on the machine"),
    Example(Verdict.UNPROVEN, _site(unread=1), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _site(fields=None), targets=_TARGETS),
)
