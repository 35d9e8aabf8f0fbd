"""What the ingest benchmark makes, and how it tells steps apart."""

import json
import os
import subprocess
import sys
import time

import pytest

from eval.lab.bench.ingest_pages import html_of, made_articles, write_archive, write_pages
from eval.lab.bench.ingest_steps import Clock
from rag.ingest import read_sources
from rag.types import Article
from tests.conftest import ROOT

pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")


def spend(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_a_step_has_the_time_that_steps_inside_it_have_not():
    clock = Clock()
    inner = clock.wrap("inner", lambda: spend(0.06))
    clock.wrap("outer", lambda: (spend(0.02), inner()))()
    assert list(clock.iterate("coming", [1, 2])) == [1, 2]
    assert clock.seconds["inner"] >= 0.06
    assert 0.02 <= clock.seconds["outer"] < clock.seconds["inner"]
    assert set(clock.seconds) == {"the rest", "inner", "outer", "coming"}


@pytest.mark.slow
def test_made_archives_hold_the_pages_they_say(tmp_path):
    path = tmp_path / "made.warc.gz"
    pages = write_archive(path, 40, plain=True)
    notes = []
    found = list(read_sources([str(path)], on_note=notes.append))
    assert pages == 12
    assert sum(isinstance(one, Article) for one in found) == 12
    assert notes[0].message.startswith("40 records: 12 pages, 12 of them articles, ")


@pytest.mark.slow
def test_made_pages_are_articles(tmp_path):
    write_pages(tmp_path, 3)
    found = list(read_sources([str(tmp_path)]))
    assert [isinstance(one, Article) for one in found] == [True] * 3
    assert all(one.title and one.published and "Section number" not in one.text for one in found)
    assert 5_000 < len(html_of(found[0])) < 60_000


@pytest.mark.slow
def test_adding_is_measured_by_step(tmp_path):
    path = tmp_path / "made.jsonl"
    path.write_text("".join(made_articles(3)))
    script = ROOT / "eval" / "lab" / "bench" / "ingest_steps.py"
    done = subprocess.run(
        [sys.executable, "-P", str(script), str(path), "3"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["articles"] == 3
    assert {"reading and cleaning", "chunking", "words (Tantivy)"} <= told["steps"].keys()
    assert sum(told["steps"].values()) <= told["cpu"] + 1
