"""Runs name servers that others wrote on free ports: Knot for zones, BIND to validate what it answers."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from audit.sources.probes.names import Server
from audit.sources.probes.reach import Unreached
from tests.probes.scenes import scene

HEAD = "$TTL 300\n@ SOA ns admin 1 1 1 1 1\n@ NS ns\nns A 127.0.0.1\n"
KNOT = """
server:
  rundir: {folder}
  listen: 127.0.0.1@{port}
database:
  storage: {folder}
policy:
- id: own
  manual: on
  single-type-signing: on
  algorithm: ecdsap256sha256
template:
- id: default
  storage: {folder}
  zonefile-load: whole
  journal-content: none
zone:
"""
BIND = """
options {{
  directory "{folder}"; pid-file "{folder}/pid"; session-keyfile "{folder}/key"; managed-keys-directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  dnssec-validation yes; forward only; forwarders {{ 127.0.0.1 port {knot}; }};
}};
controls {{}};
trust-anchors {{ {zone}. static-key {anchor}; }};
"""


def demand(*programs: str) -> None:
    """Exit with 2 where one of the programs is not on this machine."""
    if missing := [name for name in programs if shutil.which(name) is None]:
        print(f"not here: {', '.join(missing)}", file=sys.stderr)
        sys.exit(2)


@contextmanager
def knot(
    texts: Mapping[str, str], *, signed: Mapping[str, Callable[[str], str]] | None = None
) -> Iterator[tuple[int, str]]:
    """Let Knot serve zones until the block ends; yields its port, and the key of the last signed zone.

    `texts` are the zones by name. Of those in `signed` Knot makes keys and signatures; each function is given the DS
    record of the zone and returns what is added to the last of `texts`, the zone above.
    """
    port = _free()
    with tempfile.TemporaryDirectory() as name:
        folder, signed = Path(name), signed or {}
        lines = [KNOT.format(folder=folder, port=port)]
        for zone in texts:
            lines += [f"- domain: {zone}\n  file: {zone}.zone"]
            lines += ["  dnssec-signing: on\n  dnssec-policy: own"] if zone in signed else []
        (folder / "knot.conf").write_text("\n".join(lines) + "\n")
        added, key = "", ""
        for zone, delegating in signed.items():
            _keymgr(folder, zone, "generate", "algorithm=ecdsap256sha256", "ksk=yes", "zsk=yes")
            added += delegating(_keymgr(folder, zone, "ds").splitlines()[0].partition(" DS ")[2])
            key = _keymgr(folder, zone, "dnskey").partition(" DNSKEY ")[2].strip()
        above = next(reversed(texts))
        for zone, text in texts.items():
            (folder / f"{zone}.zone").write_text(text + (added if zone == above else ""))
        with _running(["knotd", "-c", str(folder / "knot.conf")], folder / "log", port, above):
            yield port, key


@contextmanager
def validating(knot_port: int, zone: str, key: str) -> Iterator[int]:
    """Let BIND ask Knot, and check every answer from a zone's key down, until the block ends; yields its port."""
    port = _free()
    flags, protocol, algorithm, content = key.split(maxsplit=3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        anchor = f'{flags} {protocol} {algorithm} "{content}"'
        text = BIND.format(folder=folder, port=port, knot=knot_port, zone=zone, anchor=anchor)
        (folder / "named.conf").write_text(text)
        words = ["named", "-g", "-c", str(folder / "named.conf"), "-n", "1"]
        with _running(words, folder / "log", port, zone):
            yield port


def _keymgr(folder: Path, *words: str) -> str:
    ran = subprocess.run(["keymgr", "-c", folder / "knot.conf", *words], capture_output=True, text=True, check=True)
    return ran.stdout


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def _running(words: list[str], log: Path, port: int, zone: str) -> Iterator[None]:
    """Run a server until the block ends, once it answers for a zone; exits with its log where it does not."""
    with log.open("wb") as said:
        server = subprocess.Popen(words, stdout=said, stderr=said)
        try:
            names = scene({"probes": {}}).names
            for _ in range(100):
                try:
                    if names.ask(zone, "SOA", Server("127.0.0.1", port)).records:
                        break
                except Unreached:
                    names = scene({"probes": {}}).names
                time.sleep(0.1)
            else:
                sys.exit(log.read_text())
            yield
        finally:
            server.terminate()
            server.wait(20)
