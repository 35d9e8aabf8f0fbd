"""A document that hangs, crashes or eats memory costs itself; no worker outlives who started it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from rag.ingest import Note, ReadOptions, isolated, read_sources
from rag.ingest.article import make_article
from rag.ingest.documents import Document
from rag.ingest.isolated import Limits, Workers
from rag.ingest.options import Hints
from rag.ingest.wire import document_of, document_record, item_of, item_record
from rag.types import Skipped
from tests.rag.ingest.hostile import STORY

MODULES = ("tests.rag.ingest.hostile",)
ROOT = Path(__file__).parents[3]
LIMITS = Limits(seconds=20, memory=500_000_000, modules=MODULES)


@pytest.fixture(autouse=True)
def formats(monkeypatch):
    monkeypatch.setattr(isolated, "DEFAULT_LIMITS", LIMITS)


def document(kind, text=STORY):
    return Document(f"page.{kind}", text.encode(), f"{kind} of {text[:20]}")


def parsed(*documents, limits=LIMITS, count=2, options=None):
    with Workers(limits, count) as workers:
        return list(workers.in_order(documents, options or ReadOptions()))


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid):
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if path.read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(path.parent.name))
    return found


def test_an_article_crosses_the_pipe_unchanged():
    article = make_article(
        text="Zürich – 𝒜 “quoted”\n\nSecond paragraph.",
        source="/news/x.pdf",
        title="T",
        published=date(2024, 2, 29),
        published_at="2024-02-29T23:10:00+02:00",
        date_origin="structured data",
        url="https://news.example.org/x",
        authors=("A B", "C D"),
        pages=(0, 21),
    )
    assert item_of(item_record(article)) == article
    assert item_of(item_record(Skipped("a", "b"))) == Skipped("a", "b")
    hints = Hints(url="https://a.example", published=date(2024, 1, 2), authors=("X",))
    sent = Document("a.html", b"\0", "s", hints, ("gzip",))
    options = ReadOptions(date_order="mdy", fields={"text": "body"})
    got, read = document_of(document_record(sent, options), b"\0")
    assert got == sent
    assert (read.date_order, read.fields) == ("mdy", {"text": "body"})


@pytest.mark.parametrize(
    "record", [{}, {"article": {}}, {"article": []}, {"skipped": 1}, {"article": {"text": 1}}]
)
def test_what_is_no_article_is_refused(record):
    with pytest.raises(ValueError, match=r"article|unpack"):
        item_of(record)


@pytest.mark.slow
def test_order_is_kept_and_notes_are_told_before_their_article():
    told = []
    options = ReadOptions(told.append, "mdy", {"text": "body"})
    documents = [document("tell", f"{STORY} {n}") for n in range(60)]
    with Workers(LIMITS, 2) as workers:
        for number, article in enumerate(workers.in_order(documents, options)):
            assert not isinstance(article, Skipped), article
            assert article.text == f"{STORY} {number}"
            assert len(told) == number + 1
    assert told[0] == Note(documents[0].source, "read as mdy, {'text': 'body'}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("crash", "its parser crashed"),
        ("leave", "its parser crashed"),
        ("lie", "its parser crashed"),
        ("allocate", "needed more than 0.5 GB of memory to parse"),
        ("recurse", "nested too deep to be parsed"),
        ("none", ".none: no such format"),
    ],
)
def test_a_document_costs_only_itself(kind, reason):
    before, bad, after = document("tell"), document(kind), document("tell", f"{STORY} Again.")
    found = parsed(before, bad, after)
    assert [one.text for one in (found[0], found[2])] == [STORY, f"{STORY} Again."]
    assert found[1] == Skipped(bad.source, reason)


@pytest.mark.slow
# One waits, and is given four times as long by the clock; the other computes.
@pytest.mark.parametrize(("kind", "seconds"), [("hang", 5), ("spin_in_c", 8)])
def test_a_document_that_never_ends_is_ended(kind, seconds):
    limits = Limits(seconds=seconds, memory=500_000_000, modules=MODULES)
    found = parsed(document(kind), document("tell"), limits=limits, count=1)
    assert found[0].reason == f"took longer than {seconds} s to parse"
    assert found[1].text == STORY


@pytest.mark.slow
def test_what_came_before_a_failure_stays_and_noise_is_harmless():
    found = parsed(document("raise_something"), document("print_much"))
    assert found[0].text.endswith("Before it failed.")
    assert found[1].reason == "its parser failed (KeyError: 'a tag\\nthat is missing')"
    assert found[2].text == STORY


@pytest.mark.slow
def test_a_leak_is_not_blamed_on_the_document_that_found_it():
    found = parsed(*(document("grow", str(n)) for n in range(5)), count=1)
    assert [one.text for one in found] == [f"{STORY} {n}" for n in range(5)]


@pytest.mark.slow
def test_callables_run_once_everything_before_was_taken():
    taken, seen = [], []
    items = []
    for n in range(5):
        items += [document("tell", f"{STORY} {n}"), lambda n=n: seen.append((n, len(taken)))]
    with Workers(LIMITS, 2) as workers:
        for one in workers.in_order(items, ReadOptions()):
            taken.append(one)
    assert seen == [(n, n + 1) for n in range(5)]


@pytest.mark.slow
def test_both_cores_parse_a_folder(tmp_path):
    for n in range(40):
        (tmp_path / f"{n:02}.tell").write_text(f"{STORY} {n}")
    found = list(read_sources([str(tmp_path)]))
    assert [one.text for one in found] == [f"{STORY} {n}" for n in range(40)]
    assert found[0].sources == (str(tmp_path / "00.tell"),)
    assert 1 <= len({one.title for one in found}) <= os.cpu_count()


@pytest.mark.slow
def test_markdown_that_takes_the_square_of_its_length_costs_only_itself(tmp_path, monkeypatch):
    limits = Limits(seconds=8, memory=500_000_000)
    monkeypatch.setattr(isolated, "DEFAULT_LIMITS", limits)
    (tmp_path / "a.md").write_text("[" * 2_000_000)
    (tmp_path / "b.md").write_text(f"# A ferry\n\n{STORY}")
    skipped, article = read_sources([str(tmp_path)])
    assert "took longer than 8 s" in skipped.reason
    assert (article.title, article.text) == ("A ferry", STORY)


def test_texts_start_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    (tmp_path / "a.txt").write_text(STORY)
    assert [one.text for one in read_sources([str(tmp_path)])] == [STORY]


@pytest.mark.slow
def test_workers_end_with_a_reader_that_is_left_early(tmp_path):
    for n in range(20):
        (tmp_path / f"{n:02}.tell").write_text(f"{STORY} {n}")
    (tmp_path / "99.hang").write_text("")
    reading = read_sources([str(tmp_path)])
    pid = int(next(reading).title.rpartition(" ")[2])
    assert alive(pid)
    reading.close()
    assert not alive(pid)


_SCRIPT = """
import signal, sys
# A shell that starts its jobs in the background has them ignore Ctrl-C, and tests may be such a job.
signal.signal(signal.SIGINT, signal.default_int_handler)
from rag.ingest import isolated, read_sources
isolated.DEFAULT_LIMITS = isolated.Limits(modules=("tests.rag.ingest.hostile",))
import tests.rag.ingest.hostile
for one in read_sources([sys.argv[1]]):
    print(one.title, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_a_script_that_is_killed(tmp_path, sent):
    # A script without `if __name__ == "__main__"`; its second document never ends.
    (tmp_path / "script.py").write_text(_SCRIPT)
    news = tmp_path / "news"
    news.mkdir()
    (news / "1.tell").write_text(STORY)
    (news / "2.hang").write_text("")
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py"), str(news)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        text=True,
    ) as script:
        pid = int(script.stdout.readline().rpartition(" ")[2])
        children = children_of(script.pid)
        assert pid in children
        os.killpg(script.pid, sent) if sent == signal.SIGINT else script.kill()
        script.wait(60)
    for _ in range(600):
        if not any(alive(child) for child in children):
            break
        time.sleep(0.1)
    assert not any(alive(child) for child in children)


@pytest.mark.slow
def test_bombs_among_pages_cost_only_themselves(tmp_path):
    pytest.importorskip("rag.ingest.formats.html")
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bombs = {
        "deep": "<div>" * 100_000 + STORY,
        "entities": f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY e0 "x">{entities}]>'
        f"<html><body><p>&e11;</p></body></html>",
        "attributes": f"<p {' '.join(f'a{n}=1' for n in range(200_000))}>{STORY}</p>",
        "nul": "\0" * 1_000_000,
        "open": "<a<b<c" * 500_000,
        "empty": "",
    }
    for name, text in bombs.items():
        (tmp_path / f"{name}.html").write_text(text)
    with (tmp_path / "line.html").open("wb") as stream:
        stream.truncate(100_000_000)
    paragraph = f"<p>{STORY} It was the third cancellation of the month, the company said.</p>"
    (tmp_path / "zz.html").write_text(
        f"<html><head><title>Ferry cancelled</title></head><body><article><h1>Ferry cancelled</h1>"
        f"{paragraph}{paragraph.replace('third', 'second')}</article></body></html>"
    )
    found = list(read_sources([str(tmp_path)]))
    assert len(found) == len(bombs) + 2
    assert STORY in found[-1].text
    why = {Path(one.source).stem: one.reason for one in found if isinstance(one, Skipped)}
    assert why["line"] == "too large: 100,000,000 bytes; the limit is 20,000,000"
    assert {"nul", "empty"} <= why.keys()
