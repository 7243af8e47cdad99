"""The trees of a page in a browser: its documents and those of web components, shut ones too, and what forms they hold.

They are asked by the browser's own protocol, in a world of ours: https://chromedevtools.github.io/devtools-protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

HELP = """
  const all = (root, selector) => [...root.querySelectorAll(selector)];
  const told = (one, name) => Element.prototype.getAttribute.call(one, name);
  const written = 'input, select, textarea, button, [contenteditable]:not([contenteditable=false])';
  const pressed = one => one.tagName === 'BUTTON' || ['submit', 'button', 'image'].includes(one.type);
  const isField = one => !pressed(one) && one.type !== 'reset';
  const buttons = (root, form) => all(root, written)
    .filter(one => (one.form || null) === form && pressed(one) && one.type !== 'reset');
"""
"""Names of a form's fields hide its own: what it has is asked past them."""
_FORMS = (
    "function() {"
    + HELP
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
    others: buttons(this, null).length,
  };
}"""
)


class Tree(msgspec.Struct, frozen=True):
    """A document, or the tree of a web component, in a world of our own: the page's scripts change nothing in it."""

    session: Any
    node: int
    world: int


class Forms(msgspec.Struct, frozen=True):
    """What the forms of one tree ask for, where they say that they go, and how many buttons each has."""

    fields: tuple[str, ...]
    actions: tuple[str, ...]
    loose: bool
    """Whether a field belongs to no form."""
    buttons: tuple[int, ...]
    others: int
    """The buttons of no form."""


def trees(page: Any) -> Iterator[Tree]:
    """Yield each tree of a page."""
    from playwright.sync_api import Error  # 0.2 s, and an extra of its own

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
            # The browser's own fields have trees, too.
            if "documentURL" in node or node.get("shadowRootType") in ("open", "closed"):
                if owner not in worlds:
                    made = session.send("Page.createIsolatedWorld", {"frameId": owner})
                    worlds[owner] = int(made["executionContextId"])
                yield Tree(session, int(node["backendNodeId"]), worlds[owner])


def forms(tree: Tree) -> Forms:
    """Return what the forms of a tree say."""
    return msgspec.convert(called(tree, _FORMS), Forms)


def called(tree: Tree, function: str, *arguments: int | str) -> Any:
    """Call a function of a tree as if a person had asked for it, and return what it returns."""
    where = {"backendNodeId": tree.node, "executionContextId": tree.world}
    found = tree.session.send("DOM.resolveNode", where)["object"]
    asked = {
        "objectId": found["objectId"],
        "functionDeclaration": function,
        "arguments": [{"value": value} for value in arguments],
        "returnByValue": True,
        "userGesture": True,
    }
    return tree.session.send("Runtime.callFunctionOn", asked)["result"].get("value")
