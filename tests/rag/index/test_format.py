"""An index made by format 1 (kept here as it was written) is brought to today's, and answers as before."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from rag.index import Index, schema
from rag.index.verify import verify_index
from rag.retriever import Retriever
from tests.conftest import HashEncoder
from tests.rag.stories import story

OLD = Path(__file__).with_name("format_1") / "index"
# Made by adding stories 0 to 3, removing 1, adding 7.
HELD = [story(0).id, story(2).id, story(3).id, story(7).id]


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(OLD, tmp_path / "index"))


def test_it_is_migrated_and_nothing_is_embedded_again(folder, tmp_path):
    encoder = HashEncoder()
    with Index.open(folder, encoder=encoder) as index:
        assert [article.id for article in index.articles()] == HELD
        before = Retriever(index).search("Who ordered trams in Konstanz?", 50)
        index.add([])
    # The question, and the probes.
    assert len(encoder.texts) == 3
    assert verify_index(folder, quick=False) == []
    with Index.open(
        tmp_path / "fresh", create=True, encoder=encoder, budget=index_budget(folder)
    ) as fresh:
        fresh.add([story(n) for n in (0, 2, 3, 7)])
        again = Retriever(fresh).search("Who ordered trams in Konstanz?", 50)
    assert [(p.article.id, p.chunk.start, p.score) for p in before] == [
        (p.article.id, p.chunk.start, p.score) for p in again
    ]


def index_budget(folder):
    with Index.open(folder, encoder=HashEncoder()) as index:
        return index.built_with.budget


def test_a_migration_that_is_broken_off_leaves_the_old_format(folder, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "sum_rows", fail)
    with pytest.raises(KeyboardInterrupt):
        Index.open(folder)
    with sqlite3.connect(folder / schema.FILE) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == (
            "1",
        )
        columns = [row[1] for row in connection.execute("PRAGMA table_info(chunks)")]
    connection.close()
    assert "sum" not in columns
    monkeypatch.undo()
    with Index.open(folder, encoder=HashEncoder()) as index:
        assert [article.id for article in index.articles()] == HELD
