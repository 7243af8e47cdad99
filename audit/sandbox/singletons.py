"""What is there as soon as something else is: settings with a fixed name, and the SQL database `master`."""

from collections.abc import Mapping
from typing import Any

from audit.kinds import KINDS
from audit.sandbox.defaults import defaults, inner

_ON_REQUEST = (
    "/managementpolicies",
    "/immutabilitypolicies",
    "/dnssecconfigs",
    "/patchassessmentresults",
    "/sensitivitylabels",
)
"""Types with a fixed name that are only there once somebody made them."""


def singletons(type_name: str) -> tuple[tuple[str, str], ...]:
    """Return what is there as soon as a resource of a type is: the child's segment and its fixed name, for each.

    Empty for a type without such children. They follow from the rows whose path ends with a fixed name.
    """
    return _SINGLETONS.get(type_name.lower(), ())


def singleton(parent: Mapping[str, Any], segment: str, name: str) -> dict[str, Any]:
    """Return such a child as Azure answers it while nobody has put it: its defaults, and what its parent says of it.

    `parent` is the resource that it belongs to, with `id` and `type`.
    """
    type_name = f"{parent['type']}/{segment}"
    body: dict[str, Any] = {"id": f"{parent['id']}/{segment}/{name}", "name": name, "type": type_name}
    tell = _TOLD.get(type_name.lower())
    if tell is not None:
        body |= tell(parent)
    # Azure answers the object of settings even where it is empty.
    return {"properties": {}, **defaults(type_name, body)}


def _derived() -> dict[str, tuple[tuple[str, str], ...]]:
    """Collect the singletons of every type from the rows, and what no row says: every SQL server has a `master`."""
    found: dict[str, list[tuple[str, str]]] = {"microsoft.sql/servers": [("databases", "master")]}
    for kind in KINDS:
        name = kind.names.rpartition("/")[2]
        if not name or "{" in name or kind.arm.lower().endswith(_ON_REQUEST):
            continue
        # The row of one fixed name may say it in its type, too: `…/basicPublishingCredentialsPolicies/ftp`.
        parent, _, segment = kind.arm.removesuffix(f"/{name}").rpartition("/")
        if "/" in parent:
            found.setdefault(parent.lower(), []).append((segment, name))
    return {parent: tuple(children) for parent, children in found.items()}


_SINGLETONS = _derived()


def _master(parent: Mapping[str, Any]) -> dict[str, Any]:
    return {"location": parent.get("location")}


def _protector(parent: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what protects a server: the key that it was made with, where there was one.

    https://learn.microsoft.com/rest/api/sql/servers/create-or-update (`keyId`)
    """
    uri = inner(parent).get("keyId")
    if not isinstance(uri, str) or not uri:
        return {}
    host, _, rest = uri.removeprefix("https://").partition("/")
    # Azure calls the key by its vault, name and version.
    name = "_".join([host.partition(".")[0], *rest.split("/")[1:]])
    key = {"serverKeyType": "AzureKeyVault", "serverKeyName": name, "uri": uri}
    return {"kind": "azurekeyvault", "properties": key}


def _entra_only(parent: Mapping[str, Any]) -> dict[str, Any]:
    """Tell whether others than Entra's identities may sign in, where the server's administrators were given with it."""
    administrators = inner(parent).get("administrators")
    only = administrators.get("azureADOnlyAuthentication") if isinstance(administrators, Mapping) else None
    return {} if only is None else {"properties": {"azureADOnlyAuthentication": only}}


def _site_config(parent: Mapping[str, Any]) -> dict[str, Any]:
    """Tell a site's configuration: what was given as `siteConfig` when the site was put."""
    config = inner(parent).get("siteConfig")
    return {"properties": dict(config)} if isinstance(config, Mapping) else {}


_TOLD = {
    "microsoft.sql/servers/azureadonlyauthentications": _entra_only,
    "microsoft.sql/servers/databases": _master,
    "microsoft.sql/servers/encryptionprotector": _protector,
    "microsoft.web/sites/config": _site_config,
    "microsoft.web/sites/slots/config": _site_config,
}
