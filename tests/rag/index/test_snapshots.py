"""Copies of an index: whole while others write, checked before they are put back, nothing lost."""

import sqlite3
import threading
from pathlib import Path

import pytest

from rag import Retriever
from rag.errors import IndexDamagedError, IndexLockedError, IndexStoreError, NoIndexError
from rag.index import Index
from rag.index.catalog import schema
from rag.index.chunking import ChunkBudget
from rag.index.lock import writer_lock
from rag.index.snapshots import restore, snapshot
from rag.index.verify import repair_index, verify_index
from tests.conftest import HashEncoder
from tests.folders import remove_folder
from tests.rag.stories import story

BUDGET = ChunkBudget(40, 1)


def opened(folder):
    return Index.open(folder, create=True, encoder=HashEncoder(), budget=BUDGET)


def ids(folder):
    with Index.open(folder, encoder=HashEncoder()) as index:
        return [article.id for article in index.articles()]


@pytest.fixture
def folder(tmp_path):
    with opened(tmp_path / "index") as index:
        index.add([story(n) for n in range(4)])
    return tmp_path / "index"


def test_a_copy_is_sound_and_holds_what_there_was(folder, tmp_path):
    with Index.open(folder) as index:
        assert snapshot(folder, tmp_path / "copy") == index.revision
    assert verify_index(tmp_path / "copy", quick=False) == []
    assert ids(tmp_path / "copy") == ids(folder)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy", "index"]


@pytest.mark.slow
def test_copies_taken_while_a_writer_commits_are_each_of_one_revision(folder, tmp_path):
    done = threading.Event()

    def write():
        with opened(folder) as index:
            for n in range(10, 22):
                index.add([story(n)])
                if n % 3 == 0:
                    index.remove([story(n).id])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    copies = []
    while not done.is_set() and len(copies) < 20:
        place = tmp_path / f"copy-{len(copies)}"
        copies.append((place, snapshot(folder, place)))
    writer.join()
    first = [story(n).id for n in range(4)]
    for place, revision in copies:
        with Index.open(place, encoder=HashEncoder()) as index:
            assert index.revision == revision
            with index.view():
                pass
        assert ids(place)[:4] == first
        assert verify_index(place, quick=False) == []


def test_a_copy_is_read_where_nothing_can_be_written(folder, tmp_path):
    snapshot(folder, tmp_path / "copy")
    assert not list((tmp_path / "copy").glob("*-wal"))


def test_a_place_that_is_taken_is_left_alone(folder, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter").touch()
    with pytest.raises(IndexStoreError, match="something is there already"):
        snapshot(folder, tmp_path / "taken")
    with pytest.raises(NoIndexError):
        snapshot(tmp_path / "taken", tmp_path / "copy")


def test_restoring_keeps_what_stood_there(folder, tmp_path):
    snapshot(folder, tmp_path / "copy")
    with opened(folder) as index:
        index.add([story(9)])
    aside = restore(tmp_path / "copy", folder)
    assert ids(folder) == [story(n).id for n in range(4)]
    assert ids(aside) == [*ids(folder), story(9).id]
    assert verify_index(folder, quick=False) == []
    assert restore(tmp_path / "copy", tmp_path / "new") is None
    assert ids(tmp_path / "new") == ids(folder)


def test_a_damaged_copy_is_refused_and_a_locked_index_left_alone(folder, tmp_path):
    snapshot(folder, tmp_path / "copy")
    before = ids(folder)
    with writer_lock(folder), pytest.raises(IndexLockedError):
        restore(tmp_path / "copy", folder)
    with sqlite3.connect(tmp_path / "copy" / schema.FILE) as connection:
        connection.execute("UPDATE articles SET text = 'Other words.' WHERE seq = 2")
    connection.close()
    with pytest.raises(IndexDamagedError, match="its row is not as it was written"):
        restore(tmp_path / "copy", folder)
    assert ids(folder) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy", "index"]


def test_derived_files_missing_from_a_copy_are_made_again(folder, tmp_path):
    snapshot(folder, tmp_path / "copy")
    remove_folder(tmp_path / "copy" / "lexical")
    assert restore(tmp_path / "copy", tmp_path / "new") is None
    assert ids(tmp_path / "new") == ids(folder)
    with Index.open(tmp_path / "new", encoder=HashEncoder()) as index, index.view():
        pass
    assert verify_index(tmp_path / "new", quick=False) == []


def test_repair_makes_anew_all_that_is_derived_and_names_what_is_not(folder):
    next(folder.glob("vectors-*.faiss")).write_bytes(b"")
    remove_folder(folder / "lexical")
    with sqlite3.connect(folder / schema.FILE) as connection:
        connection.execute("DELETE FROM sketches WHERE seq = 2")
        connection.execute("UPDATE articles SET outlet_key = 'x' WHERE seq = 3")
    connection.close()
    assert len(verify_index(folder, quick=False)) > 3
    repair_index(folder)
    assert verify_index(folder, quick=False) == []
    with sqlite3.connect(folder / schema.FILE) as connection:
        connection.execute("UPDATE chunks SET start = start + 1 WHERE id = 1")
    connection.close()
    repair_index(folder)
    assert [one.text for one in verify_index(folder, quick=False)] == [
        f"article {story(0).id}, chunk 1: its row is not as it was written"
    ]


def test_an_open_index_goes_on_with_what_was_restored(folder, tmp_path):
    with opened(tmp_path / "other") as other:
        other.add([story(n) for n in range(20, 24)])
        revision = other.revision
    with opened(folder) as index:
        assert index.revision == revision
        assert Retriever(index).search("harbour", 50)
        restore(tmp_path / "other", folder)
        found = Retriever(index).search("harbour", 50)
        assert {passage.article.id for passage in found} == {story(n).id for n in range(20, 24)}
        # What is added now is in the index that stands there, not in the one put aside.
        index.add([story(30)])
    assert ids(folder) == [*(story(n).id for n in range(20, 24)), story(30).id]
    (aside,) = tmp_path.glob("index.replaced-*")
    assert ids(aside) == [story(n).id for n in range(4)]
    assert verify_index(folder, quick=False) == verify_index(aside, quick=False) == []


def test_restoring_that_fails_half_way_leaves_the_index_where_it_was(folder, tmp_path, monkeypatch):
    snapshot(folder, tmp_path / "copy")
    rename = Path.rename

    def failing(self, target):
        if self.name.endswith(".part") and Path(target) == folder:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(IndexStoreError, match="Input/output error"):
        restore(tmp_path / "copy", folder)
    assert ids(folder) == [story(n).id for n in range(4)]
    assert not list(tmp_path.glob("index.replaced-*"))


def test_two_restores_in_one_second_keep_both_replaced_indexes(folder, tmp_path):
    snapshot(folder, tmp_path / "copy")
    kept = [restore(tmp_path / "copy", folder) for _ in range(3)]
    assert len(set(kept)) == 3
    for aside in kept:
        assert verify_index(aside, quick=False) == []
        # Nobody writes to an index that was put aside.
        assert not list(aside.glob("LOCK.holder*"))
    assert ids(folder) == [story(n).id for n in range(4)]
