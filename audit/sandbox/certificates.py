"""The certificate of the local Azure, by an authority of its own that nobody else trusts."""

import ssl
from collections.abc import Mapping
from pathlib import Path

from audit import files
from audit.model import AuditError

PUBLIC_HOSTS = ("management.azure.com", "login.microsoftonline.com", "graph.microsoft.com")
"""The public cloud's hosts that the local Azure can stand in for, through its proxy alone."""
_NAMES = ("localhost", "127.0.0.1", *PUBLIC_HOSTS)
_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def make(folder: Path) -> None:
    """Make the authority and the server's certificate where they are not there; the authority's key is not kept."""
    if (folder / "ca.pem").exists() and (folder / "server.pem").exists():
        return
    import trustme  # brings cryptography, which only the first start needs

    try:
        authority = trustme.CA()
        server = authority.issue_cert(*_NAMES)
        (folder / "server.pem").touch(mode=0o600)
        server.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        authority.cert_pem.write_to_path(folder / "ca.pem")
    except OSError as error:
        raise AuditError(
            f"cannot keep the local Azure in {folder}: {error.strerror}. Name another --folder."
        ) from error


def bundle(folder: Path, environment: Mapping[str, str]) -> Path:
    """Write what a command trusts: the authorities that it trusted before, and the local one; returns the file."""
    others = [environment[name] for name in _BUNDLES if environment.get(name)]
    others += [ssl.get_default_verify_paths().cafile or ""]
    found = next((Path(name) for name in others if name and Path(name).is_file()), None)
    text = (found.read_text() if found else "") + "\n" + (folder / "ca.pem").read_text()
    target = folder / "bundle.pem"
    files.write({target: text.encode()})
    return target
