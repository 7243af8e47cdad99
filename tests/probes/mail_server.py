"""A mail server on this machine, as sound or as faulty as it is told."""

import socket
import socketserver
import ssl
import threading
from contextlib import contextmanager, suppress

import trustme

_AUTHORITY = trustme.CA()


class _Six(socketserver.ThreadingTCPServer):
    """Listens by IPv6."""

    address_family = socket.AF_INET6


class MailServer:
    """Takes mail as its rules say; what it was sent stands in `messages`."""

    def __init__(self, **rules):
        self.rules = {
            "greeting": "220 mail",
            "tls": True,
            "version": None,
            "auth": False,
            "mail": lambda sender, secure: "250 ok",
            "recipient": lambda box: "250 ok",
            "message": lambda content: "250 taken",
            "raw": None,
        } | rules
        self.messages = []
        self.words = []

    @contextmanager
    def running(self, host="127.0.0.1", port=0):
        """Serve until the block ends; yields the port."""
        server = (_Six if ":" in host else socketserver.ThreadingTCPServer)((host, port), self._handler())
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            server.server_close()

    def context(self):
        """Return the server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _AUTHORITY.issue_cert("mx.filter.example").configure_cert(context)
        if self.rules["version"]:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = self.rules["version"]
        return context

    def _handler(outer):  # noqa: N805  # the inner class has a self of its own
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                if outer.rules["raw"] is not None:
                    outer.rules["raw"](self.request)
                    return
                with suppress(OSError, ValueError):  # the other side left
                    self.talk(self.request, secure=False)

            def talk(self, connection, *, secure):
                said = connection.makefile("rb")

                def say(line):
                    connection.sendall(line.encode() + b"\r\n")

                if not secure:
                    say(outer.rules["greeting"])
                while line := said.readline():
                    words = line.decode().strip()
                    outer.words.append(words)
                    verb = words.partition(" ")[0].upper()
                    if verb == "EHLO":
                        offers = ["mail"]
                        offers += ["STARTTLS"] if outer.rules["tls"] and not secure else []
                        offers += (
                            ["AUTH PLAIN"] if outer.rules["auth"] or (secure and outer.rules["auth"] is None) else []
                        )
                        for offer in offers[:-1]:
                            say(f"250-{offer}")
                        say(f"250 {offers[-1]}")
                    elif verb == "STARTTLS":
                        say("220 go on")
                        self.talk(outer.context().wrap_socket(connection, server_side=True), secure=True)
                        return
                    elif verb == "MAIL":
                        say(outer.rules["mail"](words, secure))
                    elif verb == "RCPT":
                        say(outer.rules["recipient"](words.partition("<")[2].rstrip(">")))
                    elif verb == "DATA":
                        say("354 go on")
                        content = b""
                        while (line := said.readline()) not in (b".\r\n", b""):
                            content += line
                        outer.messages.append(content)
                        say(outer.rules["message"](content))
                    else:
                        say("250 ok")

        return Handler
