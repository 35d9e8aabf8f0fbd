"""The server as a process: it ends in order, and waits for nobody for ever."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]

# Importing Gradio takes seconds.
pytestmark = pytest.mark.slow

PROGRAM = """
import sys, time
from tests.ui.library import SmallLibrary
from ui.web import http_protocol
from ui.web.chat import serve

http_protocol.HEAD_SECONDS = 1.0
http_protocol.MAX_CONNECTIONS = int(sys.argv[1])


class Slow(SmallLibrary):
    def ask(self, query):
        if "slow" in query.question:
            time.sleep(2.5)
        return super().ask(query)


serve(Slow(), port=0, open_browser=False)
print("closed in order")
"""


class Running:
    """A server in a process of its own."""

    def __init__(self, connections: int = 500) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(connections)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(r"presscite is at (http://\S+?)/ ", line):
                self.address = found[1]
                break
        else:
            pytest.fail("".join(self.said))

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def ended(self) -> tuple[int, str]:
        out, error = self.process.communicate(timeout=60)
        return self.process.returncode, out + "".join(self.said) + error


@contextmanager
def started(connections: int = 500) -> Iterator[Running]:
    running = Running(connections)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()
        for stream in (running.process.stdout, running.process.stderr):
            if stream:
                stream.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server for all tests that only send requests to it: starting one takes seconds."""
    with started() as running:
        yield running


@pytest.fixture
def own_server(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A server for one test alone, with as many connections as the test says."""
    with started(getattr(request, "param", 500)) as running:
        yield running


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_what_it_took_and_ends(own_server: Running, sent: signal.Signals) -> None:
    answers: list[httpx.Response] = []
    url = f"{own_server.address}/api/ask"

    def ask() -> None:
        answers.append(httpx.post(url, json={"question": "slow chaired?"}, timeout=60))

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    with httpx.stream(
        "GET", f"{own_server.address}/gradio_api/heartbeat/x", timeout=60
    ) as kept_open:
        assert kept_open.status_code == 200
        time.sleep(1)
        own_server.process.send_signal(sent)
        time.sleep(0.7)
        assert httpx.get(f"{own_server.address}/healthz", timeout=20).status_code == 200
        health = httpx.get(f"{own_server.address}/readyz", timeout=20)
        assert (health.status_code, health.json()) == (503, {"status": "stopping"})
        late = httpx.post(url, json={"question": "tea"}, timeout=20)
        assert late.status_code == 503
        assert "stopping" in late.json()["error"]
        for asker in askers:
            asker.join(60)
        assert [one.json()["answer"] for one in answers] == ["Maria Okafor"] * 2
        code, output = own_server.ended()
    assert code == 0
    assert "closed in order" in output
    assert "Traceback" not in output
    assert "ERROR" not in output


def test_a_connection_that_sends_no_request_is_closed(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as silent:
        silent.settimeout(20)
        began = time.monotonic()
        assert silent.recv(10) == b""
        assert 0.5 < time.monotonic() - began < 15
    with socket.create_connection(("127.0.0.1", server.port)) as trickling:
        trickling.settimeout(20)
        began = time.monotonic()
        trickled = 0
        with suppress(ConnectionError):
            for byte in b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: " + b"a" * 1000:
                trickling.send(bytes([byte]))
                trickled += 1
                time.sleep(0.1)
        assert trickled < 200
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    kept.connect()
    socket_used = kept.sock
    for _ in range(2):
        # A connection that is kept for a further request is not one that sends none.
        kept.request("GET", "/healthz")
        assert kept.getresponse().read() == b'{"status":"ok"}'
        time.sleep(1.5)
    assert kept.sock is socket_used
    kept.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"no http at all\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nno-host: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * 70_000,
    ],
)
def test_what_is_no_http_is_refused_in_the_apis_shape(server: Running, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as wrong:
        wrong.settimeout(20)
        wrong.sendall(sent)
        reply = http.client.HTTPResponse(wrong)
        reply.begin()
        assert reply.status == 400
        assert reply.headers["content-type"] == "application/json"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert list(json.loads(reply.read())) == ["error"]
        reply.close()
        assert wrong.recv(10) == b""
    assert httpx.get(f"{server.address}/healthz", timeout=20).status_code == 200


@pytest.mark.parametrize("own_server", [3], indirect=True)
def test_too_many_connections_are_refused_in_the_apis_shape(own_server: Running) -> None:
    kept = [http.client.HTTPConnection("127.0.0.1", own_server.port, timeout=20) for _ in range(3)]
    for one in kept:
        one.request("GET", "/healthz")
        assert one.getresponse().read() == b'{"status":"ok"}'
    refused = httpx.post(f"{own_server.address}/api/ask", json={"question": "chaired?"}, timeout=20)
    assert refused.status_code == 503
    assert "too many connections" in refused.json()["error"]
    assert refused.headers["retry-after"] == "5"
    assert refused.headers["x-frame-options"] == "DENY"
    kept.pop().close()
    for _ in range(100):
        again = httpx.get(f"{own_server.address}/healthz", timeout=20)
        if again.status_code == 200:
            break
        time.sleep(0.05)
    assert again.json() == {"status": "ok"}
    for one in kept:
        one.close()


def test_two_hundred_askers_at_once_leave_it_alive(server: Running) -> None:
    statuses: list[int] = []

    def ask(client: httpx.Client) -> None:
        answer = client.post(f"{server.address}/api/ask", json={"question": "chaired?"})
        statuses.append(answer.status_code)

    with httpx.Client(timeout=60, limits=httpx.Limits(max_connections=200)) as client:
        askers = [threading.Thread(target=ask, args=(client,)) for _ in range(200)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(60)
        assert len(statuses) == 200
        assert set(statuses) <= {200, 503}
        assert 200 in statuses
        after = client.post(f"{server.address}/api/ask", json={"question": "chaired?"})
        assert after.json()["answer"] == "Maria Okafor"
