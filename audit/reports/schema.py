"""The published JSON Schemas of the report and of a baseline, written from the same types that these are made of."""

import json
from typing import Any

import msgspec

from audit import baseline as baselines
from audit.reports import machine

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def render() -> bytes:
    """Render the report's schema as UTF-8 JSON with sorted keys and a newline at the end."""
    return _written(machine.Document, machine.FORMAT, "Promise Audit report")


def baseline() -> bytes:
    """Render a baseline's schema the same way."""
    return _written(baselines.Baseline, baselines.FORMAT, "Promise Audit baseline")


def _written(shape: type[Any], name: str, title: str) -> bytes:
    schema = msgspec.json.schema(shape)
    schema |= {"$schema": DIALECT, "$id": f"urn:{name.replace('/', ':')}", "title": title}
    schema["$defs"][shape.__name__]["properties"]["format"]["const"] = name
    return (json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
