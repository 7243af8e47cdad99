"""The published JSON Schema of the report, written from the same types that the report is made of."""

import json

import msgspec

from audit.reports.machine import FORMAT, Document

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def render() -> bytes:
    """Render the schema as UTF-8 JSON with sorted keys and a newline at the end."""
    schema = msgspec.json.schema(Document)
    schema |= {"$schema": DIALECT, "$id": f"urn:{FORMAT.replace('/', ':')}", "title": "Promise Audit report"}
    schema["$defs"]["Document"]["properties"]["format"]["const"] = FORMAT
    return (json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
