"""A name server on this machine that answers from zones, over UDP and TCP."""

import socketserver
import threading
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.zone

from audit.sources.probes.names import Server


class NameServer:
    """Answers for its zones with authority, and refuses the rest; `zones` maps an origin to its text."""

    def __init__(self, zones, *, authentic=False, answer=None):
        self._zones = {
            dns.name.from_text(origin): dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)
            for origin, text in zones.items()
        }
        self._authentic = authentic
        self._other = answer
        """What answers in place of the zones: gets the question's bytes, returns bytes or None for silence."""

    @contextmanager
    def running(self):
        """Serve until the block ends; yields the server's address."""
        servers = self._bound()
        place = servers[0].server_address
        for one in servers:
            threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield Server(*place)
        finally:
            for one in servers:
                one.shutdown()
                one.server_close()

    def _bound(self):
        """Bind one free port for both transports."""
        for _ in range(20):
            streams = _Streams(("127.0.0.1", 0), self._stream())
            try:
                return [streams, _Datagrams(streams.server_address, self._datagram())]
            except OSError:
                streams.server_close()
        raise AssertionError("no port is free for both transports")

    def answer(self, wire):
        """Answer one question; None for silence."""
        if self._other is not None:
            return self._other(wire)
        question = dns.message.from_wire(wire)
        reply = dns.message.make_response(question, recursion_available=True)
        asked = question.question[0]
        zone = next((zone for origin, zone in self._zones.items() if asked.name.is_subdomain(origin)), None)
        if zone is None:
            reply.set_rcode(dns.rcode.REFUSED)
            return reply.to_wire()
        reply.flags |= dns.flags.AA | (dns.flags.AD if self._authentic else 0)
        self._fill(reply, zone, asked.name, asked.rdtype)
        return reply.to_wire()

    def _fill(self, reply, zone, name, kind):
        node = zone.get_node(name)
        if node is None and not any(other.is_subdomain(name) for other in zone.nodes):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        for found in node.rdatasets if node else ():
            if found.rdtype in (kind, dns.rdatatype.CNAME):
                reply.answer.append(dns.rrset.from_rdata_list(name, found.ttl, list(found)))
                if found.rdtype != kind:
                    self._fill(reply, zone, found[0].target, kind)

    def _datagram(self):
        answer = self.answer

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                wire, channel = self.request
                if (reply := answer(wire)) is not None:
                    channel.sendto(reply, self.client_address)

        return Handler

    def _stream(self):
        answer = self.answer

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                size = int.from_bytes(self.rfile.read(2), "big")
                if (reply := answer(self.rfile.read(size))) is not None:
                    self.wfile.write(len(reply).to_bytes(2, "big") + reply)

        return Handler


class _Datagrams(socketserver.ThreadingUDPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Streams(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
