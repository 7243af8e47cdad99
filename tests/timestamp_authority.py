"""A timestamp authority of this machine: OpenSSL answers, behind a small server on the loopback interface."""

import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Local root
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[tsa]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[service]
serial = serial
default_policy = 1.2.3.4.1
signer_digest = sha256
digests = sha256
tsa_name = yes
"""

SIGNING = ["-signer", "own.pem", "-inkey", "own.key", "-out", "reply"]


class Authority:
    """A root, and the certificate that it gave to one timestamp authority."""

    def __init__(self, folder, *, name="Local", days=("20200101000000Z", "20400101000000Z")):
        """Make both in a folder; `days` are when the authority's certificate is valid."""
        folder.mkdir(parents=True)
        self.folder = folder
        config = CONFIG.replace("Local", name)
        (folder / "config").write_text(config)
        (folder / "serial").write_text("01\n")
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "config"]
        self._openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "9", "-extensions", "ca")
        self._openssl("req", *new, "-subj", f"/CN={name} authority", "-keyout", "own.key", "-out", "own.csr")
        database = (
            "[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=.\ndatabase=index\nserial=issued\npolicy=p\ndefault_md=sha256\n"
        )
        (folder / "issuing").write_text(f"{database}[p]\ncommonName=supplied\n{config.replace('[ca]', '[root]')}")
        (folder / "index").write_text("")
        (folder / "issued").write_text("01\n")
        dates = ["-startdate", days[0], "-enddate", days[1]]
        told = ["-config", "issuing", "-extensions", "tsa", "-in", "own.csr", "-out", "own.pem", "-notext"]
        self._openssl("ca", "-batch", *told, *dates, "-cert", "ca.pem", "-keyfile", "ca.key")
        self.chain = (folder / "own.pem").read_bytes() + (folder / "ca.pem").read_bytes()
        (folder / "chain.pem").write_bytes(self.chain)

    def reply(self, query):
        """Answer a request as RFC 3161 says."""
        (self.folder / "query").write_bytes(query)
        self._openssl("ts", "-reply", "-config", "config", "-section", "service", "-queryfile", "query", *SIGNING)
        return (self.folder / "reply").read_bytes()

    def accepts(self, reply, content):
        """Tell whether `openssl ts -verify` takes a reply for bytes."""
        (self.folder / "stored").write_bytes(reply)
        (self.folder / "content").write_bytes(content)
        told = ["ts", "-verify", "-data", "content", "-in", "stored", "-CAfile", "ca.pem", "-untrusted", "own.pem"]
        run = subprocess.run(["openssl", *told], cwd=self.folder, capture_output=True, check=False)
        return run.returncode == 0

    @contextmanager
    def served(self, answer=None):
        """Serve it on the loopback interface, and give its address; `answer` may reply to a handler otherwise."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                query = self.rfile.read(int(self.headers["Content-Length"]))
                if answer is not None:
                    answer(self, query)
                    return
                send(self, authority.reply(query))

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=True)


def send(handler, content, status=200, **headers):
    """Send an answer of a small server."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
