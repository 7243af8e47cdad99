"""Web apps and their publishing sites speak TLS 1.2 or newer.

Catalogue: WEB-02.

## Why we promise this
TLS 1.0 and 1.1 have known weaknesses: encryption that can be undone does not protect what is sent.

## How to keep it
Set `min_tls_version="1.2"` and `scm_min_tls_version="1.2"` in the web app's `site_config`; `"1.3"` keeps the
promise too. The declaration is judged here; the live audit reads the same two settings from the site's own
configuration.
"""

from audit.kinds.web import WEB_APP, WEB_APP_SLOT
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = (WEB_APP, WEB_APP_SLOT)
SEVERITY = Severity.HIGH

FLOOR = "1.2"
VERSIONS = ("1.0", "1.1", "1.2", "1.3")
"""What App Service can be told, oldest first."""
SETTINGS = {"siteConfig.minTlsVersion": "site", "siteConfig.scmMinTlsVersion": "publishing site"}


def judge(site: Resource) -> Ruling:
    floors = {path: version(site, path) for path in SETTINGS}
    low = {path: seen for path, seen in floors.items() if VERSIONS.index(seen) < VERSIONS.index(FLOOR)}
    if low:
        reasons = [f"the {SETTINGS[path]} accepts TLS {seen}, promised {FLOOR}" for path, seen in low.items()]
        return broken("; ".join(reasons), change=dict.fromkeys(low, FLOOR))
    return kept(f"the site starts at TLS {floors['siteConfig.minTlsVersion']}, promised {FLOOR}")


def version(site: Resource, path: str) -> str:
    """Return a TLS version as Azure spells it; raises `Unseen` for one that is not known here, which may be lower."""
    seen = site.read(path, str)
    if seen not in VERSIONS:
        raise Unseen(f"{path} is {seen!r}, which is no version known here")
    return seen


def _floors(site: str, publishing: str) -> dict[str, object]:
    return {"siteConfig": {"minTlsVersion": site, "scmMinTlsVersion": publishing}}


EXAMPLES = (
    Example(Verdict.KEPT, _floors("1.2", "1.2")),
    Example(Verdict.KEPT, _floors("1.3", "1.2"), note="newer than promised"),
    Example(Verdict.KEPT, _floors("1.3", "1.3"), kind=WEB_APP_SLOT),
    Example(Verdict.BROKEN, _floors("1.1", "1.2")),
    Example(Verdict.BROKEN, _floors("1.2", "1.0"), note="only the publishing site is old"),
    Example(Verdict.UNPROVEN, {"siteConfig": {"minTlsVersion": "1.2"}}, note="nothing said of the publishing site"),
    Example(Verdict.UNPROVEN, _floors("2", "1.2"), note="no such version"),
    Example(Verdict.UNPROVEN, {}),
)
