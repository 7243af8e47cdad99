"""Keys, and packs with a seal on them, for the tests of what a seal is worth."""

import base64
import json

from audit import canonical
from audit.evidence import seal
from audit.evidence.signers import new_key, signer
from audit.evidence.trust import Trust
from tests import packs


class Keys:
    """Keys in a folder, by name; each is made when it is first asked for."""

    def __init__(self, folder):
        """Keep them in a folder."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._made = {}

    def __call__(self, name="tool"):
        """Open a key."""
        if name not in self._made:
            secret, public = new_key("")
            (self.folder / f"{name}.pem").write_bytes(secret)
            (self.folder / f"{name}.pub.pem").write_text(public.pem)
            self._made[name] = signer(str(self.folder / f"{name}.pem"), passphrase="")
        return self._made[name]

    def trust(self, *names, threshold=None, authorities=()):
        """Believe some of them."""
        return Trust(tuple(self(name).key for name in names), threshold, tuple(authorities))


def sealed(folder, keys, *names, at=packs.BEGAN, threshold=1, stamp=None):
    """Write a pack with a seal by some keys."""
    made = packs.write(folder, at)
    seal.seal(made, [keys(name) for name in names or ("tool",)], threshold=threshold, stamp=stamp)
    return made


def envelope(folder, name="pack.dsse.json"):
    """Read an envelope as JSON, and its statement."""
    found = json.loads((folder / "seal" / name).read_bytes())
    return found, json.loads(base64.b64decode(found["payload"]))


def resigned(folder, keys, name, *, by="tool", **changes):
    """Sign a changed statement with a key: what somebody who holds it can do."""
    from audit.evidence import envelopes  # only here

    _, statement = envelope(folder, name)
    payload = canonical.written(statement | changes)
    (folder / "seal" / name).write_bytes(envelopes.signed(payload, [keys(by)]))
