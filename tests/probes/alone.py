"""Runs all probes in a network of its own that leads nowhere, and prints each packet that would have left this machine.

`python -m tests.probes.alone [leak]`, inside a network namespace; with `leak` two are sent on purpose.
"""

import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from audit.sources.probes.collecting import collect
from tests.probes.mail_server import MailServer
from tests.probes.name_server import NameServer
from tests.probes.scenes import scene
from tests.probes.web_server import WebServer

STRANGER = "93.184.216.34"
STRANGER_6 = "2606:2800:220:1:248:1893:25c8:1946"
"""Of the whole world: nothing but the question of whose they are keeps a packet from them."""
NOWHERE = "203.0.113.9"
NOWHERE_6 = "2001:db8::9"
"""Where names of ours lead that are followed anywhere else; RFC 5737 and 3849 keep them for examples."""
SIX = (
    ("-6", "address", "add", "2001:db8:1::1/64", "dev", "out", "nodad"),
    ("-6", "route", "add", "default", "dev", "out"),
)
HAS_SIX = Path("/proc/net/if_inet6").exists()
ZONE = f"""
@ 300 IN SOA ns.hosting.example. admin. 1 1 1 1 1
@ 300 IN NS ns.hosting.example.
@ 300 IN NS ns.elsewhere.example.
@ 300 IN MX 10 mx.filter.example.
@ 300 IN MX 20 mx.elsewhere.example.
@ 300 IN TXT "v=spf1 include:spf.elsewhere.example ip4:{STRANGER} ip6:{STRANGER_6} -all"
@ 300 IN A 127.0.0.1
ns 300 IN A {NOWHERE}
ns 300 IN AAAA {NOWHERE_6}
www 300 IN A 127.0.0.1
inner 300 IN A 169.254.169.254
alias 300 IN CNAME www.elsewhere.example.
mta-sts 300 IN A 10.1.2.3
_mta-sts 300 IN TXT "v=STSv1; id=1"
"""
OTHERS = f"""
@ 300 IN SOA ns. admin. 1 1 1 1 1
ns 300 IN A {NOWHERE}
ns 300 IN AAAA {STRANGER_6}
mx 300 IN A {STRANGER}
mx 300 IN AAAA {STRANGER_6}
www 300 IN A {NOWHERE}
www 300 IN AAAA {NOWHERE_6}
spf 300 IN TXT "v=spf1 -all"
"""
MULTICAST = 0xFF
"""The first byte of the addresses of many."""
PAGE = """
<a href='https://www.elsewhere.example/'>away</a> <img src='http://{stranger}/a.png'>
<link rel='dns-prefetch' href='//www.elsewhere.example'> <a href='/away'>away</a>
<script>
  fetch('http://{stranger}/x').catch(() => 0); new WebSocket('ws://{stranger}/y');
  fetch('http://[{stranger_6}]/x').catch(() => 0); new WebSocket('ws://[{stranger_6}]/y');
  new RTCPeerConnection({{iceServers: [{{urls: 'stun:[{stranger_6}]:3478'}}]}}).createDataChannel('z');
  new RTCPeerConnection({{iceServers: [{{urls: 'stun:{stranger}:3478'}}]}}).createDataChannel('z');
  document.write("<iframe src='http://www.elsewhere.example/'></iframe>");
</script>
"""


def closed_network():
    """Make the only way out of here a device that leads nowhere; returns a socket that hears what goes to it."""
    for words in (
        ("link", "set", "lo", "up"),
        ("link", "add", "out", "type", "veth", "peer", "name", "nowhere"),
        ("link", "set", "nowhere", "up"),
        ("link", "set", "out", "up", "multicast", "off", "arp", "off"),
        ("address", "add", "198.51.100.1/24", "dev", "out"),
        ("route", "add", "default", "dev", "out"),
        *(SIX if HAS_SIX else ()),
    ):
        subprocess.run(["ip", *words], check=True)
    heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x0003))
    heard.bind(("out", 0))
    return heard


def listen(heard, packets):
    """Keep what is heard, apart from what the system says of its own accord to all its neighbours."""
    while True:
        packet = heard.recv(65535)
        if packet[12:14] == b"\x08\x00":
            packets.append(f"{socket.inet_ntoa(packet[30:34])} protocol {packet[23]}")
        elif packet[12:14] == b"\x86\xdd" and packet[38] != MULTICAST:
            packets.append(f"{socket.inet_ntop(socket.AF_INET6, packet[38:54])} protocol {packet[20]}")


def probed():
    """Run every probe against servers of this machine that lead to strangers in every way."""
    with ExitStack() as held:
        resolver = held.enter_context(NameServer({"hosting.example.": ZONE, "elsewhere.example.": OTHERS}).running())
        mail = held.enter_context(MailServer().running())
        first = PAGE.format(stranger=STRANGER, stranger_6=STRANGER_6)
        pages = {"/": first, "/away": (302, {"Location": f"http://{STRANGER}/"}, "")}
        site = held.enter_context(WebServer(pages).running())
        port = site.rpartition(":")[2]
        named = {
            "domains": ["hosting.example"],
            "dkim_selectors": ["one"],
            "addresses": ["127.0.0.1"],
            "swept_ports": ["1-3", port],
            "mail_hosts": [f"inner.hosting.example:{mail}", f"alias.hosting.example:{mail}"],
            "submission_hosts": [],
            "mailboxes": ["a@hosting.example"],
            "test_boxes": ["b@hosting.example"],
            "tls_doors": [f"www.hosting.example:{port}", "inner.hosting.example:443", "alias.hosting.example:443"],
            "certificate_days": 30,
            "strict_transport_days": 365,
            "sites": [f"{site}/", "http://alias.hosting.example/", "http://inner.hosting.example/"],
            "pages": 10,
            "pages_required": [f"{site}/away"],
            "checkouts": [f"{site}/"],
            "stores": [f"{site}/box", f"http://{STRANGER}/box"],
        }
        # A store written as an address is the company's own word; here it must not be one that leads away.
        named["stores"] = named["stores"][:1]
        run = scene({"probes": named}, resolvers=[resolver], mail_port=mail, seconds=2.0, send_test=True)
        return collect(run)


def main():
    """Print what was found, and each packet."""
    packets = []
    heard = closed_network()
    threading.Thread(target=listen, args=(heard, packets), daemon=True).start()
    if "leak" in sys.argv:
        for family, stranger in ((socket.AF_INET, STRANGER), (socket.AF_INET6, STRANGER_6))[: 1 + HAS_SIX]:
            with socket.socket(family, socket.SOCK_DGRAM) as stray:
                stray.sendto(b"stray", (stranger, 53))
    else:
        seen = probed()
        print(f"{len(seen.resources)} seen, {len(seen.gaps)} gaps")
    threading.Event().wait(0.5)
    for packet in packets:
        print(f"PACKET {packet}")


if __name__ == "__main__":
    main()
