"""Makes real packs fast: a small estate seen live, judged by the policies of this repository, with a few answers."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from functools import cache

import msgspec

from audit import canonical
from audit.engine import judge
from audit.evidence import manifest, pack
from audit.evidence.facts import facts
from audit.exchange import Exchange
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Plane, Resource, Snapshot
from audit.policies import load
from audit.reports import machine
from audit.runs import Identity
from audit.snapshots import encode
from tests.support import POLICIES

BEGAN = datetime(2026, 10, 5, 2, tzinfo=UTC)
PRODUCT = "promise-audit 0.1.0"
SECRET = b"hunter2"
EXCHANGES = (
    Exchange(cloud="azure", asked="GET https://a/list", at=BEGAN, status=200, content=b'{"value":[]}', last=False),
    Exchange(cloud="azure", asked="GET https://a/list?2", at=BEGAN, status=200, content=b'{"key":"hunter2"}', page=2),
    Exchange(cloud="graph", asked="GET https://g/users", at=BEGAN, status=403, trouble="denied", content=b'{"no":1}'),
    Exchange(cloud="aws", asked="s3 ListBuckets", sent="{}", at=BEGAN, status=0, trouble="no answer"),
    Exchange(cloud="azure", asked="GET https://a/again", at=BEGAN, status=200, content=b'{"value":[]}'),
)


@cache
def policies():
    """The policies of this repository, loaded once."""
    return load(POLICIES)


def snapshot(at=BEGAN):
    """One storage account, seen live."""
    body = {"location": "uksouth", "allowBlobPublicAccess": False}
    seen = {"type": STORAGE_ACCOUNT.arm, "id": "/subscriptions/s/files", "name": "files", "plane": Plane.LIVE}
    account = Resource(**seen, seen_at=at, body=body)
    return Snapshot(plane=Plane.LIVE, origin="one subscription", seen_at=at, resources=(account,))


@cache
def judged(at):
    """The bytes of a snapshot and of its report."""
    seen = snapshot(at)
    return encode(seen), machine.render(judge(seen, policies(), at.date(), product=PRODUCT))


def begun(packs, at=BEGAN):
    """A pack that is begun, with a redaction that takes one secret out."""
    return pack.begin(
        packs,
        at=at,
        redact=lambda content, _cloud: content.replace(SECRET, b"***"),
        redact_text=lambda text: text.replace(SECRET.decode(), "***"),
    )


def run_of(unfinished, **changes):
    """What a run of one minute says of itself."""
    ended = unfinished.began + timedelta(minutes=1)
    said = facts(
        policies(),
        id=unfinished.id,
        began=unfinished.began,
        ended=ended,
        product=PRODUCT,
        versions={"msgspec": msgspec.__version__},
        identities=(Identity("azure", "tenant", "principal"),),
    )
    return msgspec.structs.replace(said, **changes)


def write(packs, at=BEGAN, *, previous="", exchanges=EXCHANGES, seen_at=None, **changes):
    """Write the pack of a run that began at a moment, and return its folder."""
    unfinished = begun(packs, at)
    for exchange in exchanges:
        unfinished.kept(msgspec.structs.replace(exchange, at=at))
    seen, report = judged(seen_at or at)
    return unfinished.finish(run_of(unfinished, **changes), snapshot=seen, report=report, previous=previous)


def relisted(folder, **changes):
    """Write the manifest anew for what now lies in the folder: what a forger without the key can do."""
    listed = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != manifest.NAME and manifest.SEAL not in path.parts
    }
    plain = json.loads((folder / manifest.NAME).read_bytes())
    plain["files"] = [
        {"path": path, "sha256": canonical.sha256(content), "size": len(content)}
        for path, content in sorted(listed.items())
    ]
    (folder / manifest.NAME).write_bytes(canonical.written(plain | changes))


def packed(content):
    """Pack bytes as a pack does."""
    return gzip.compress(content, mtime=0)
