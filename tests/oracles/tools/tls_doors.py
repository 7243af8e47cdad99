"""Holds our probe of TLS against testssl.sh: `python tls_doors.py FOLDER` of tlslite-ng's install.

The servers are nginx, OpenSSL's s_server and tlslite-ng; each is met by both, and they must agree on every version,
on the chain, on the name and on the end of the certificate.
"""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import trustme

from audit.sources.probes import tls_doors
from tests.probes.scenes import scene

HOST = "www.hosting.example"
NEEDED = ("nginx", "openssl", "testssl")
VERSIONS = {"SSLv3": "SSLv3", "TLS1": "TLSv1", "TLS1_1": "TLSv1.1", "TLS1_2": "TLSv1.2", "TLS1_3": "TLSv1.3"}
NGINX = """
daemon off; pid {folder}/{port}.pid; error_log stderr crit; events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; server_name www.hosting.example;
    ssl_certificate {pem}; ssl_certificate_key {pem};
    ssl_protocols {versions}; ssl_ciphers ALL:@SECLEVEL=0;
    add_header Strict-Transport-Security "max-age=31536000" always;
    return 204;
  }}
}}
"""


class Met(msgspec.Struct, frozen=True):
    """What one of the two says of a server."""

    accepted: tuple[str, ...]
    trusted: bool | None
    named: bool | None
    ends: str


class Server(msgspec.Struct, frozen=True):
    """How one server is started."""

    title: str
    by: str
    versions: tuple[str, ...] = ()
    certificate: str = "sound"


SERVERS = (
    Server("nginx, sound", "nginx", ("TLSv1.2", "TLSv1.3")),
    Server("nginx, with the old versions", "nginx", ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")),
    Server("s_server, TLS 1.0 too", "s_server", ("-no_tls1_1",)),
    Server("s_server, TLS 1.1 too", "s_server", ("-no_tls1",)),
    Server("s_server, TLS 1.3 alone", "s_server", ("-tls1_3",)),
    Server("s_server, another name", "s_server", ("-tls1_2",), "strange"),
    Server("s_server, ended", "s_server", ("-tls1_2",), "ended"),
    Server("s_server, an authority that nobody knows", "s_server", ("-tls1_2",), "unknown"),
    Server("tlslite-ng, SSL 3.0 too", "tlslite"),
)


def issued(folder: Path) -> None:
    """Put the certificates and their authority into a folder."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    rsa = trustme.KeyType.RSA
    for name, leaf in {
        "sound": authority.issue_cert(HOST, key_type=rsa),
        "strange": authority.issue_cert("shop.hosting.example", key_type=rsa),
        "ended": authority.issue_cert(HOST, key_type=rsa, not_after=datetime(2026, 1, 1, tzinfo=UTC)),
        "unknown": trustme.CA().issue_cert(HOST, key_type=rsa),
    }.items():
        leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}.pem"))


def words(server: Server, port: int, folder: Path, install: Path) -> list[str]:
    """Return the command that serves on a port."""
    pem = str(folder / f"{server.certificate}.pem")
    if server.by == "nginx":
        text = NGINX.format(folder=folder, port=port, pem=pem, versions=" ".join(server.versions))
        (folder / f"{port}.conf").write_text(text)
        return ["nginx", "-p", str(folder), "-c", str(folder / f"{port}.conf")]
    if server.by == "tlslite":
        here = Path(__file__).resolve().parent
        return [str(install / "bin" / "python"), str(here / "tlslite_server.py"), str(port), pem, pem]
    place = ["-accept", f"127.0.0.1:{port}", "-cert", pem, "-www", "-quiet"]
    return ["openssl", "s_server", *place, "-cipher", "ALL:@SECLEVEL=0", *server.versions]


@contextmanager
def serving(server: Server, folder: Path, install: Path) -> Iterator[int]:
    """Serve until the block ends; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with (folder / f"{port}.log").open("wb") as log:
        child = subprocess.Popen(words(server, port, folder, install), stdout=log, stderr=log)
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        else:
            raise SystemExit(f"{server.title} does not listen: {(folder / f'{port}.log').read_text()}")
        yield port
    finally:
        child.terminate()
        child.wait()


def ours(port: int, folder: Path) -> Met:
    """Meet a server as our probe does."""
    run = scene({"probes": {"tls_doors": [f"{HOST}:{port}/https"]}}, hosts={HOST: "127.0.0.1"}, seconds=5.0)
    run = msgspec.structs.replace(run, now=datetime.now(UTC), authorities=str(folder / "ca.pem"))
    found = tls_doors.probe(run)
    if not found.resources:
        raise SystemExit(f"our probe met nobody: {found.gaps}")
    body = found.resources[0].body
    if body["unknown"]:
        raise SystemExit(f"our probe left versions unknown: {body['unknown']}")
    chain: dict[str, Any] = body.get("chain") or {}
    ends = str(body.get("notAfter", ""))[:10]
    return Met(tuple(sorted(body["accepted"])), chain.get("trusted"), body.get("namesHost"), ends)


def theirs(port: int, folder: Path) -> Met:
    """Meet a server as testssl.sh does, which asks nobody else."""
    out = folder / f"{port}.json"
    options = ["--quiet", "--color", "0", "--warnings", "off", "-n", "none", "--ip", "127.0.0.1", "-p", "-S"]
    trust = ["--add-ca", str(folder / "ca.pem"), "--jsonfile", str(out)]
    subprocess.run(["testssl", *options, *trust, f"{HOST}:{port}"], check=False, capture_output=True, timeout=300)
    found = {row["id"].partition(" ")[0]: row["finding"] for row in json.loads(out.read_text())}
    accepted = tuple(sorted(ours for name, ours in VERSIONS.items() if found[name].startswith("offered")))
    # It has no word for "expired" but one for the chain: that is told apart from trust by ours.
    chain = found["cert_chain_of_trust"].strip()
    trusted = chain.startswith("passed") or "expired" in chain
    return Met(accepted, trusted, found["cert_trust"].startswith("Ok"), found["cert_notAfter"][:10])


def main(install: Path) -> None:
    """Print what both say of each server; exits with 1 where they differ, and 2 where a program is missing."""
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        print(f"not here: {', '.join(missing)}")
        sys.exit(2)
    differ = 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        folder = Path(name)
        issued(folder)
        for server in SERVERS:
            port = held.enter_context(serving(server, folder, install))
            mine, other = ours(port, folder), theirs(port, folder)
            differ += mine != other
            print(f"{'agree' if mine == other else 'DIFFER'}: {server.title}: {mine}", other if mine != other else "")
    sys.exit(bool(differ))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
