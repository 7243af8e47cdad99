"""What an AWS policy document says: whom it lets in, and what it forbids everybody."""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from audit.model import Unseen

Statement = Mapping[str, Any]

EVERYBODY: tuple[Any, ...] = ("*", {"AWS": "*"}, {"AWS": ["*"]})
"""How a statement spells that it speaks of everybody."""
_IDENTITY = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):\S+|(\d{12})")
"""A principal of one account, or the whole of it:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""


def statements(text: str) -> tuple[Statement, ...]:
    """Read a document's statements; raises `Unseen` where the text, or one statement in it, is no policy."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Unseen(f"the policy is not JSON: {error}") from error
    found = listed(document.get("Statement")) if isinstance(document, dict) else [None]
    if not all(isinstance(item, Mapping) and item.get("Effect") in ("Allow", "Deny") for item in found):
        raise Unseen("the policy has an unexpected shape: statements that allow or deny expected")
    return tuple(found)


def strangers(statement: Statement, accounts: tuple[str, ...]) -> tuple[str, ...]:
    """Return whom a statement lets in who belongs to none of `accounts`; none where it forbids.

    A service of Amazon's counts as ours where it may act for our own accounts alone. Raises `Unseen` where the
    statement does not say whom it speaks of.
    """
    if statement["Effect"] == "Deny":
        return ()
    if "NotPrincipal" in statement:
        return ("everybody but a few",)
    principal = statement.get("Principal")
    if principal == "*":
        return ("everybody",)
    if not isinstance(principal, Mapping):
        raise Unseen("a statement of the policy does not say whom it lets in")
    named = [(sort, name) for sort, names in principal.items() for name in listed(names)]
    return tuple(str(name) for sort, name in named if not _is_ours(sort, name, statement, accounts))


def denies_everybody(statement: Statement, action: str, resource: str) -> bool:
    """Tell whether a statement forbids everybody an action on a resource, whatever the circumstances."""
    return (
        statement["Effect"] == "Deny"
        and statement.get("Principal") in EVERYBODY
        and not statement.get("Condition")
        and any(_covers(pattern.lower(), action.lower()) for pattern in listed(statement.get("Action")))
        and any(_covers(pattern, resource) for pattern in listed(statement.get("Resource")))
    )


def listed(value: Any) -> list[Any]:
    """Return a value of a policy as a list: IAM takes one value alone for a list of one."""
    return value if isinstance(value, list) else [value]


def _is_ours(sort: str, name: Any, statement: Statement, accounts: tuple[str, ...]) -> bool:
    """Tell whether a principal of one sort belongs to one of the accounts."""
    if sort == "Service":
        return _acts_for(statement) <= set(accounts) and bool(_acts_for(statement))
    found = _IDENTITY.fullmatch(name) if sort == "AWS" and isinstance(name, str) else None
    return found is not None and (found[1] or found[2]) in accounts


def _acts_for(statement: Statement) -> set[str]:
    """Return the accounts for which alone a service may act; empty where the statement names none.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    condition = statement.get("Condition")
    keys = condition.get("StringEquals", {}) if isinstance(condition, Mapping) else {}
    named = [values for key, values in keys.items() if key.lower() == "aws:sourceaccount"]
    return {str(value) for values in named for value in listed(values)}


def _covers(pattern: Any, value: str) -> bool:
    """Tell whether a pattern of a policy (`s3:*`) matches a value; a bracket means itself there."""
    return isinstance(pattern, str) and fnmatchcase(value, pattern.replace("[", "[[]"))
