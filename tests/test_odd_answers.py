"""An answer of a shape that no Azure should send is refused in words, and never ends the audit."""

from email.utils import formatdate
from http.server import BaseHTTPRequestHandler

import msgspec
import pytest

from audit.azure import Refused
from tests.live import client, serving

API = "2021-04-01"


@pytest.fixture
def odd(sandbox, monkeypatch):
    """A function that makes a client of a server of ours which answers everything with one status and body."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    told = {}

    class Answering(BaseHTTPRequestHandler):
        def answer(self):
            """Answer as told."""
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response_only(told["status"])
            self.send_header("Date", formatdate(usegmt=True))
            self.send_header("Content-Length", str(len(told["content"])))
            self.end_headers()
            self.wfile.write(told["content"])

        do_GET = do_POST = answer  # noqa: N815  # http.server calls them by these names

        def log_message(self, *told):
            """Say nothing."""

    def make(status, content):
        told.update(status=status, content=content)
        asking = client(sandbox)
        asking.cloud = msgspec.structs.replace(asking.cloud, resource_manager=address)
        return asking

    with serving(sandbox, Answering) as address:
        yield make


@pytest.mark.parametrize(
    ("status", "content"),
    [
        pytest.param(200, b"", id="nothing"),
        pytest.param(200, b"[]", id="a bare list"),
        pytest.param(200, b"null", id="null"),
        pytest.param(200, b"\xff\xfe{}", id="another encoding"),
        pytest.param(200, b"[" * 100_000, id="too deep"),
        pytest.param(200, b'{"value": {}}', id="an object for a list"),
        pytest.param(200, b'{"value": [3]}', id="a number for a resource"),
        pytest.param(200, b'{"value": [], "nextLink": "https://["}', id="a link that is none"),
        pytest.param(200, b'{"value": [], "nextLink": {"a": 1}}', id="an object for a link"),
        pytest.param(200, b'{"data": [], "$skipToken": "t"}', id="a token without rows"),
        pytest.param(200, b'{"data": [{}], "totalRecords": "1"}', id="a text for a number"),
        pytest.param(200, b'{"data": [{}]}', id="rows without a number"),
        pytest.param(204, b"", id="no content"),
        pytest.param(404, b'{"error": ""}', id="an error without a word"),
        pytest.param(404, b'{"error": {"code": null, "message": "\\n"}}', id="an error of empty lines"),
        pytest.param(404, b"<html>", id="a page of a proxy"),
    ],
)
def test_it_is_refused_in_one_line(odd, status, content):
    asking = odd(status, content)
    for ask in (lambda: asking.pages("/subscriptions", API), lambda: asking.query("resources", ["one"])):
        with pytest.raises(Refused) as refused:
            list(ask())
        assert "\n" not in str(refused.value)
        assert refused.value.why.strip()
