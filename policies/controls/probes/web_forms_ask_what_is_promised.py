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
    fields = site.read("fields", list)
    more = sorted(name for name in map(str, fields) if _plain(name) not in promised)
    if more:
        return broken(f"forms ask for {', '.join(more)}, which is not promised")
    if not site.read("pages", int) or site.read("unread", int) or not site.read("whole", bool):
        raise Unseen("not every page of the site was read")
    if not fields:
        raise Unseen("no form was found on the site: a script may write it")
    return kept(f"forms ask for {', '.join(map(str, fields))}")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


_TARGETS = {"probes.enquiry_fields": ["name", "e-mail", "details"]}


def _site(**facts: object) -> dict[str, object]:
    body: dict[str, object] = {"pages": 4, "unread": 0, "whole": True, "fields": ["Name", "email", "details"]}
    return body | facts


EXAMPLES = (
    Example(Verdict.KEPT, _site(), targets=_TARGETS),
    Example(Verdict.BROKEN, _site(fields=["name", "date_of_birth"]), targets=_TARGETS),
    Example(Verdict.BROKEN, _site(fields=["(without a name)"]), targets=_TARGETS, note="nobody can tell what it is"),
    Example(Verdict.UNPROVEN, _site(fields=[]), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _site(unread=1), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _site(fields=None), targets=_TARGETS),
)
