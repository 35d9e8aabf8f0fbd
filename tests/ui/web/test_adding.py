"""`/add`: who may add what, what becomes of it, and that nothing the browser says is believed."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from rag.errors import NoIndexError, QueryError
from rag.index import Index
from rag.index.lock import writer_lock
from rag.ingest import ReadOptions
from rag.ingest.article import make_article
from rag.retrieval.retriever import Retriever
from rag.types import Skipped
from tests.conftest import HashEncoder
from tests.ui.library import HOSTILE_MARKUP, SmallLibrary
from tests.ui.web.server import running
from tests.ui.web.test_render import Reading
from ui import create_app
from ui.cli.app import app as cli
from ui.passwords import PasswordHash, Passwords
from ui.web import adding_jobs, adding_sources
from ui.web.adding_jobs import AddingJob, AddingQueue
from ui.web.adding_offer import check_may_add
from ui.web.adding_sources import read_addresses, receive_sources, shown_name, suffix_of
from ui.web.routes import build_api
from ui.web.security import BodyLimits
from ui.web.service import QueuedAnswerer, RefusedError

pytestmark = pytest.mark.slow

OWN = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
FERRY = (
    "# Ferry returns\n\nThe ferry to Hollow Island sails again on Monday, the harbour office said."
)
BRIDGE = "# Bridge closed\n\nEngineer Lena Brandt closed the Mill Bridge on Sunday after the flood."


class _Real:
    """A real index, with nobody who answers."""

    def __init__(self, index: Index) -> None:
        self.index, self.retriever = index, Retriever(index)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as made:
        yield made


@pytest.fixture
def client(index: Index) -> Iterator[TestClient]:
    app = build_api(QueuedAnswerer(_Real(index)), allow_add=True)
    with TestClient(app, base_url="http://127.0.0.1", headers=OWN) as made:
        yield made


def files(**texts: str) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (f"{name}.md", text.encode())) for name, text in texts.items()]


def sent(client: TestClient, **given: Any) -> tuple[str, str]:
    """Send a form and wait until it is done; gives the job's address and what its page says."""
    given.setdefault("files", [("files", ("", b""))])
    response = client.post("/add", **given)
    assert response.status_code == 200, response.text
    assert response.history[0].status_code == 303
    address = response.url.path
    return address, ended(client, address)


def ended(client: TestClient, address: str) -> str:
    until = time.monotonic() + 120
    while 'http-equiv="refresh"' in (page := client.get(address).text):
        assert time.monotonic() < until
        time.sleep(0.05)
    return Reading(page).text


def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_files_are_added_told_and_gone(
    client: TestClient, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = temporary(monkeypatch, tmp_path)
    both = [*files(ferry=FERRY, bridge=BRIDGE), ("files", ("photo.exe", b"MZ"))]
    address, told = sent(client, files=both)
    assert "added 2, updated 0, unchanged 0, skipped 1" in told
    assert "photo.exe: .exe is not a format that is read" in told
    assert str(folder) not in told
    assert list(folder.iterdir()) == []
    found = {article.title: article for article in index.articles()}
    assert set(found) == {"Ferry returns", "Bridge closed"}
    ferry = found["Ferry returns"]
    assert ferry.sources == (f"upload:ferry.md#{ferry.id}",)
    assert f"/articles/{ferry.id}" in unescape(client.get(address).text)
    assert "Ferry returns" in client.get("/articles").text
    _, again = sent(client, files=both)
    assert "added 0, updated 0, unchanged 2, skipped 1" in again


def test_what_is_added_gets_the_collection_of_the_form(client: TestClient, index: Index) -> None:
    sent(client, files=files(ferry=FERRY), data={"collection": " Press   releases "})
    sent(client, files=files(bridge=BRIDGE), data={"collection": "  "})
    labels = {article.title: article.collection for article in index.articles()}
    assert labels == {"Ferry returns": "Press releases", "Bridge closed": None}
    found = client.get("/api/articles", params={"collection": "press releases"}).json()
    assert [one["title"] for one in found["articles"]] == ["Ferry returns"]
    refused = client.post("/add", files=files(again=FERRY), data={"collection": "x" * 500})
    assert refused.status_code == 400
    assert index.counts()["articles"] == 2


def test_another_file_of_the_same_name_replaces_nothing(client: TestClient, index: Index) -> None:
    sent(client, files=files(article=FERRY))
    _, told = sent(client, files=files(article=BRIDGE))
    assert "added 1, updated 0" in told
    assert index.counts()["articles"] == 2


def test_rows_of_a_file_keep_its_name(client: TestClient, index: Index) -> None:
    lines = "\n".join(
        json.dumps({"text": f"Report {n} tells of the harbour works."}) for n in range(3)
    )
    _, told = sent(client, files=[("files", ("wire.jsonl", f"{lines}\nnonsense".encode()))])
    assert "added 3" in told
    assert "skipped 1" in told
    assert "wire.jsonl" in told
    assert all(one.sources[0].startswith("upload:wire.jsonl#") for one in index.articles())


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.md", "passwd.md"),
        ("C:\\desk\\a.md", "a.md"),
        ("/etc/cron.d/x.md", "x.md"),
        ("a\x00b\n\u202ec.md", "abc.md"),
        ("..", ".."),
        ("", "unnamed"),
        ("x" * 900 + ".jsonl.gz", "x" * 200 + ".jsonl.gz"),
        ("Báo cáo.TXT", "Báo cáo.TXT"),
    ],
)
def test_names_are_told_and_never_paths(given: str, shown: str) -> None:
    assert shown_name(given) == shown
    assert not {"/", "\\"} & set(suffix_of(shown))


def test_hostile_names_and_contents_are_escaped(client: TestClient, index: Index) -> None:
    name = '../"><script>alert(7)</script>.md'
    article = f"# {HOSTILE_MARKUP}\n\nThe pirate captain wins, {HOSTILE_MARKUP} said."
    address, told = sent(
        client,
        files=[("files", (name, article.encode())), ("files", ("<b>.zip", b"PK"))],
        data={"addresses": "javascript:alert(5)<img src=x>"},
    )
    assert "added 1" in told
    page = client.get(address).text
    for forbidden in ("<script>", "<img", "<b>.zip", "<iframe"):
        assert forbidden not in page
    (kept,) = index.articles()
    assert kept.sources[0].startswith("upload:script>.md#")


def test_every_bad_line_has_one_reason(client: TestClient, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The safe opens with nine turns.")
    lines = [str(secret), f"file://{secret}", "http://127.0.0.1/a", "http://10.0.0.8/feed",
             "https://user:word@example.org/", "http:///etc/passwd", "-", "*"]  # fmt: skip
    address, told = sent(client, data={"addresses": "\r\n".join([*lines, "", "*"])})
    assert f"added 0, updated 0, unchanged 0, skipped {len(lines)}" in told
    assert told.count("is not http or https") == 4
    assert told.count("private address") == 2
    assert "holds credentials" in told
    assert "user:word" not in client.get(address).text


def test_the_pages_of_a_feed_are_added(
    client: TestClient, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only a server on this machine can be asked here.
    monkeypatch.setattr(adding_jobs, "ReadOptions", partial(ReadOptions, allow_private=True))
    site = FastAPI()
    story = "The {0} was opened by the mayor on Tuesday, and the {0} is free to use, she said. " * 4
    places = ("footbridge", "fountain")

    @site.get("/feed")
    def feed(request: Request) -> Response:
        items = "".join(
            f"<item><title>The {one}</title><link>{request.base_url}{one}</link></item>"
            for one in places
        )
        told = f"<rss version='2.0'><channel><title>Hill Post</title>{items}</channel></rss>"
        return Response(told, media_type="application/rss+xml")

    @site.get("/{place}")
    def page(place: str) -> Response:
        if place not in places:
            return Response(status_code=404)
        told = story.format(place)
        html = f"<html><body><article><h1>The {place}</h1><p>{told}</p></article></body></html>"
        return Response(html, media_type="text/html")

    with running(site) as address:
        _, told = sent(client, data={"addresses": f"{address}/feed"})
    assert "added 2, updated 0, unchanged 0, skipped 0" in told
    assert {one.title for one in index.articles()} == {"The footbridge", "The fountain"}
    assert {one.sources[0] for one in index.articles()} == {f"{address}/{one}" for one in places}


@pytest.mark.skipif(os.name != "posix", reason="only there is a process asked for safely")
def test_folders_of_killed_processes_are_removed_at_the_next_start(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = "from ui.web.adding_sources import *; import io, os, signal; " + (
        "held = receive_sources([('a.txt', io.BytesIO(b'x'))], ''); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(tmp_path)}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    [left] = tmp_path.glob("presscite-add-*")
    dead = left.name.split("-")[2]
    earlier = tmp_path / f"presscite-add-{os.getpid()}-earlier"
    earlier.mkdir()
    os.utime(earlier, (1, 1))
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / f"presscite-add-{dead}-link").symlink_to(outside)
    kept = {
        *(
            f"presscite-add-{dead}-link",
            "presscite-add-unnumbered",
            f"presscite-add-{os.getppid()}-a",
        ),
        *(f"other-{dead}-a", "outside"),
    }
    for name in kept:
        (tmp_path / name).mkdir(exist_ok=True)
    with receive_sources([("a.txt", io.BytesIO(b"x"))], "").folder as running_now:
        build_api(QueuedAnswerer(_Real(index)), allow_add=True)
        found = {one.name for one in tmp_path.iterdir()} - {"index"}
        assert found == kept | {Path(running_now).name}


def test_addresses_are_bounded_and_each_is_asked_once() -> None:
    good, bad = read_addresses("https://a.example/x#1\nHTTPS://a.example/x#2\n \nftp://a.example/")
    assert good == ("https://a.example/x",)
    assert [one.source for one in bad] == ["ftp://a.example/"]
    with pytest.raises(QueryError, match="more than 100 addresses"):
        read_addresses("\n".join(f"https://a.example/{n}" for n in range(101)))


def test_nothing_and_too_many_are_refused(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = temporary(monkeypatch, tmp_path)
    empty = client.post("/add", files=[("files", ("", b""))], data={"addresses": " \n"})
    assert empty.status_code == 400
    assert "nothing to add; choose files or give an address" in Reading(empty.text).text
    many = client.post("/add", files=[("files", (f"{n}.md", b"x")) for n in range(501)])
    assert many.status_code == 400
    assert "at most 500 files" in Reading(many.text).text
    plain = client.post("/add", data={"addresses": "https://a.example/"})
    assert plain.status_code == 400
    assert list(folder.iterdir()) == []


PART = (
    b"--x\r\ncontent-disposition: form-data; name=files; filename=a.md\r\n\r\nThe tide rises.\r\n"
)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", PART),
        ("multipart/form-data; boundary=x", b"garbage"),
        ("multipart/form-data; boundary=x", PART.replace(b"content-", b"\x00")),
        ("multipart/form-data; boundary=x", PART.replace(b"name=files", b"name*=files")),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n" + b"x" * 10),
        ("multipart/form-data; boundary=" + "x" * 10_000, PART),
        ("multipart/form-data; boundary=x", b""),
        ("text/plain", PART),
        ("", PART),
    ],
)
def test_broken_forms_are_refused_in_one_line(
    client: TestClient, index: Index, kind: str, body: bytes
) -> None:
    response = client.post("/add", content=body, headers={"content-type": kind})
    assert response.status_code == 400
    assert 'role="alert"' in response.text
    assert list(index.articles()) == []


def test_a_whole_form_of_an_unknown_charset_is_read(client: TestClient, index: Index) -> None:
    kind = "multipart/form-data; boundary=x; charset=none"
    response = client.post("/add", content=PART + b"--x--\r\n", headers={"content-type": kind})
    assert response.status_code == 200
    ended(client, response.url.path)
    assert [one.text for one in index.articles()] == ["The tide rises."]


def test_larger_forms_are_refused(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.web.routes.UPLOAD_LIMITS", BodyLimits(3_000_000, 600.0))
    app = build_api(QueuedAnswerer(_Real(index)), allow_add=True)
    with TestClient(app, base_url="http://127.0.0.1", headers=OWN) as client:
        large = ("files", ("large.md", b"# Large\n\n" + b"The tide rises. " * 100_000))
        assert "added 1" in sent(client, files=[large])[1]
        for body in (b"x" * 3_000_001, iter([b"x" * 2_000_000] * 2)):
            kind = {"content-type": "multipart/form-data; boundary=x"}
            refused = client.post("/add", content=body, headers=kind)
            assert refused.status_code == 413
            assert "at most 3,000,000 bytes" in refused.json()["error"]
        elsewhere = client.post("/check", content=b"x" * 1_000_001)
        assert elsewhere.status_code == 413
    assert index.counts()["articles"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"host": "evil.example"},
    ],
)
def test_other_sites_add_and_stop_nothing(
    client: TestClient, index: Index, headers: dict[str, str]
) -> None:
    for path in ("/add", "/add/0123456789abcdef/stop"):
        response = client.post(path, files=files(ferry=FERRY), headers=headers)
        assert response.status_code in {400, 403}
    assert index.counts()["articles"] == 0


def test_without_the_option_nothing_is_taken(index: Index) -> None:
    client = TestClient(build_api(QueuedAnswerer(_Real(index))), base_url="http://127.0.0.1")
    assert client.get("/add").status_code == 404
    assert client.post("/add", files=files(ferry=FERRY), headers=OWN).status_code == 404
    assert client.post("/add", content=b"x" * 1_000_001, headers=OWN).status_code == 413
    assert 'href="/add"' not in unescape(client.get("/articles").text)
    assert index.counts()["articles"] == 0


def test_pages_lead_there_under_a_path(index: Index) -> None:
    outer = FastAPI()
    outer.mount("/news", build_api(QueuedAnswerer(_Real(index)), allow_add=True))
    client = TestClient(outer, base_url="http://127.0.0.1", headers=OWN)
    for page in ("/news/articles", "/news/ask", "/news/check"):
        assert 'href="/news/add"' in unescape(client.get(page).text)
    # Larger than what other addresses take.
    large = files(ferry=FERRY + "\n\nThe tide table follows." + " It rises." * 150_000)
    address = client.post("/news/add", files=large).url.path
    assert address.startswith("/news/add/")
    assert "added 1" in ended(client, address)


def test_only_who_is_known_may_add(index: Index) -> None:
    check_may_add("127.0.0.1", (), "", asks_password=False)
    check_may_add("::1", (), "", asks_password=False)
    check_may_add("0.0.0.0", ("news.example",), "/news", asks_password=True)
    for given in (("0.0.0.0", (), ""), ("localhost", ("a.example",), ""), ("::1", (), "/news")):
        with pytest.raises(QueryError, match="--auth FILE"):
            check_may_add(*given, asks_password=False)
    with pytest.raises(QueryError, match="others may reach this server"):
        build_api(QueuedAnswerer(_Real(index)), allow_add=True, allowed_hosts=("a.example",))
    with pytest.raises(QueryError, match="none that articles can be added to"):
        build_api(QueuedAnswerer(SmallLibrary()), allow_add=True)


def test_behind_a_password_those_who_know_it_add_from_anywhere(index: Index) -> None:
    app = build_api(
        QueuedAnswerer(_Real(index)),
        host="0.0.0.0",
        allowed_hosts=["news.example"],
        passwords=Passwords({"desk": PasswordHash.of("nine turns of the key")}),
        allow_add=True,
    )
    client = TestClient(
        app, base_url="http://news.example", headers={"origin": "http://news.example"}
    )
    assert client.get("/add").status_code == 401
    assert client.post("/add", files=files(ferry=FERRY)).status_code == 401
    client.auth = ("desk", "nine turns of the key")
    evil = client.post("/add", files=files(ferry=FERRY), headers={"origin": "https://evil.example"})
    assert evil.status_code == 403
    assert index.counts()["articles"] == 0
    assert "added 1" in sent(client, files=files(ferry=FERRY))[1]


def test_the_command_and_the_library_say_so_before_they_open_anything(tmp_path: Path) -> None:
    none = str(tmp_path / "none")
    given = ["chat", "--allow-add", "--no-browser", "--index", none, "--host", "0.0.0.0"]
    assert "--auth FILE" in str(CliRunner().invoke(cli, given).exception)
    with pytest.raises(QueryError, match="--auth FILE"):
        create_app(none, allow_add=True, root_path="/news")
    with pytest.raises(NoIndexError):
        create_app(none, allow_add=True)


def test_the_sample_takes_nothing_and_says_what_to_do(index: Index) -> None:
    app = build_api(QueuedAnswerer(_Real(index)), allow_add=True, is_sample=True)
    client = TestClient(app, base_url="http://127.0.0.1", headers=OWN)
    page = client.get("/add")
    assert "presscite add SOURCE" in Reading(page.text).text
    assert "<form" not in page.text
    assert client.post("/add", files=files(ferry=FERRY)).status_code in {404, 405}
    assert index.counts()["articles"] == 0


def test_an_index_that_is_written_to_says_so(client: TestClient, index: Index) -> None:
    with writer_lock(index.folder):
        _, told = sent(client, files=files(ferry=FERRY))
    assert "Another process is writing to this index" in told
    assert str(index.folder) not in told
    assert "added 1" in sent(client, files=files(ferry=FERRY))[1]


def test_an_unknown_job_is_said(client: TestClient) -> None:
    for answer in (client.get("/add/none"), client.post("/add/none/stop")):
        assert answer.status_code == 404
        assert "Nothing of this name is being added" in Reading(answer.text).text


class _Slow:
    """Sources of which each waits until it may be read."""

    def __init__(self, count: int, sources: adding_sources.AddedSources) -> None:
        self.count, self.may, self.expected = count, threading.Semaphore(0), None
        self.closed, self._sources = False, sources
        self.known_name, self.remove = sources.known_name, sources.remove

    def read(self, options: ReadOptions):
        try:
            for number in range(self.count):
                self.may.acquire()
                text = f"Report {number} tells of the harbour works."
                yield (
                    make_article(text=text, source=f"upload:{number}")
                    if number != 1
                    else Skipped("x.exe", "no format")
                )
        finally:
            self.closed = True


def waited(condition) -> None:
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_one_runs_while_others_wait_and_any_can_be_stopped(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding_jobs, "MAX_WAITING_JOBS", 2)
    queue = AddingQueue(index, lambda: False)
    slow = _Slow(100, receive_sources([], "ftp://a.example/"))
    first: AddingJob = queue.put(slow)  # type: ignore[arg-type]
    waited(lambda: first.state == "reading")
    second = queue.put(receive_sources([], "ftp://b.example/"))
    third = queue.put(receive_sources([], "ftp://c.example/"))
    with pytest.raises(RefusedError, match="Too much waits"):
        queue.put(receive_sources([], "ftp://d.example/"))
    slow.may.release(3)
    waited(lambda: first.seen == 3 and first.state == "reading")
    assert (first.skipped, second.state, third.state) == (1, "waiting", "waiting")
    assert first.rate > 0
    queue.stop(second)
    assert (second.state, queue.get(second.id)) == ("stopped", second)
    queue.stop(first)
    slow.may.release()
    waited(lambda: not third.running)
    assert slow.closed
    assert first.state == "stopped"
    assert first.report is not None
    assert (first.report.added, len(first.report.skipped)) == (2, 1)
    assert third.state == "done"
    assert index.counts()["articles"] == 2


def test_a_server_that_ends_writes_what_was_read(index: Index) -> None:
    ends = threading.Event()
    queue = AddingQueue(index, ends.is_set)
    slow = _Slow(100, receive_sources([], "ftp://a.example/"))
    job = queue.put(slow)  # type: ignore[arg-type]
    waiting = queue.put(receive_sources([], "ftp://b.example/"))
    slow.may.release(1)
    waited(lambda: job.seen == 1)
    ends.set()
    slow.may.release(1)
    waited(lambda: not waiting.running)
    assert (job.state, waiting.state) == ("stopped", "stopped")
    assert index.counts()["articles"] == 1
    with pytest.raises(RefusedError, match="stopping"):
        queue.put(receive_sources([], "ftp://c.example/"))


def test_a_failure_is_told_without_folders(
    index: Index, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError(str(index.folder))

    monkeypatch.setattr(Index, "add", fails)
    queue = AddingQueue(index, lambda: False)
    job = queue.put(receive_sources([], "ftp://a.example/"))
    waited(lambda: not job.running)
    assert job.state == "failed"
    assert "server’s log" in job.problem
    assert str(index.folder) not in job.problem
    assert str(index.folder) in caplog.text
