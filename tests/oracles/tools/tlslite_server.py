"""Serves TLS by tlslite-ng, which still speaks SSL 3.0: `python tlslite_server.py PORT CERTIFICATE KEY`."""

import socketserver
import sys
from contextlib import suppress
from pathlib import Path

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.errors import TLSError


def main(port: str, certificate: str, key: str) -> None:
    """Take every version from SSL 3.0 to TLS 1.3, and the ciphers that go with these, until it is stopped."""
    chain = X509CertChain()
    chain.parsePemList(Path(certificate).read_text())
    private = parsePEMKey(Path(key).read_text(), private=True)
    settings = HandshakeSettings()
    settings.minVersion, settings.maxVersion = (3, 0), (3, 4)
    settings.cipherNames = [*settings.cipherNames, "rc4", "3des"]

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection = TLSConnection(self.request)
            with suppress(TLSError, OSError, SyntaxError):
                connection.handshakeServer(certChain=chain, privateKey=private, settings=settings)
                connection.close()

    with socketserver.ThreadingTCPServer(("127.0.0.1", int(port)), Handler) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
