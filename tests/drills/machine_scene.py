"""A machine that is backed up in a vault of the local Azure, and what was prepared of it."""

from datetime import timedelta

from audit.drills.drill import Means
from audit.drills.machine_checks import keyed
from audit.drills.machine_restore import DISKS, KIND
from audit.sandbox import machine_contents, recovery_points
from audit.sandbox.auto_protection import item_id
from tests.drilling import DRILLS, recoverable

HOUR = timedelta(hours=1)
KEY = b"the company's key"
LETTER = b"Dear Ada, the canary string of this letter"
PATH = r"C:\mail\Ada's letters.txt"


def spelt(at):
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


class Scene:
    """A machine that is backed up in a vault, and what was prepared of it."""

    def __init__(self, drilling, sandbox):
        self.drilling, self.sandbox, self.store = drilling, sandbox, sandbox.store
        group = sandbox.group("own")
        self.vault = f"{group}/providers/Microsoft.RecoveryServices/vaults/safe"
        self.machine = f"{group}/providers/Microsoft.Compute/virtualMachines/mail"
        place = {"location": "uksouth"}
        sandbox.put(self.vault, place)
        sandbox.put(self.machine, {**place, "properties": {"hardwareProfile": {"vmSize": "Standard_D4s_v5"}}})
        self.item_id = item_id(self.vault, self.machine)
        source = {"protectedItemType": "Microsoft.Compute/virtualMachines", "sourceResourceId": self.machine}
        sandbox.put(self.item_id, {"properties": source})
        self.now = drilling.clock.now().replace(microsecond=0)
        self.at = self.now - HOUR
        self.item = recoverable("vm", DISKS, self.machine, facts={"files": [PATH], "services": ["mail"]})
        self.means = Means(clock=drilling.clock, actor=None, key=KEY)
        self.canaries = [self.written(self.at - timedelta(minutes=minutes)) for minutes in (70, 10)]
        file = machine_contents.file(LETTER)
        self.truth = {
            "files": {PATH: file},
            "services": {"mail": "running"},
            "canary": {name: self.canaries[-1][name] for name in ("at", "digest")},
        }
        kept = {"path": PATH, "sha256": keyed(self.means, file["sha256"]), "size": file["size"]}
        self.manifest = {"files": [kept], "services": ["mail"], "made_at": spelt(self.at - 24 * HOUR)}

    def written(self, at):
        """Return a canary of an instant."""
        return {"id": "one", "at": spelt(at), "digest": keyed(self.means, f"vm-0123456789ab {spelt(at)}")}

    def plant(self, at=None, contents=None, **said):
        """Let the machine have a recovery point."""
        truth = {**self.truth, **(contents or {})}
        return recovery_points.plant(self.store, self.item_id, at=at or self.at, contents=truth, **said)

    def with_what(self, **changes):
        """Return by what it is drilled."""
        told = {"manifest": self.manifest, "canaries": {"canaries": self.canaries}}
        return {"key": KEY, "manifest": lambda ref, what: told[what], **changes}

    def run(self, method=DISKS, **changes):
        """Drill it; returns the record."""
        item = recoverable("vm", method, self.machine)
        return self.drilling.run(KIND, item, **self.with_what(**changes))

    def left(self):
        """Return what is left in the drills' subscription."""
        return [one["id"] for one in self.store.listed() if f"/{DRILLS}/" in one["id"]]
