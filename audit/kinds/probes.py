"""What a stranger meets from outside: names, doors, pages; rows of our own, since no cloud holds these.

Their bodies are what `audit/sources/probes/` writes: the module of each probe says what stands in them. None is ever
declared, so a row has neither a token nor a path.
"""

from audit.kind import PROBE, Kind, Scope


def _row(name: str) -> Kind:
    """Make the row of something that is only met from outside."""
    return Kind(arm=f"{PROBE}{name}", api="", pulumi=(), scope=Scope.TENANT)


DOMAIN = _row("dns.Domain")
"""What the world's resolvers answer about one domain of the company's."""
TLS_DOOR = _row("tls.Door")
"""A port that speaks TLS: which versions it takes and refuses, its certificate and its chain."""
MAIL_DOOR = _row("smtp.Door")
"""A mail host as a stranger meets it."""
MAILBOX = _row("smtp.Mailbox")
"""A published address: whether its mail host takes mail for it."""
FILTER_TEST = _row("smtp.FilterTest")
"""A harmless test message of the filter's own kind, sent to the company's own test box, and what became of it."""
ADDRESS = _row("net.Address")
"""A public address of the company's own: which of the ports that matter are open."""
SITE = _row("web.Site")
"""A web site as a visitor's browser meets it: cookies, storage, strangers, forms."""
PAGE = _row("web.Page")
"""A page or link that must exist."""
CHECKOUT = _row("web.Checkout")
"""A page on which people pay: where its forms post to."""
STORE_DOOR = _row("store.Door")
"""A container or bucket as somebody who signs in nowhere meets it."""
