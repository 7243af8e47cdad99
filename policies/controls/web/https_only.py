"""Web apps answer over HTTPS only.

Catalogue: WEB-01.

## Why we promise this
What a visitor types into a form travels in the clear over plain HTTP, and so does a signed-in customer's session.

## How to keep it
Set `https_only=True` on the web app and on each of its slots: Azure then redirects every plain request.
"""

from audit.kinds.web import WEB_APP, WEB_APP_SLOT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = (WEB_APP, WEB_APP_SLOT)
SEVERITY = Severity.HIGH


def judge(site: Resource) -> Ruling:
    if site.read("httpsOnly", bool) is True:
        return kept("plain HTTP is redirected to HTTPS")
    return broken("plain HTTP is answered, promised HTTPS only", change={"httpsOnly": True})


EXAMPLES = (
    Example(Verdict.KEPT, {"httpsOnly": True}),
    Example(Verdict.KEPT, {"httpsOnly": True}, kind=WEB_APP_SLOT, note="a slot is a site too"),
    Example(Verdict.BROKEN, {"httpsOnly": False}),
    Example(Verdict.BROKEN, {"httpsOnly": False}, kind=WEB_APP_SLOT),
    Example(Verdict.UNPROVEN, {}),
    Example(Verdict.UNPROVEN, {"httpsOnly": "true"}, note="text is not a boolean"),
)
