"""Copies of index folders: the same rows and answers, whatever ends the copying in between."""

import os
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from rag.errors import (
    IndexDamagedError,
    IndexLockedError,
    IndexStoreError,
    NoIndexError,
    QueryError,
    UnfinishedCopyError,
)
from rag.index import Index
from rag.index.catalog import draft_of
from rag.index.chunking import ChunkBudget
from rag.index.copying import copy_index
from rag.index.lock import writer_lock
from rag.index.snapshots import snapshot
from rag.index.verify import repair_index, verify_index
from rag.retrieval.retriever import Retriever
from rag.types import Filters
from tests.conftest import HashEncoder
from tests.folders import remove_folder
from tests.rag.index.copied import (
    POSITION,
    killed,
    loaded_by_copying,
    rows,
    small_batches,
    without_room,
    write_source,
)
from tests.rag.stories import story


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_source(tmp_path_factory.mktemp("copied") / "source")


def found(folder, question):
    with Index.open(folder, encoder=HashEncoder()) as index:
        return Retriever(index).search(question, 50)


def test_a_copy_has_every_row(source, tmp_path):
    stages = []
    report = copy_index(source, tmp_path / "copy", lambda *told: stages.append(told))
    assert rows(tmp_path / "copy") == rows(source)
    assert verify_index(tmp_path / "copy", quick=False) == []
    with Index.open(source) as before, Index.open(tmp_path / "copy") as after:
        assert after.counts() == before.counts()
        assert after.positions() == before.positions() == {"/news/wire.jsonl": POSITION}
        assert after.revision == before.revision == report.revision == report.newest_revision
        assert after.boilerplate() == before.boilerplate()
        assert (report.articles, report.chunks) == (
            before.counts()["articles"],
            before.counts()["chunks"],
        )
    assert (report.resumed, report.restarted, report.versions) == (0, False, 1)
    assert stages == [("copying", 42, 42), ("verifying", 42, 42)]


def test_a_copy_finds_the_same(source, tmp_path):
    copy_index(source, tmp_path / "copy")
    # Tantivy counts what was removed until its segments are merged: words written anew do not.
    snapshot(source, tmp_path / "before")
    remove_folder(tmp_path / "before" / "lexical")
    repair_index(tmp_path / "before")
    for question in ("Who ordered new trams in Lindau?", "bells", "harbour of Konstanz"):
        (first, *_) = passages = found(tmp_path / "before", question)
        assert found(tmp_path / "copy", question) == passages
        assert first.score > 0


def test_what_is_added_to_a_copy_gets_the_same_numbers(source, tmp_path):
    copy_index(source, tmp_path / "one")
    copy_index(source, tmp_path / "two")
    for name in ("one", "two"):
        with Index.open(tmp_path / name, encoder=HashEncoder()) as index:
            index.add([story(900)])
    assert rows(tmp_path / "one") == rows(tmp_path / "two") != rows(source)
    assert max(row[0] for row in rows(tmp_path / "one")["articles"]) > max(
        row[0] for row in rows(source)["articles"]
    )


def test_no_model_is_loaded(source, tmp_path):
    loaded = loaded_by_copying(source, tmp_path / "copy")
    assert "rag.index.copying" in loaded
    assert not {"onnxruntime", "tokenizers", "torch", "pymilvus"} & loaded


def test_an_index_without_articles_is_copied(tmp_path):
    with Index.open(tmp_path / "empty", create=True, encoder=HashEncoder()) as index:
        built = index.built_with
    assert copy_index(tmp_path / "empty", tmp_path / "copy").articles == 0
    with Index.open(tmp_path / "copy", encoder=HashEncoder()) as index:
        assert index.built_with == built
        assert index.add([story(1)]).added == 1


PUT = "rag.index.copy_folder:_FolderTarget.put"
MOMENTS = [
    (PUT, 3, 20),
    # Inside of the third batch's transaction.
    ("rag.index.copy_folder:catalog.set_meta", 4, 20),
    # All articles are there, and no description.
    ("rag.index.copying:_verify", 1, 42),
    ("rag.index.copy_folder:lexical.write_revision", 1, 42),
    # Described, with words and without vectors.
    ("rag.index.copy_folder:Writer.derive", 1, 42),
    ("rag.index.copy_folder:_FolderTarget.publish", 1, 42),
    ("rag.index.copy_folder:sync_folder", 1, None),
]


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "count", "held"), MOMENTS)
def test_a_killed_copy_is_no_index_and_goes_on(source, tmp_path, moment, count, held):
    target = tmp_path / "copy"
    killed(source, target, moment, count)
    if held is None:
        # Renamed: the copy is complete.
        assert not draft_of(target).exists()
        assert verify_index(target, quick=False) == []
        with pytest.raises(IndexStoreError, match="something is there already"):
            copy_index(source, target)
        return
    for create in (False, True):
        with pytest.raises(UnfinishedCopyError, match="run the same `presscite copy` again"):
            Index.open(target, create=create)
    assert not target.exists()
    assert copy_index(source, target).resumed == held
    assert rows(target) == rows(source)
    assert verify_index(target, quick=False) == []
    assert not draft_of(target).exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "count", "held"),
    [(PUT, 3, 20), ("rag.index.copy_folder:_FolderTarget.publish", 1, 42)],
)
def test_a_copy_goes_on_with_what_was_added_to_its_source_meanwhile(tmp_path, moment, count, held):
    source, target = write_source(tmp_path / "source"), tmp_path / "copy"
    killed(source, target, moment, count)
    with Index.open(source, encoder=HashEncoder()) as index:
        index.add([story(700)])
    report = copy_index(source, target)
    assert (report.resumed, report.articles, report.restarted) == (held, 43, False)
    assert rows(target) == rows(source)
    assert verify_index(target, quick=False) == []
    with Index.open(target) as index, index.view() as view:
        assert view.search_lexical("700", 10, Filters())
        assert len(view.search_dense(_vectors_of(view)[-1], 1000, Filters())) == report.chunks


@pytest.mark.slow
@pytest.mark.parametrize("moment", [(PUT, 3), ("rag.index.copy_folder:_FolderTarget.publish", 1)])
def test_a_copy_begins_again_where_its_source_lost_what_was_copied(tmp_path, moment):
    source, target = write_source(tmp_path / "source"), tmp_path / "copy"
    killed(source, target, *moment)
    with Index.open(source, encoder=HashEncoder()) as index:
        index.remove([next(index.articles()).id])
    report = copy_index(source, target)
    assert (report.resumed, report.articles, report.restarted) == (0, 41, True)
    assert rows(target) == rows(source)
    assert verify_index(target, quick=False) == []


def test_a_copy_that_is_interrupted_can_be_gone_on_with_at_once(source, tmp_path):
    def interrupt(stage, done, total):
        if done == 30:
            raise KeyboardInterrupt

    with small_batches():
        with pytest.raises(KeyboardInterrupt):
            copy_index(source, tmp_path / "copy", interrupt)
        assert copy_index(source, tmp_path / "copy").resumed == 30
    assert rows(tmp_path / "copy") == rows(source)


def test_one_revision_is_copied_while_others_write(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.index.copy_folder._BLOCK", 10)
    source = write_source(tmp_path / "source")
    before = rows(source)

    def write(stage, done, total):
        if (stage, done) == ("copying", 20):
            with Index.open(source, encoder=HashEncoder()) as index:
                index.remove([one.id for one in index.articles()][:30])

    with small_batches():
        report = copy_index(source, tmp_path / "copy", write)
    assert rows(tmp_path / "copy") == before != rows(source)
    assert report.newest_revision == report.revision + 1


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="limits of files are POSIX's")
@pytest.mark.parametrize("size", [60_000, 200_000, 400_000])
def test_a_full_disk_is_one_line_and_the_copy_goes_on_later(source, tmp_path, size):
    target = tmp_path / "copy"
    told = without_room(source, target, size)
    assert told.startswith(f"{target}")
    assert told.count("\n") == 1
    assert not target.exists()
    copy_index(source, target)
    assert rows(target) == rows(source)
    assert verify_index(target, quick=False) == []


def test_a_target_that_is_taken_is_refused_and_left(source, tmp_path):
    with Index.open(tmp_path / "other", create=True, encoder=HashEncoder()) as index:
        index.add([story(1)])
    before = rows(tmp_path / "other")
    with pytest.raises(IndexStoreError, match="something is there already; name a new folder"):
        copy_index(source, tmp_path / "other")
    assert rows(tmp_path / "other") == before
    with pytest.raises(QueryError, match="the index itself"):
        copy_index(source, source.parent / "." / source.name)
    with pytest.raises(NoIndexError, match="no index there"):
        copy_index(tmp_path / "none", tmp_path / "copy")
    assert not draft_of(tmp_path / "copy").exists()


def test_a_draft_of_something_else_is_refused(source, tmp_path):
    draft_of(tmp_path / "copy").mkdir()
    (draft_of(tmp_path / "copy") / "mine.txt").write_text("mine")
    with pytest.raises(IndexStoreError, match="something else is there; remove it"):
        copy_index(source, tmp_path / "copy")
    assert (draft_of(tmp_path / "copy") / "mine.txt").read_text() == "mine"


def test_a_copy_of_another_index_is_not_gone_on_with(source, tmp_path):
    other = write_source(tmp_path / "other", count=12)

    def interrupt(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_index(source, tmp_path / "copy", interrupt)
    with pytest.raises(UnfinishedCopyError, match=f"a copy of {source} was begun there"):
        copy_index(other, tmp_path / "copy")


def test_two_processes_do_not_make_one_copy(source, tmp_path):
    draft_of(tmp_path / "copy").mkdir()
    with (
        writer_lock(draft_of(tmp_path / "copy")),
        pytest.raises(IndexLockedError, match="is writing to this index"),
    ):
        copy_index(source, tmp_path / "copy")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE articles SET title = 'Other' WHERE seq = 9", "its row is not as it was written"),
        ("UPDATE articles SET hash = 'ff' WHERE seq = 9", "its content is not what was added"),
        ("UPDATE chunks SET vector = zeroblob(128) WHERE seq = 9", "chunk "),
        ("UPDATE chunks SET stop = 100000 WHERE seq = 9", "chunk "),
        ("UPDATE versions SET record = '{}'", "version 1: its row is not as it was written"),
        ("DELETE FROM meta WHERE key = 'built_with'", "does not say what it was built with"),
    ],
)
def test_damage_of_the_source_is_one_line_that_names_it(tmp_path, statement, told):
    source = write_source(tmp_path / "source")
    with closing(sqlite3.connect(source / "catalog.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()
    with pytest.raises(IndexDamagedError, match=told) as caught:
        copy_index(source, tmp_path / "copy")
    assert str(caught.value).startswith(f"{source}: ")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chunks SET vector = zeroblob(128) WHERE id = (SELECT max(id) FROM chunks)",
        "UPDATE articles SET title = 'Other' WHERE seq = 9",
        "DELETE FROM chunks WHERE id = (SELECT max(id) FROM chunks)",
        "DELETE FROM sources WHERE seq = 9",
    ],
)
def test_what_does_not_read_back_is_never_published(source, tmp_path, statement):
    def damage(stage, done, total):
        if done == total and stage == "copying":
            name = draft_of(tmp_path / "copy") / "catalog.sqlite"
            with closing(sqlite3.connect(name)) as connection:
                connection.execute(statement)
                connection.commit()

    with pytest.raises(IndexDamagedError, match=r"does not read back as it was .* begins anew"):
        copy_index(source, tmp_path / "copy", damage)
    assert not (tmp_path / "copy").exists()
    assert copy_index(source, tmp_path / "copy").resumed == 0
    assert rows(tmp_path / "copy") == rows(source)


def test_many_chunks_are_copied_in_several_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.index.copying.BATCH_CHUNKS", 7)
    with Index.open(
        tmp_path / "source", create=True, encoder=HashEncoder(), budget=ChunkBudget(40, 1)
    ) as index:
        index.add(story(n, sentences=20) for n in range(6))
        vectors = [one.tobytes() for one in np.stack(_vectors(index))]
    puts = []
    copy_index(tmp_path / "source", tmp_path / "copy", lambda stage, done, _: puts.append(done))
    assert len(puts) == 7
    with Index.open(tmp_path / "copy") as index:
        assert [one.tobytes() for one in _vectors(index)] == vectors


def _vectors(index):
    with index.view() as view:
        return _vectors_of(view)


def _vectors_of(view):
    return [one.vector for one in view.features(range(1, 1000)).values()]
