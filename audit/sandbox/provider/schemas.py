"""What the stand-in says of itself: the types that it models, and what the SDK says that each takes."""

import json
from typing import Any

from audit.kinds import KINDS
from audit.sandbox.provider.sdk import arguments, fields, required, resource_class

_ANY = {"$ref": "pulumi.json#/Any"}


def schema(package: str, version: str) -> str:
    """Return a package's schema as JSON: the tokens that have a row, with the names of their properties.

    What a property holds is left open, since the SDK that a program is written with says it.
    https://www.pulumi.com/docs/iac/using-pulumi/pulumi-packages/schema/
    """
    tokens = sorted(token for kind in KINDS for token in kind.pulumi if token.startswith(f"{package}:"))
    about = "A stand-in that makes resources in the local Azure and the local AWS."
    told = {token: _told(resource_class(token)) for token in tokens}
    return json.dumps({"name": package, "version": version, "description": about, "resources": told})


def _told(resource: type) -> dict[str, Any]:
    takes = arguments(resource)
    return {
        "properties": dict.fromkeys(fields(resource), _ANY),
        "inputProperties": dict.fromkeys(fields(takes), _ANY),
        "requiredInputs": list(required(takes)),
    }
