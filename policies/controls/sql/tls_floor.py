"""SQL servers refuse connections below TLS 1.2.

Catalogue: SQL-03.

## Why we promise this
Older versions can be read or altered on the way.

## How to keep it
Set `minimal_tls_version="1.2"` (or `"1.3"`) on the server. A server that says `None` accepts every version.
"""

from audit.kinds.sql import SQL_SERVER
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = SQL_SERVER
SEVERITY = Severity.HIGH


def judge(server: Resource) -> Ruling:
    floor = server.read("minimalTlsVersion", str)
    if floor in ("1.2", "1.3"):
        return kept(f"the floor is TLS {floor}")
    return broken(f"the floor is {floor}, promised TLS 1.2", change={"minimalTlsVersion": "1.2"})


EXAMPLES = (
    Example(Verdict.KEPT, {"minimalTlsVersion": "1.2"}),
    Example(Verdict.KEPT, {"minimalTlsVersion": "1.3"}),
    Example(Verdict.BROKEN, {"minimalTlsVersion": "1.1"}),
    Example(Verdict.BROKEN, {"minimalTlsVersion": "None"}, note="every version is accepted"),
    Example(Verdict.UNPROVEN, {"minimalTlsVersion": None}),
)
