"""Has our web probe visit sites that nginx serves, a clean one and its faulty twins, and says what it found.

The faults of the third site are made by scripts alone, so that only a browser shows them. `python web_sites.py`; it
ends with 1 where a planted fault was not found, or anything on the clean site was.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from audit.model import Verdict
from audit.sources.probes import stores, web
from tests.probes.scenes import scene, verdict
from tests.probes.test_web import PROMISED

HOST = "www.hosting.example"
FORM = "<form action='/sent'><input name='name'><input name='email'><textarea name='details'></textarea></form>"
CLEAN = {
    "index.html": f"<a href='/privacy.html'>privacy</a> <script src='/own.js'></script> {FORM}",
    "privacy.html": "<a href='https://ico.example/'>the Commissioner</a>",
    "own.js": "let here = 1",
    "pay.html": "<form action='https://secure.pay.example/'><input name='card'></form>",
}
FAULTY = {
    "index.html": "<script src='https://statistics.example/a.js'></script><a href='/privacy.html'>privacy</a>"
    "<form><input name='birthday'></form>",
    "privacy.html": "<script>document.cookie = 'seen=1'</script>",
    "pay.html": "<form action='/paid'><input name='card'></form>",
}
SCRIPTED = {
    **CLEAN,
    "own.js": "document.cookie = 'seen=1'; fetch('https://statistics.example/x').catch(() => 0);"
    "customElements.define('own-field', class extends HTMLElement { constructor() { super();"
    "this.attachShadow({mode: 'closed'}).innerHTML = '<input name=birthday>' } });"
    "document.documentElement.append(document.createElement('own-field'))",
    "pay.html": f"{CLEAN['pay.html']}<script>document.forms[0].onsubmit = event => {{ event.preventDefault();"
    "fetch('/paid', {method: 'POST', body: 'x'}) }</script>",
}
BY_SCRIPTS = (
    "probes-web-no-cookies",
    "probes-web-nobody-else-asked",
    "probes-web-forms-ask-what-is-promised",
    "probes-web-checkout-posts-to-processor",
)
CONTROLS = (
    *BY_SCRIPTS,
    "probes-web-points-to-commissioner",
    "probes-web-promised-pages-there",
    "probes-stores-shut-to-strangers",
)
NGINX = """
daemon off; pid {folder}/pid; error_log stderr crit; events {{}}
http {{
  access_log off; types {{ text/html html; text/javascript js; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}/site; {more} }}
}}
"""
MORE = {
    "clean": "location /box { add_header x-ms-error-code PublicAccessNotPermitted always; return 409; }",
    "scripted": "",
    "faulty": "location = / { add_header Set-Cookie ARRAffinity=1 always; try_files /index.html =404; }"
    "location /box { return 200 everything; }",
}


@contextmanager
def serving(name: str, pages: dict[str, str]) -> Iterator[str]:
    """Have nginx serve a site until the block ends; yields its address."""
    with tempfile.TemporaryDirectory() as made, socket.create_server(("127.0.0.1", 0)) as free:
        folder, port = Path(made), int(free.getsockname()[1])
        folder.chmod(0o755)
        free.close()
        for path, text in pages.items():
            place = folder / "site" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        (folder / "conf").write_text(NGINX.format(folder=folder, port=port, more=MORE[name]))
        child = subprocess.Popen(["nginx", "-p", made, "-c", str(folder / "conf")])
        try:
            for _ in range(100):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.1)
            yield f"http://{HOST}:{port}"
        finally:
            child.terminate()
            child.wait()


def verdicts(name: str, pages: dict[str, str]) -> dict[str, Verdict]:
    """Visit a site, and return what each control says of it."""
    with serving(name, pages) as site:
        lists = {"sites": ["/"], "pages_required": ["/terms.html" if name == "faulty" else "/privacy.html"]}
        named = {key: [f"{site}{path}" for path in paths] for key, paths in lists.items()}
        targets = {"probes": {**PROMISED, **named, "checkouts": [f"{site}/pay.html"], "stores": [f"{site}/box"]}}
        run = scene(targets, hosts={HOST: "127.0.0.1"}, seconds=10.0)
        seen, shut = web.probe(run), stores.probe(run)
        return {one: verdict(one, shut if "stores" in one else seen, targets)[0] for one in CONTROLS}


def main() -> int:
    """Visit the sites, and print a line for each control."""
    if missing := [name for name in ("nginx", "chromium") if shutil.which(name) is None]:
        print(f"web_sites: {', '.join(missing)} is not there: install it", file=sys.stderr)
        return 2
    clean, faulty = verdicts("clean", CLEAN), verdicts("faulty", FAULTY)
    scripted = verdicts("scripted", SCRIPTED)
    wrong = [one for one in CONTROLS if (clean[one], faulty[one]) != (Verdict.KEPT, Verdict.BROKEN)]
    wrong += [one for one in BY_SCRIPTS if scripted[one] is not Verdict.BROKEN]
    for one in CONTROLS:
        by_scripts = f" by scripts: {scripted[one]}" if one in BY_SCRIPTS else ""
        print(f"{one:45} clean: {clean[one]:10} faulty: {faulty[one]:10}{by_scripts}")
    told = len(CONTROLS) + len(BY_SCRIPTS)
    print(f"{told - len(wrong)} of {told} faults are told from the clean site")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
