"""Tries the forms of a page: fills its fields and presses each button, in a browser that lets nothing out.

The browser answers itself whatever it would ask, and has no network meanwhile: so it shows where scripts send what
people type, and nothing is sent. Each button is pressed in a browser's window of its own, which ends with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from audit.sources.probes.page_trees import HELP, called, forms, trees

MOST = 20
"""The buttons of a page that are pressed."""
_SETTLED = 500
"""Milliseconds in which scripts may do something once a button was pressed."""
_FILL = (
    "function(typed) {"
    + HELP
    + """
  for (const field of all(this, written).filter(isField)) {
    if (field.value === '' && !['hidden', 'file'].includes(field.type)) {
      field.value = field.type === 'email' ? typed + '@example.com' : typed;
    }
    if (['checkbox', 'radio'].includes(field.type)) field.checked = true;
    for (const name of ['focus', 'input', 'change', 'blur']) field.dispatchEvent(new Event(name, {bubbles: true}));
  }
}"""
)
"""Fills the fields of a tree, as somebody would who types."""
_PRESS = (
    "function(form, number) {"
    + HELP
    + """
  const one = form < 0 ? null : all(this, 'form')[form];
  if (one) Element.prototype.setAttribute.call(one, 'novalidate', '');
  const found = buttons(this, one)[number];
  found ? found.click() : HTMLFormElement.prototype.requestSubmit.call(one);
}"""
)
"""Presses a button of a form, or one of no form; sends a form that has none."""
_LEAVE = """function() {
  const page = this.ownerDocument || this;
  page.dispatchEvent(new Event('visibilitychange'));
  for (const name of ['beforeunload', 'pagehide', 'unload']) page.defaultView.dispatchEvent(new Event(name));
}"""
"""Tells a page that it is left: some send only then what they have."""
_TYPED = "4242424242424242"
"""What is typed: a number for trying, of a card's shape."""
_SHUT_IN = """
Object.defineProperty(Navigator.prototype, 'onLine', {get: () => true});
Object.defineProperty(HTMLAnchorElement.prototype, 'download', {set: () => 0});
addEventListener('click', event => event.composedPath()
  .forEach(one => one.removeAttribute && one.removeAttribute('download')), true);
"""
"""Scripts are not told that nothing leaves the browser, and download nothing: that would leave it."""
_SHOWN_ONLY = ("image", "stylesheet", "font", "media", "script")
"""What a page asks for to show it: nobody types into it."""
_NO_FORM = -1


class Tried(msgspec.Struct, kw_only=True):
    """What came of it."""

    went: set[str] = set()
    """Where something was sent, or would have been."""
    loose: bool = False
    """Whether a form went nowhere, or not every button was pressed."""


class _Button(msgspec.Struct, frozen=True):
    """A button by its place on a page: the number of its tree, of the form in it, and its own."""

    tree: int
    form: int
    number: int


class _Ear:
    """Hears what a page asks for once it is switched on."""

    def __init__(self) -> None:
        self.on = False
        self.went: set[str] = set()

    def request(self, asked: Any) -> None:
        """Note where a request goes, unless it only shows something and carries nothing that was typed."""
        if self.on and (asked.resource_type not in _SHOWN_ONLY or _TYPED in f"{asked.url} {asked.post_data_buffer!r}"):
            self.went.add(asked.url)

    def socket(self, opened: Any) -> None:
        """Note where a socket leads that is opened, or is sent something; nobody is at its other end."""
        self._add(opened.url)
        opened.on_message(lambda message: self._add(opened.url))

    def _add(self, url: str) -> None:
        if self.on:
            self.went.add(url)


def tried(browser: Any, url: str, opened: Callable[[Any, str], Any]) -> Tried:
    """Press every button of a page that `opened` goes to in a window.

    Raises `playwright.sync_api.Error` where the page does not let itself be asked.
    """
    page = browser.new_context(ignore_https_errors=True, service_workers="block").new_page()
    opened(page, url)
    every = [forms(tree) for tree in trees(page)]
    page.context.close()
    groups = [
        [_Button(tree, form, number) for number in range(max(1, buttons))]
        for tree, told in enumerate(every)
        for form, buttons in enumerate(told.buttons)
    ]
    others = [_Button(tree, _NO_FORM, number) for tree, told in enumerate(every) for number in range(told.others)]
    found = Tried(loose=sum(map(len, groups)) + len(others) > MOST)
    for group in groups[:MOST]:
        went = {place for button in group[:MOST] for place in _pressed(browser, url, opened, button)}
        found.went |= went
        # It was held back, and sent nowhere: only a script knows when it goes, and where.
        found.loose = found.loose or not went
    for button in others[: MOST - len(groups)]:
        found.went |= _pressed(browser, url, opened, button)
    return found


def _pressed(browser: Any, url: str, opened: Callable[[Any, str], Any], button: _Button) -> set[str]:
    """Press a button of a page that is loaded anew, and return where it wanted to go; nothing leaves the browser."""
    # What a service worker asks cannot be answered here.
    context = browser.new_context(ignore_https_errors=True, service_workers="block")
    ear = _Ear()
    context.add_init_script(_SHUT_IN)
    context.on("request", ear.request)
    context.route_web_socket("**/*", ear.socket)
    try:
        page = context.new_page()
        page.on("dialog", lambda asked: asked.accept())
        opened(page, url)
        found = list(trees(page))
        if button.tree >= len(found):
            return set()
        context.route("**/*", lambda route: route.fulfill(status=204))
        # What cannot be answered here, such as what is fetched ahead of time, goes nowhere.
        context.set_offline(True)  # as it is made
        ear.on = True
        for tree in found:
            called(tree, _FILL, _TYPED)
        called(found[button.tree], _PRESS, button.form, button.number)
        page.wait_for_timeout(_SETTLED)
        called(found[button.tree], _LEAVE)
        page.wait_for_timeout(_SETTLED / 5)
    finally:
        context.close()
    return ear.went
