"""Indexes to copy, what a copy must have of them, and copying that is killed at a named moment."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import date
from importlib import import_module
from pathlib import Path

from rag.index import Index, copying
from rag.index.chunking import ChunkBudget
from rag.ingest.article import make_article
from rag.types import Position
from tests.conftest import HashEncoder
from tests.rag.stories import story

ROOT = Path(__file__).parents[3]
FOOTER = "Sign up for our morning letter and get five stories before breakfast."
POSITION = Position("state", offset=120, records=3)


def write_source(folder, count=40):
    """Write an index with versions, copies, furniture, pages, gaps in its numbers and a broken-off file."""
    with Index.open(folder, create=True, encoder=HashEncoder(), budget=ChunkBudget(40, 1)) as index:
        index.add(lake_story(n) for n in range(count))
        # A correction, a copy of another outlet, a report of another's, a document of pages.
        index.add([lake_story(3, sentences=9), story(5, outlet="Echo", source="/echo/5.txt")])
        pages = make_article(
            text="Trams ran.\n\nBells rang.", source="/a.pdf", pages=(0, 12), retells="Lake Wire",
            published=date(2024, 5, 6), date_origin="text", published_at="2024-05-06T10:00:00+02:00",
        )  # fmt: skip
        index.add([pages, story(7, source="/again/7.txt", outlet="Lake Wire")])
        index.remove([lake_story(0).id, lake_story(11).id])
        index.add([story(500)], positions={"/news/wire.jsonl": POSITION})
    return folder


def lake_story(number, **more):
    """Return an article of one outlet, with an address and the furniture of all its pages."""
    one = story(number, **more)
    return make_article(
        text=f"{one.text}\n\n{FOOTER}",
        source=f"/news/{number}.txt",
        title=one.title,
        outlet="Lake Wire",
        url=f"https://lake.example/{number}",
        published=date(2024, 1, number % 28 + 1),
        authors=("Ada Holm",),
    )


def rows(folder):
    """Return all rows of a folder's catalog by table, but those that tell of its files."""
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        found = {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in tables
            if name not in ("derived", "removed")
        }
    found["meta"] = [row for row in found["meta"] if row[0] not in ("sum", "ivf_stats")]
    return found


@contextmanager
def small_batches(articles=10):
    """Copy in batches of some articles."""
    before = copying.BATCH_ARTICLES
    copying.BATCH_ARTICLES = articles
    try:
        yield
    finally:
        copying.BATCH_ARTICLES = before


def killed(source, target, moment, count=1):
    """Copy in another process, which kills itself just before the ``count``-th call of a function.

    Parameters
    ----------
    moment
        ``module:Class.method``, or ``module:function`` as the module that calls it has it.
    """
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.rag.index.copied",
            str(source),
            str(target),
            moment,
            str(count),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def _kill_at(moment, count):
    module, _, path = moment.partition(":")
    *owners, name = path.split(".")
    owner = import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    original, calls = getattr(owner, name), [0]

    def called(*arguments, **options):
        calls[0] += 1
        if calls[0] == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **options)

    setattr(owner, name, called)


def without_room(source, target, size):
    """Copy in another process that can write no file longer than some bytes; return the error's text."""
    code = (
        "import resource, signal, sys; from rag.index.copying import copy_index\n"
        "from rag.errors import PressciteError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)\n"
        "try: copy_index(sys.argv[1], sys.argv[2])\n"
        "except PressciteError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(source), str(target), str(size)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by_copying(source, target):
    """Return the modules that a process has after copying."""
    code = (
        "import json, sys; from rag.index.copying import copy_index;"
        "copy_index(sys.argv[1], sys.argv[2]); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(source), str(target)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


if __name__ == "__main__":
    _kill_at(sys.argv[3], int(sys.argv[4]))
    with small_batches():
        copying.copy_index(sys.argv[1], sys.argv[2])
