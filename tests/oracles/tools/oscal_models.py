"""Asks NIST's schemas and trestle's models of a folder of OSCAL documents; trestle's own Python runs it."""

import importlib
import json
import sys
from pathlib import Path

import jsonschema_rs

MODELS = {
    "assessment-results": "assessment_results",
    "assessment-plan": "assessment_plan",
    "component-definition": "component",
    "catalog": "catalog",
}


def complaints(schemas: Path, document: Path) -> list[str]:
    """Return what the schema and the model say against a document; nothing where both accept it."""
    content = document.read_text(encoding="utf-8")
    value = json.loads(content)
    (name,) = value
    schema = json.loads((schemas / f"oscal-{name}-1.2.1.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    found = [f"schema: {error.instance_path}: {error.message[:200]}" for error in validator.iter_errors(value)]
    model = importlib.import_module(f"trestle.oscal.{MODELS[name]}").Model
    try:
        model.model_validate(value)
    except ValueError as error:
        found.append(f"model: {str(error)[:2000]}")
    return found


def main(schemas: Path, folder: Path) -> None:
    """Print what is said against each document; exits with 1 where anything is."""
    failed = False
    for document in sorted(folder.rglob("*.json")):
        found = complaints(schemas, document)
        failed = failed or bool(found)
        print(f"{document.relative_to(folder)}: {'; '.join(found[:5]) or 'accepted by the schema and by the model'}")
    sys.exit(failed)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
