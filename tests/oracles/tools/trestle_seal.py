"""Holds our seals against trestle and OpenSSL: `python trestle_seal.py FOLDER` of trestle's install."""

import base64
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from audit.evidence.timestamps import asking
from tests.sealing import Keys, envelope, sealed
from tests.timestamp_authority import Authority

BETA = {"TRESTLE_BETA_FEATURES": "json-signing,json-manifest-signing"}
"""Trestle keeps its signatures behind these names."""


def main(install: Path) -> None:
    """Seal a pack with two keys and a timestamp, and ask every tool; prints each answer, exits 1 where one is wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys, authority = Keys(folder / "keys"), Authority(folder / "authority")
        with authority.served() as url:
            stamp = asking(url, seconds=5, clock=time.monotonic)
            pack = sealed(folder / "packs", keys, "tool", "reviewer", threshold=2, stamp=stamp)
        keys("stranger")
        wrong = [said for said, right in _answers(install, pack, keys, authority) if not _told(said, right)]
    sys.exit(1 if wrong else 0)


def _told(said: str, right: bool) -> bool:
    print(f"{'as it should' if right else 'WRONG'}: {said}")
    return right


def _answers(install, pack, keys, authority):
    """Yield what each tool should say of a sealed pack, and whether it does."""
    for name, expected in (("tool", True), ("reviewer", True), ("stranger", False)):
        public = keys.folder / f"{name}.pub.pem"
        for command, words in _commands(pack).items():
            took = _trestle(install, command, *words, "--public-key", public)
            yield f"trestle {command}, key {name}: {'accepts' if expected else 'refuses'}", took is expected
        for envelope_name in ("pack", "manifest", "package"):
            took = _openssl(pack, f"{envelope_name}.dsse.json", public)
            yield f"openssl, {envelope_name}, key {name}: {'accepts' if expected else 'refuses'}", took is expected
    content, reply = ((pack / "seal" / name).read_bytes() for name in ("pack.dsse.json", "pack.tsr"))
    yield "openssl ts -verify: accepts", authority.accepts(reply, content)
    yield "openssl ts -verify, one byte more: refuses", not authority.accepts(reply, content + b" ")
    run = pack / "run.json"
    run.write_bytes(run.read_bytes().replace(b'"product":"', b'"product":"x'))
    manifest = pack / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"product":"', b'"product":"x'))
    for command, words in _commands(pack).items():
        took = _trestle(install, command, *words, "--public-key", keys.folder / "tool.pub.pem")
        yield f"trestle {command}, files changed: refuses", not took


def _commands(pack):
    one, list_ = pack / "manifest.json", pack / "oscal-package.json"
    return {
        "verify": ["-f", one, "--signature", pack / "seal" / "manifest.dsse.json"],
        "verify-manifest": ["--manifest", list_, "--signature", pack / "seal" / "package.dsse.json"],
    }


def _trestle(install, *words):
    told = [install / "bin" / "trestle", *words]
    return subprocess.run(told, env=os.environ | BETA, capture_output=True, check=False).returncode == 0


def _openssl(pack, name, public):
    """Ask OpenSSL whether any of an envelope's signatures is by a key; the bytes are put together by hand."""
    found, _ = envelope(pack, name)
    payload, kind = base64.b64decode(found["payload"]), found["payloadType"].encode()
    with tempfile.TemporaryDirectory() as where:
        signed, signature = Path(where) / "signed", Path(where) / "signature"
        signed.write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
        for one in found["signatures"]:
            signature.write_bytes(base64.b64decode(one["sig"]))
            words = ["pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", signed, "-sigfile", signature]
            if subprocess.run(["openssl", *words], capture_output=True, check=False).returncode == 0:
                return True
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
