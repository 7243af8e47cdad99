"""Leads a browser from page to page, in a process of its own, and tells what is there once scripts have run.

Forms and fields are looked for in every tree of a page: its document, its frames, and the trees of web components, shut
ones among them. Where forms are tried, their fields are filled and their buttons pressed while the browser answers
itself whatever it would ask: so it shows where scripts send what people type, and nothing is sent.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import msgspec

SETTLED = 500
"""Milliseconds in which scripts may do something once a page has loaded, or a button was pressed."""
TRIALS = 20
"""The buttons of a page that are pressed; each on the page loaded anew."""
_STORED = """async () => [
  ...Object.keys(localStorage).map(key => 'localStorage ' + key),
  ...Object.keys(sessionStorage).map(key => 'sessionStorage ' + key),
  ...(indexedDB.databases ? (await indexedDB.databases()).map(one => 'indexedDB ' + one.name) : []),
  ...(window.caches ? (await caches.keys()).map(key => 'cache ' + key) : []),
  ...(navigator.serviceWorker ? await navigator.serviceWorker.getRegistrations() : [])
    .map(one => 'serviceWorker ' + new URL(one.scope).pathname),
]"""
"""What scripts can keep: names alone, and never a value."""
_HELP = """
  const all = (root, selector) => [...root.querySelectorAll(selector)];
  const told = (one, name) => Element.prototype.getAttribute.call(one, name);
  const written = 'input, select, textarea, button, [contenteditable]:not([contenteditable=false])';
  const pressed = one => one.tagName === 'BUTTON' || ['submit', 'button', 'image'].includes(one.type);
  const isField = one => !pressed(one) && one.type !== 'reset';
  const of = (root, form) => all(root, written).filter(one => one.form === form);
  const buttons = (root, form) => of(root, form).filter(one => pressed(one) && one.type !== 'reset');
"""
"""Names of a form's fields hide its own: what it has is asked past them."""
_FORMS = (
    "function() {"
    + _HELP
    + """
  const whole = one => {
    try { return new URL(told(one, 'action') || '', one.baseURI).href; } catch { return 'about:invalid'; }
  };
  const fields = all(this, written).filter(isField);
  return {
    fields: fields.map(one => one.name || one.id || '(without a name)'),
    actions: [
      ...all(this, 'form').map(whole),
      ...all(this, '[formaction]').map(one => one.formAction),
      ...all(this, 'iframe[src], frame[src]').map(one => one.src),
    ],
    loose: fields.some(one => !one.form),
    buttons: all(this, 'form').map(one => buttons(this, one).length),
  };
}"""
)
"""What the forms of one tree ask for, where they go, and how many buttons each has."""
_PRESS = (
    "function(form, button, typed) {"
    + _HELP
    + """
  const one = all(this, 'form')[form];
  Element.prototype.setAttribute.call(one, 'novalidate', '');
  for (const field of of(this, one).filter(isField)) {
    if (field.value === '' && !['hidden', 'file'].includes(field.type)) {
      field.value = field.type === 'email' ? typed + '@example.com' : typed;
    }
    if (['checkbox', 'radio'].includes(field.type)) field.checked = true;
    for (const name of ['focus', 'input', 'change', 'blur']) field.dispatchEvent(new Event(name, {bubbles: true}));
  }
  const found = buttons(this, one)[button];
  found ? found.click() : HTMLFormElement.prototype.requestSubmit.call(one);
}"""
)
"""Fills a form, as somebody would who types, and presses a button of it."""
_LEAVE = """function() {
  const page = this.ownerDocument || this;
  page.dispatchEvent(new Event('visibilitychange'));
  for (const name of ['beforeunload', 'pagehide', 'unload']) page.defaultView.dispatchEvent(new Event(name));
}"""
"""Tells a page that it is left: some send only then what they have."""
_TYPED = "4242424242424242"
"""What is typed: a number for trying, of a card's shape."""
_ONLINE = "Object.defineProperty(Navigator.prototype, 'onLine', {get: () => true})"
"""Scripts are not told that nothing leaves the browser."""
_SHOWN_ONLY = ("image", "stylesheet", "font", "media", "script")
"""What a page asks for to show it: nobody types into it."""
_FAULT, _GONE = 400, (404, 410)
"""The first status that says that something is wrong, and those that say so by a page of its own."""


class Errand(msgspec.Struct, frozen=True):
    """What the process is sent to do."""

    program: str
    arguments: tuple[str, ...]
    urls: tuple[str, ...]
    seconds: float
    trying: bool = False
    """Whether forms are tried."""


class Look(msgspec.Struct, kw_only=True):
    """What was seen; names and addresses alone."""

    pages: int
    unread: int = 0
    cookies: set[str] = set()
    stored: set[str] = set()
    fields: set[str] = set()
    actions: set[str] = set()
    """Where forms say that they go, and where they went when they were tried."""
    loose: bool = False
    """Whether a field belongs to no form, or a form that was tried went nowhere."""
    asked: set[str] = set()


class _Tree(msgspec.Struct, frozen=True):
    """A document, or the tree of a web component, in a world of our own: the page's scripts change nothing in it."""

    session: Any
    node: int
    world: int


class _Button(msgspec.Struct, frozen=True):
    """A button by its place on a page: the number of its tree, of the form in it, and its own."""

    tree: int
    form: int
    number: int


def run(errand: Errand) -> Look:
    """Visit the pages one after the other, in this process."""
    from playwright.sync_api import sync_playwright  # 0.2 s, and an extra of its own

    seen = Look(pages=len(errand.urls))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=errand.program, args=list(errand.arguments))
        # Certificates are judged where doors are looked at.
        context = made.new_context(ignore_https_errors=True)
        context.on("request", lambda request: seen.asked.add(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: seen.asked.add(socket.url)))
        for url in errand.urls:
            seen.unread += not _read(context, url, errand.seconds, seen)
            seen.cookies |= {str(one.get("name", "")) for one in context.cookies()}
        if errand.trying:
            # What a service worker asks cannot be answered here.
            context = made.new_context(ignore_https_errors=True, service_workers="block")
            context.add_init_script(_ONLINE)
            for url in errand.urls:
                seen.unread += not _try_forms(context, url, errand.seconds, seen)
        made.close()
    return seen


def _read(context: Any, url: str, seconds: float, seen: Look) -> bool:
    """Visit one page with all of its frames, and note what is there after it; tells whether it could be read."""
    from playwright.sync_api import Error  # as above

    page = context.new_page()
    try:
        answer = _opened(page, url, seconds)
        for frame in page.frames:
            seen.stored.update(frame.evaluate(_STORED) if frame.url.startswith("http") else ())
        for told in _told(page):
            seen.fields.update(told["fields"])
            seen.actions.update(told["actions"])
            seen.loose = seen.loose or bool(told["loose"])
        return answer is not None and (answer.status < _FAULT or answer.status in _GONE)
    except Error:
        return False
    finally:
        page.close()


def _opened(page: Any, url: str, seconds: float) -> Any:
    """Go to a page, and let its scripts do what they do by themselves."""
    answer = page.goto(url, timeout=seconds * 1000, wait_until="load")
    page.wait_for_timeout(SETTLED)
    return answer


def _told(page: Any) -> list[dict[str, Any]]:
    """Return what the forms of each tree of a page say."""
    return [_called(tree, _FORMS) for tree in _trees(page)]


def _trees(page: Any) -> Iterator[_Tree]:
    """Yield each tree of a page."""
    from playwright.sync_api import Error  # as above

    for frame in page.frames:
        try:
            session = page.context.new_cdp_session(page if frame == page.main_frame else frame)
        except Error as error:
            if "separate CDP session" in str(error):
                continue  # it is told with the frame around it
            raise
        top = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        worlds: dict[str, int] = {}
        waiting = [(session.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"], top)]
        while waiting:
            node, owner = waiting.pop(0)
            waiting += ((child, owner) for child in (*node.get("children", ()), *node.get("shadowRoots", ())))
            waiting += [(node["contentDocument"], node["frameId"])] if "contentDocument" in node else []
            # https://chromedevtools.github.io/devtools-protocol/tot/DOM/#type-ShadowRootType: the browser's own fields.
            if "documentURL" in node or node.get("shadowRootType") in ("open", "closed"):
                if owner not in worlds:
                    made = session.send("Page.createIsolatedWorld", {"frameId": owner})
                    worlds[owner] = int(made["executionContextId"])
                yield _Tree(session, int(node["backendNodeId"]), worlds[owner])


def _called(tree: _Tree, function: str, *arguments: int | str) -> Any:
    """Call a function of a tree, and return what it returns."""
    where = {"backendNodeId": tree.node, "executionContextId": tree.world}
    found = tree.session.send("DOM.resolveNode", where)["object"]
    asked = {
        "objectId": found["objectId"],
        "functionDeclaration": function,
        "arguments": [{"value": value} for value in arguments],
        "returnByValue": True,
    }
    return tree.session.send("Runtime.callFunctionOn", asked)["result"].get("value")


def _try_forms(context: Any, url: str, seconds: float, seen: Look) -> bool:
    """Press every button of every form of a page, and note where that goes; tells whether it could be read."""
    from playwright.sync_api import Error  # as above

    page = context.new_page()
    try:
        _opened(page, url, seconds)
        forms = [
            [_Button(tree, form, number) for number in range(max(1, buttons))]
            for tree, told in enumerate(_told(page))
            for form, buttons in enumerate(told["buttons"])
        ]
        # A page with more buttons than are pressed is known in part.
        seen.loose = seen.loose or sum(map(len, forms)) > TRIALS
        for form in forms[:TRIALS]:
            went = {place for button in form[:TRIALS] for place in _pressed(page, url, seconds, button)}
            seen.actions |= went
            # It was held back, and sent nowhere: only a script knows when it goes, and where.
            seen.loose = seen.loose or not went
        return True
    except Error:
        return False
    finally:
        page.close()


def _pressed(page: Any, url: str, seconds: float, button: _Button) -> set[str]:
    """Press a button of a page that is loaded anew, and return where it wanted to go; nothing leaves the browser."""
    _opened(page, url, seconds)
    trees = list(_trees(page))
    if button.tree >= len(trees):
        return set()
    went: set[str] = set()

    def hear(asked: Any) -> None:
        if asked.resource_type not in _SHOWN_ONLY or _TYPED in f"{asked.url} {asked.post_data_buffer!r}":
            went.add(asked.url)

    page.context.on("request", hear)
    page.context.route("**/*", lambda route: route.fulfill(status=204))
    page.context.route_web_socket("**/*", lambda socket: went.add(socket.url))
    # What cannot be answered here, such as what is fetched ahead of time, goes nowhere.
    page.context.set_offline(True)  # as it is made
    try:
        _called(trees[button.tree], _PRESS, button.form, button.number, _TYPED)
        page.wait_for_timeout(SETTLED)
        _called(trees[button.tree], _LEAVE)
        page.wait_for_timeout(SETTLED / 5)
    finally:
        page.context.remove_listener("request", hear)
        page.context.unroute_all()
        page.context.set_offline(False)  # as above
    return went


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Errand))))
