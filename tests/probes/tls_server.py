"""A server of TLS on this machine, as sound or as faulty as it is told, and hands that write records of their own."""

import atexit
import contextlib
import functools
import socket
import socketserver
import ssl
import struct
import threading
import warnings

import trustme

AUTHORITY = trustme.CA()
HOST = "www.hosting.example"
YEAR = "Strict-Transport-Security: max-age=31536000; includeSubDomains"


@functools.cache
def authorities():
    """Return a file that names the authority of the tests alone; it is gone with the process."""
    held = contextlib.ExitStack()
    atexit.register(held.close)
    return held.enter_context(AUTHORITY.cert_pem.tempfile())


def context(lowest=ssl.TLSVersion.TLSv1_2, highest=ssl.TLSVersion.TLSv1_3, *, certificate=None):
    """Return a server's side that takes the versions between two, the old ones too."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (certificate or AUTHORITY.issue_cert(HOST)).configure_cert(found)
    found.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found.minimum_version, found.maximum_version = lowest, highest
    return found


def web(side, *fields, status="200 OK", body=b"", by_version=None):
    """Return what answers each request inside TLS; `by_version` gives status and body for some versions."""

    def talk(connection):
        with side.wrap_socket(connection, server_side=True) as secure:
            if secure.recv(4096):
                line, content = (by_version or {}).get(secure.version(), (status, body))
                head = "\r\n".join((f"HTTP/1.1 {line}", *fields, "", ""))
                secure.sendall(head.encode() + content)

    return talk


def greeted(greeting, asked, answer, talk):
    """Return what says a greeting, answers what is asked in the clear, and goes on with `talk` in TLS."""

    def begin(connection):
        connection.sendall(greeting)
        if connection.recv(1000) == asked:
            connection.sendall(answer)
            talk(connection)

    return begin


@contextlib.contextmanager
def running(talk, host="127.0.0.1"):
    """Serve each connection with `talk` until the block ends; yields the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with contextlib.suppress(OSError):  # the other side left, or was turned away
                talk(self.request)

    server = socketserver.ThreadingTCPServer((host, 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def offered(connection):
    """Read a client's hello; returns the version that it offers at most, as a number."""
    head = connection.recv(5, socket.MSG_WAITALL)
    content = connection.recv(struct.unpack("!H", head[3:])[0], socket.MSG_WAITALL)
    return 0x0304 if b"\x00\x2b\x00\x03\x02\x03\x04" in content else struct.unpack_from("!H", content, 4)[0]


def record(kind, content, version=0x0301):
    """Return one record."""
    return struct.pack("!BHH", kind, version, len(content)) + content


def server_hello(version, *, told=None):
    """Return a server's hello in a version, which it tells in an extension where `told` says so."""
    extension = struct.pack("!HHHH", 6, 43, 2, told) if told else b""
    content = struct.pack("!H", version) + bytes(32) + b"\0" + b"\x00\x2f" + b"\0" + extension
    return b"\x02" + len(content).to_bytes(3, "big") + content


def alert(description, level=2):
    """Return the record of an alert."""
    return record(21, bytes([level, description]))


def reset(connection):
    """Reset a connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def stubborn(sound, old):
    """Return what hands connections that offer TLS 1.2 or newer to `sound` unread, and gives the others to `old`."""

    def talk(connection):
        head = connection.recv(5 + 6, socket.MSG_PEEK | socket.MSG_WAITALL)
        if head[9:11] == b"\x03\x03":
            sound(connection)
        else:
            old(connection)

    return talk
