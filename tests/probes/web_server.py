"""A web site on this machine, page by page as a test says."""

import http.server
import threading
from contextlib import contextmanager


class WebServer:
    """Serves `pages` (path → body, or a tuple of status, fields and body; a function writes to the socket itself)."""

    def __init__(self, pages):
        self.pages = pages
        self.asked = []

    @contextmanager
    def running(self):
        """Serve until the block ends; yields the site's address with its port."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"http://www.hosting.example:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()

    def _handler(self):
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                page = site.pages.get(self.path.partition("?")[0], (404, {}, "nothing"))
                if callable(page):
                    page(self.connection)
                    return
                status, fields, body = page if isinstance(page, tuple) else (200, {}, page)
                content = body if isinstance(body, bytes) else body.encode()
                self.send_response(status)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **fields}.items():
                    for one in value if isinstance(value, list) else [value]:
                        self.send_header(name, one)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self):
                self.do_GET()

            def log_message(self, *words):
                """Say nothing."""

        return Handler
