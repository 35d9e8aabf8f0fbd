"""After an error a thread goes on: connections reopened, transactions rolled back, busy told from damaged."""

import shutil
import sqlite3

import pytest

from rag.errors import IndexDamagedError, IndexMismatchError, IndexStoreError
from rag.index import Index, catalog
from rag.index.catalog import schema
from rag.index.chunking import ChunkBudget
from rag.index.verify import verify_index
from rag.retrieval.retriever import Retriever
from tests.conftest import HashEncoder
from tests.folders import remove_folder
from tests.rag.stories import story

BUDGET = ChunkBudget(40, 1)


@pytest.fixture
def folder(tmp_path):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder(), budget=BUDGET) as index:
        index.add([story(n) for n in range(4)])
    return tmp_path / "index"


@pytest.fixture
def index(folder):
    with Index.open(folder, encoder=HashEncoder()) as opened:
        yield opened


def newer_format(folder):
    with sqlite3.connect(folder / schema.FILE) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    connection.close()


def garbage(folder):
    (folder / schema.FILE).write_bytes(b"no database" * 500)


@pytest.mark.parametrize(
    ("spoil", "error"), [(newer_format, IndexMismatchError), (garbage, IndexDamagedError)]
)
def test_thread_goes_on_once_a_sound_catalog_is_back(folder, index, tmp_path, spoil, error):
    assert index.counts()["articles"] == 4
    other = tmp_path / "other"
    with Index.open(other, create=True, encoder=HashEncoder(), budget=BUDGET) as made:
        made.add([story(9)])
    spoil(other)
    folder.rename(tmp_path / "aside")
    shutil.copytree(other, folder)
    for _ in range(2):
        with pytest.raises(error):
            index.counts()
    remove_folder(folder)
    (tmp_path / "aside").rename(folder)
    assert index.counts()["articles"] == 4
    assert len(Retriever(index).search("harbour")) > 1


@pytest.mark.parametrize(
    "place", ["rag.index.dense.load", "rag.index.lexical.load", "rag.index.catalog.newest_day"]
)
@pytest.mark.parametrize("message", ["database disk image is malformed", "disk I/O error"])
def test_a_failed_view_leaves_no_transaction_open(index, monkeypatch, place, message):
    def fail(*_args, **_kwargs):
        raise sqlite3.DatabaseError(message)

    monkeypatch.setattr(place, fail)
    for _ in range(2):
        with pytest.raises(IndexStoreError, match=message), index.view():
            pass
    monkeypatch.undo()
    with index.view() as view:
        assert view.chunks([1])


def test_a_compaction_that_is_interrupted_leaves_no_transaction_open(index, monkeypatch):
    def fail(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.index.dense.set_meta", fail)
    with pytest.raises(KeyboardInterrupt):
        index.compact()
    monkeypatch.undo()
    with index.view() as view:
        assert view.chunks([1])
    index.compact()


def locked(folder):
    """Return a connection that keeps everybody else out of the catalog."""
    connection = sqlite3.connect(folder / schema.FILE, isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def test_a_locked_catalog_is_not_called_damaged(folder, monkeypatch):
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05, raising=False)
    holder = locked(folder)
    try:
        for attempt in (
            lambda: Index.open(folder),
            lambda: verify_index(folder, quick=True),
        ):
            with pytest.raises(IndexStoreError, match=r"database is locked.*try again") as refused:
                attempt()
            assert not isinstance(refused.value, IndexDamagedError)
    finally:
        holder.close()
    assert verify_index(folder, quick=False) == []


@pytest.mark.parametrize(
    ("name", "damaged"),
    [
        ("SQLITE_BUSY", False),
        ("SQLITE_IOERR", False),
        ("SQLITE_IOERR_READ", False),
        ("SQLITE_CANTOPEN", False),
        ("SQLITE_FULL", False),
        ("SQLITE_CORRUPT", True),
        ("SQLITE_NOTADB", True),
        ("SQLITE_ERROR", True),
        (None, True),
    ],
)
def test_only_what_sqlite_calls_damage_is_called_so(index, name, damaged):
    error = sqlite3.DatabaseError("it failed")
    if name:
        error.sqlite_errorname = name
        error.sqlite_errorcode = getattr(sqlite3, name)

    class Failing:
        def execute(self, *_args):
            raise error

    for read in (
        lambda: catalog.revision(Failing()),
        lambda: catalog.chunks(Failing(), [1]),
        lambda: catalog.newest_day(Failing()),
    ):
        with pytest.raises(IndexStoreError, match="it failed") as refused:
            read()
        assert isinstance(refused.value, IndexDamagedError) == damaged
