"""Has our mail probes meet Postfix, sound and with each fault, and says what they found; run it as root.

It ends with 1 where a planted fault was not found, or anything on the sound server was. Postfix runs from a folder of
its own, on loopback and a free port; nothing of the machine's own set-up is read or changed.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec
import trustme

from audit.model import Verdict
from audit.sources.probes import mail_doors, mailboxes
from audit.sources.probes.names import Server
from tests.probes.name_server import NameServer
from tests.probes.scenes import scene, verdict

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = all
inet_protocols = ipv4
myhostname = mail.hosting.example
mydestination = hosting.example
mynetworks = 127.0.0.99/32
smtpd_peername_lookup = no
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.pem
smtpd_tls_security_level = may
smtpd_client_restrictions =
smtpd_recipient_restrictions = reject_unauth_destination
local_recipient_maps = inline:{{ enquiries=there, postmaster=there, filter-test=there }}
default_transport = discard:
local_transport = discard:
"""
MASTER = """
{host}:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
STRANGERS, ENCRYPTED = "probes-mail-strangers-turned-away", "probes-mail-encrypted-on-the-way"
BOXES, FILTER = "probes-mailboxes-take-mail", "probes-filter-stops-tests"
ZONE = "@ 300 IN SOA ns. admin. 1 1 1 1 1\n@ 300 IN MX 10 mx.filter.example.\n@ 300 IN MX 20 mx2.filter.example.\n"
SUBMISSION = "smtpd_tls_auth_only = yes\nsmtpd_recipient_restrictions = reject\nsmtpd_tls_security_level = encrypt\n"
OPEN = (
    "smtpd_tls_auth_only = yes\nsmtpd_tls_security_level = may\nsmtpd_relay_restrictions = reject_unauth_destination\n"
)
SASL = "smtpd_sasl_auth_enable = yes\n"
OLD = "smtpd_tls_protocols = TLSv1\nsmtpd_tls_mandatory_protocols = TLSv1\ntls_medium_cipherlist = ALL:@SECLEVEL=0\n"
STOPS = "body_checks = regexp:{ {/GTUBE-STANDARD/ REJECT spam}, {/^WDVPIVAl/ REJECT a virus} }\n"
"""Refuses a message with the text for spam filters, or with the file for virus scanners as mail packs it."""
NOBODY = (
    "smtpd_recipient_restrictions = check_recipient_access inline:"
    "{ {postmaster@hosting.example = 550 5.1.1 nobody} }, reject_unauth_destination\n"
)
RELAY = "mynetworks = 127.0.0.0/8\nsmtpd_recipient_restrictions = permit_mynetworks, reject\n"


class Case(msgspec.Struct, frozen=True):
    """How Postfix is set up in one role, and what a control must say of it."""

    title: str
    role: str
    settings: str
    control: str
    expected: Verdict


CASES = (
    Case("turns strangers away", "own", "smtpd_client_restrictions = reject\n", STRANGERS, Verdict.KEPT),
    Case("takes mail from anybody", "own", "", STRANGERS, Verdict.BROKEN),
    Case("relays for anybody", "own", RELAY,
         STRANGERS, Verdict.BROKEN),
    Case("puts everybody off", "own", "smtpd_client_restrictions = defer\n", STRANGERS, Verdict.UNPROVEN),
    Case("a partner with TLS", "partner", "", ENCRYPTED, Verdict.KEPT),
    Case("a partner without TLS", "partner", "smtpd_tls_security_level = none\n", ENCRYPTED, Verdict.BROKEN),
    Case("submission inside TLS", "submission", SUBMISSION, ENCRYPTED, Verdict.KEPT),
    Case("submission in the clear", "submission", "smtpd_tls_security_level = none\n", ENCRYPTED, Verdict.BROKEN),
    Case("no postmaster", "own", NOBODY, STRANGERS, Verdict.UNPROVEN),
    Case("a partner of TLS 1.0 alone", "partner", OLD, ENCRYPTED, Verdict.BROKEN),
    Case("passwords inside TLS", "submission", SUBMISSION + SASL, ENCRYPTED, Verdict.KEPT),
    Case("passwords before TLS", "submission", SUBMISSION.replace("yes", "no", 1).replace("encrypt", "may") + SASL,
         ENCRYPTED, Verdict.BROKEN),
    Case("submission relays before TLS", "submission", RELAY, ENCRYPTED, Verdict.BROKEN),
    Case("submission hears all, and relays nothing", "submission", OPEN, ENCRYPTED, Verdict.KEPT),
    Case("a filter", "filter", STOPS, FILTER, Verdict.KEPT),
    Case("a filter of spam alone", "filter", STOPS.replace("WDVP", "nothing"), FILTER, Verdict.UNPROVEN),
    Case("a filter at the first exchanger", "filters", STOPS, FILTER, Verdict.UNPROVEN),
    Case("a mailbox that is there", "box enquiries", "", BOXES, Verdict.KEPT),
    Case("a mailbox that is not", "box nobody", "", BOXES, Verdict.BROKEN),
)  # fmt: skip


@contextmanager
def serving(settings: str, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Have Postfix listen until the block ends; yields its port."""
    with tempfile.TemporaryDirectory() as made, socket.create_server((host, port)) as free:
        folder, port = Path(made), int(free.getsockname()[1])
        free.close()
        folder.chmod(0o755)
        for name in ("spool", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        leaf = trustme.CA().issue_cert("mx.filter.example")
        leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
        # What stands last counts.
        (folder / "main.cf").write_text(MAIN.format(folder=folder) + settings)
        (folder / "master.cf").write_text(MASTER.format(host=host, port=port))
        subprocess.run(["postfix", "-c", made, "start"], check=True, capture_output=True)
        try:
            for _ in range(100):
                with suppress(OSError), socket.create_connection((host, port), timeout=1):
                    break
                time.sleep(0.1)
            yield port
        finally:
            subprocess.run(["postfix", "-c", made, "stop"], check=False, capture_output=True)


def met(case: Case, resolver: Server, partner: int) -> Verdict:
    """Meet a server in its role, and return what the control says of it."""
    with serving(case.settings) as port, ExitStack() as held:
        role, _, box = case.role.partition(" ")
        if role == "filters":
            held.enter_context(serving("", host="127.0.0.2", port=port))
        place = f"mail.hosting.example:{port}"
        probes = {
            "domains": ["hosting.example"],
            "mail_hosts": [place] if role == "own" else [],
            "submission_hosts": [place] if role == "submission" else [],
            "mailboxes": [f"{box or 'enquiries'}@hosting.example"],
            "test_boxes": ["filter-test@hosting.example"],
        }
        hosts = {"mx.filter.example": "127.0.0.1", "mail.hosting.example": "127.0.0.1"}
        hosts["mx2.filter.example"] = "127.0.0.2" if role == "filters" else "127.0.0.1"
        exchanger = port if role in ("partner", "box", "filter", "filters") else partner
        run = scene({"probes": probes}, hosts=hosts, resolvers=[resolver], mail_port=exchanger, seconds=10.0,
                    send_test=role.startswith("filter"))  # fmt: skip
        found = mailboxes.probe(run) if case.control in (BOXES, FILTER) else mail_doors.probe(run)
        return verdict(case.control, found, {})[0]


def main() -> int:
    """Meet every server, and print a line for each."""
    if shutil.which("postfix") is None:
        print("mail_doors: postfix is not there: install it", file=sys.stderr)
        return 2
    wrong = 0
    with ExitStack() as held:
        resolver = held.enter_context(NameServer({"hosting.example.": ZONE}).running())
        partner = held.enter_context(serving(""))
        for case in CASES:
            told = met(case, resolver, partner)
            wrong += told is not case.expected
            print(
                f"{case.title:41} {case.control:35} {told}{'' if told is case.expected else f', not {case.expected}'}"
            )
    print(f"{len(CASES) - wrong} of {len(CASES)} as they must be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
