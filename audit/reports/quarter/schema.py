"""The published JSON Schema of a quarter, written from the same types that it is made of."""

import json

import msgspec

from audit.reports.quarter.machine import FORMAT, Published
from audit.reports.schema import DIALECT


def render() -> bytes:
    """Render the schema as UTF-8 JSON with sorted keys and a newline at the end."""
    schema = msgspec.json.schema(Published)
    title = "Promise Audit quarter"
    schema |= {"$schema": DIALECT, "$id": f"urn:{FORMAT.replace('/', ':')}", "title": title}
    schema["$defs"]["Published"]["properties"]["format"]["const"] = FORMAT
    return (json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
