"""Several server processes: any answers any request, one that dies is replaced, all end in order."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
KEY = "0123456789abcdef" * 2

# Each process imports Gradio, which takes seconds.
pytestmark = pytest.mark.slow

PROGRAM = """
import json, os, sys, threading, time
from pathlib import Path
from tests.ui.library import SmallLibrary
from ui.web.serving import Served, serve_opened

options, gate = json.loads(sys.argv[1]), Path(sys.argv[2])


class Library(SmallLibrary):
    def read(self, query):
        if "slowly" in query.question:
            gate.with_suffix(".taken").write_text(str(os.getpid()))
            while not gate.exists():
                time.sleep(0.02)
        if "deadly" in query.question:
            os.kill(os.getpid(), 9)


def opened(stack):
    if gate.with_suffix(".broken").exists():
        from rag.errors import NoIndexError
        raise NoIndexError("no index there")
    return Library(), False


from rag.errors import PressciteError
try:
    sys.exit(serve_opened(Served(open_browser=False, port=0, **options), opened,
                          [sys.executable, "-c", Path(sys.argv[3]).read_text(), *sys.argv[1:]]))
except PressciteError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


class Servers:
    """A command of several server processes."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.gate = folder / "gate"
        program = folder / "program.py"
        program.write_text(PROGRAM)
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps(options), str(self.gate), str(program)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.address = self.metrics = ""
        self._listens = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(r"metrics are at (\S+)", line):
                self.metrics = found[1]
            if found := re.search(r"presscite is at (http://\S+?)/[ ,]", line):
                self.address = found[1]
                self._listens.set()
        self._listens.set()

    def wait(self) -> None:
        assert self._listens.wait(240)
        assert self.address, "".join(self.said)

    def post(self, question: str) -> httpx.Response:
        return httpx.post(f"{self.address}/api/ask", json={"question": question}, timeout=120)

    @property
    def workers(self) -> set[int]:
        """The ids of the server processes."""
        command = ["ps", "-o", "pid=", "--ppid", str(self.process.pid)]
        listed = subprocess.run(command, check=False, capture_output=True, text=True)
        return {int(one) for one in listed.stdout.split()}

    def close(self) -> None:
        """Read what is left of the messages."""
        self._reader.join(60)
        assert self.process.stderr
        self.process.stderr.close()

    def ended(self) -> tuple[int, str]:
        status = self.process.wait(timeout=90)
        self._reader.join(30)
        return status, "".join(self.said)


@contextmanager
def served(folder: Path, **options: object) -> Iterator[Servers]:
    servers = Servers(folder, **options)
    try:
        yield servers
    finally:
        workers = servers.workers
        servers.process.kill()
        servers.process.wait()
        for one in workers:
            until(lambda one=one: not Path(f"/proc/{one}").exists() or zombie(one))  # type: ignore[misc]
        servers.gate.touch()
        servers.close()


def zombie(process: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True


def until(done: object, seconds: float = 90.0) -> None:
    ends = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with served(tmp_path_factory.mktemp("two"), processes=2, metrics_port=0) as two:
        two.wait()
        yield two


def test_each_answers_and_all_are_counted_together(servers: Servers) -> None:
    assert "in 2 processes" in "".join(servers.said)
    assert len(servers.workers) == 2
    for _ in range(4):
        assert servers.post("Who chaired it?").json()["answer"] == "Maria Okafor"
    counted = httpx.get(servers.metrics, timeout=60).text
    assert 'presscite_questions_total{kind="ask",outcome="found"} 4.0' in counted
    assert httpx.get(f"{servers.address}/metrics", timeout=60).status_code == 404
    hosts = {"host": "evil.example"}
    assert httpx.get(servers.metrics, headers=hosts, timeout=60).status_code == 400


def test_a_process_that_is_killed_while_it_answers_costs_one_error_and_is_replaced(
    servers: Servers,
) -> None:
    before = servers.workers
    with pytest.raises(httpx.HTTPError):
        servers.post("What is deadly?")
    # The other goes on at once, for everybody.
    assert servers.post("Who chaired it?").json()["answer"] == "Maria Okafor"
    assert httpx.get(f"{servers.address}/readyz", timeout=60).json() == {"status": "ok"}
    # The killed process stays listed until the one that started it has seen its end.
    until(lambda: len(servers.workers) == 2 and servers.workers != before)
    assert len(servers.workers & before) == 1
    until(lambda: any("ended (signal 9); another is started" in line for line in servers.said))


def test_a_conversation_goes_on_when_its_process_is_killed(servers: Servers) -> None:
    with httpx.Client(base_url=servers.address, timeout=120) as client:
        address = f"/conversations/{KEY}"
        assert client.put(address, json={"turns": []}).status_code == 200
        question = {"id": "1" * 32, "question": "Who slowly chaired it?"}
        asked = client.post(f"{address}/questions", json=question)
        assert asked.status_code == 200, asked.text
        taken = servers.gate.with_suffix(".taken")
        until(taken.exists)
        os.kill(int(taken.read_text()), signal.SIGKILL)
        servers.gate.touch()

        def answered() -> bool:
            try:
                turns = client.get(address).json()["turns"]
            except httpx.HTTPError:  # the connection was to the one that was killed
                return False
            return [one["status"] for one in turns] == ["answered"]

        until(answered)
        assert client.get(address).json()["turns"][0]["answer"] == "Maria Okafor"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_stopped_under_load_it_answers_what_it_took(tmp_path: Path, sent: signal.Signals) -> None:
    with served(tmp_path, processes=2) as two:
        two.wait()
        answers: list[httpx.Response] = []
        askers = [
            threading.Thread(target=lambda: answers.append(two.post("Who slowly chaired it?")))
            for _ in range(3)
        ]
        for asker in askers:
            asker.start()
        until(two.gate.with_suffix(".taken").exists)
        two.process.send_signal(sent)

        def not_ready() -> bool:
            try:
                return httpx.get(f"{two.address}/readyz", timeout=60).status_code == 503
            except httpx.HTTPError:
                return True

        until(not_ready)
        two.gate.touch()
        for asker in askers:
            asker.join(90)
        assert [one.json()["answer"] for one in answers if one.status_code == 200]
        assert {one.status_code for one in answers} <= {200, 503}
        status, said = two.ended()
    assert status == 0
    assert "Traceback" not in said


def test_what_is_wrong_with_the_index_is_said_once_and_ends_it(tmp_path: Path) -> None:
    (tmp_path / "gate.broken").touch()
    with served(tmp_path, processes=3) as three:
        status, said = three.ended()
    assert status == 2
    assert said.count("no index there") == 1
    assert "Traceback" not in said


def test_the_processes_end_with_the_one_that_started_them(servers: Servers) -> None:
    workers = servers.workers
    servers.process.kill()
    servers.process.wait()
    for one in workers:
        until(lambda one=one: zombie(one))  # type: ignore[misc]
