"""Runs a whole Pulumi program with providers behind it but without the engine: each resource is made as it registers.

Started as a process of its own, since Pulumi keeps one program for a process: the project's folder, then for each
provider its port and subscription. Tells what came of it as JSON.
"""

import json
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

import pulumi

from tests.sandbox.engine import Engine, engine_for, engines_of, refusal
from tests.sandbox.hurrying import hurry


class Deploying(pulumi.runtime.Mocks):
    """Makes every resource of a provider; of each type the first one is read again and compared."""

    def __init__(self, engines: Mapping[str, Engine]) -> None:
        self._engines = engines
        self.ids: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.problems: list[str] = []

    def call(self, args):
        """Answer no question: the program asks none."""
        raise NotImplementedError(args.token)

    def new_resource(self, args):
        """Make one resource."""
        package = args.typ.partition(":")[0]
        engine = engine_for(self._engines, args.typ, args.name)
        if engine is None:
            return f"{args.name}-id", args.inputs
        made = engine.create(args.typ, args.name, args.inputs)
        self.ids[args.name] = made.id
        if args.typ not in self.types:
            self.types[args.typ] = args.name
            self._compare(engine, args.typ, args.name, made)
            if package == "azure-native":
                # As a run does that is repeated after it was killed.
                self.problems += filter(None, [refusal(engine.create, args.typ, args.name, args.inputs)])
        return made.id, made.outputs

    def _compare(self, engine, token, name, made):
        """Note where a resource that nobody touched differs from what was made."""
        again = engine.read(token, name, made)
        if again is None:
            self.problems.append(f"{token} {name} is not there")
        elif changes := dict(engine.diff(token, name, again, made.inputs).detailedDiff):
            self.problems.append(f"{token} {name} differs: {sorted(changes)}")
        elif left := set(made.outputs) - set(again.outputs):
            self.problems.append(f"{token} {name} does not tell any more: {sorted(left)}")


def main() -> None:
    """Run the program, and tell what came of it."""
    folder, azure, aws, subscription, guards = sys.argv[1:]
    deploying = Deploying(engines_of(azure, aws, subscription, guards))
    hurry()
    pulumi.runtime.set_mocks(deploying, project="promise-audit", stack="production", preview=False)
    sys.path.insert(0, str(Path(folder) / "stacks"))

    @pulumi.runtime.test
    def run():
        runpy.run_path(str(Path(folder) / "stacks" / "__main__.py"))

    run()
    print(json.dumps({"ids": deploying.ids, "types": deploying.types, "problems": deploying.problems}))


main()
