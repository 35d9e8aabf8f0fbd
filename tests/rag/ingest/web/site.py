"""Servers on loopback for tests of fetching: a site of routes, a raw socket, and clocks that do not wait."""

import gzip
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rag.ingest.web.client import Client
from rag.ingest.web.errors import FetchError
from rag.ingest.web.limits import Limits

PAGE = "<html><body><p>The harbour of Orvane was closed on Monday.</p></body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}


class FakeClock:
    """A clock whose sleep only moves it on."""

    def __init__(self, now=1_800_000_000.0):
        self.now = now
        self.slept = []

    def monotonic(self):
        return self.now

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.now += seconds


class Site:
    """A web site: ``routes[path]`` is a body, a (status, headers, body) or a function of the handler."""

    def __init__(self, host="127.0.0.1"):
        self.routes = {}
        self.requests = []
        """Paths asked for, robots.txt left out."""
        self.headers = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path != "/robots.txt":
                    site.requests.append(self.path)
                    site.headers.append(dict(self.headers))
                found = site.routes.get(self.path, (404, {}, b"no such page"))
                if callable(found):
                    found = found(self)
                if found is None:
                    self.close_connection = True
                    return
                status, headers, body = (
                    found
                    if isinstance(found, tuple)
                    else (200, {"Content-Type": "text/html"}, found)
                )
                body = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != 304:
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 50

            def handle_error(self, *_):
                pass  # clients that hang up are what is tested

        self.server = Server((host, 0), Handler)
        self.port = self.server.server_address[1]
        self.base = f"http://127.0.0.1:{self.port}"

    def url(self, path="/"):
        return f"{self.base}{path}"

    def asked(self, path):
        return self.requests.count(path)

    def tagged(self, path, body, kind, tag):
        """Serve a body with an ETag, and 304 where the client knows it."""

        def serve(handler):
            headers = {"Content-Type": kind, "ETag": tag}
            if handler.headers.get("If-None-Match") == tag:
                return (304, headers, b"")
            return (200, headers, body)

        self.routes[path] = serve

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def raw_server(answer):
    """Serve ``answer(connection)`` to every connection, after its request is read; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection):
        try:
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(4096)
                    if not piece:
                        return
                    head += piece
                if b" /robots.txt " in head:
                    connection.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
                    return
                answer(connection)
        except OSError:
            pass  # the client hung up

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def client(**changes):
    """Return a client for loopback that waits on a fake clock."""
    limits = {"read_seconds": 2.0, "connect_seconds": 2.0, "tries": 1, "total_seconds": 5.0}
    given = {name: changes.pop(name) for name in list(changes) if name in Limits.__slots__}
    changes.setdefault("clock", FakeClock())
    changes.setdefault("allow_private", True)
    return Client(limits=Limits(**(limits | given)), **changes)


def packed(body, times=1):
    for _ in range(times):
        body = gzip.compress(body)
    return body


def refusal(fetching, address, **known):
    """Return why a client, closed afterwards, refuses an address."""
    with fetching, pytest.raises(FetchError) as caught:
        fetching.fetch(address, **known)
    assert "\n" not in str(caught.value)
    return caught.value
