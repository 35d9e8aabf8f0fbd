"""Copies into Milvus, out of it, and from one to another, over milvus-lite's gRPC server."""

import pytest

pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")

from rag.errors import IndexDamagedError, IndexLockedError, IndexStoreError, UnfinishedCopyError
from rag.index import Index
from rag.index.copying import copy_index
from rag.index.milvus import MilvusIndex, milvus_address
from rag.index.milvus import writer as milvus_writer
from rag.index.milvus.lease import writer_lease
from rag.index.opening import open_index
from rag.index.verify import verify_index
from rag.retrieval.retriever import Retriever
from tests.conftest import HashEncoder
from tests.rag.index.copied import POSITION, killed, lake_story, rows, small_batches, write_source
from tests.rag.index.milvus_parts import LiteServer
from tests.rag.stories import story

pytestmark = pytest.mark.slow
QUESTIONS = ("Who ordered new trams in Lindau?", "bells", "harbour of Konstanz")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_source(tmp_path_factory.mktemp("copied") / "source")


@pytest.fixture(scope="module")
def in_milvus(source, tmp_path_factory):
    """Return the name of a copy in milvus-lite."""
    name = f"milvus-lite:{tmp_path_factory.mktemp('milvus') / 'copy.db'}"
    with small_batches():
        report = copy_index(source, name)
    assert (report.articles, report.versions, report.resumed) == (42, 1, 0)
    return name


def lite(tmp_path, name="copy.db"):
    return f"milvus-lite:{tmp_path / name}"


def everything(name):
    """Return what an index holds, as whoever opens it sees it."""
    with open_index(name, encoder=HashEncoder()) as index:
        articles = list(index.articles())
        with index.view() as view:
            features = view.features(range(1, 2000))
        return {
            "articles": articles,
            "vectors": {number: one.vector.tobytes() for number, one in features.items()},
            "groups": {number: (one.copy_group, one.article) for number, one in features.items()},
            "versions": {one.id: index.versions(one.id) for one in articles},
            "copies": {one.id: index.copies(one.id) for one in articles},
            "counts": index.counts(),
            "boilerplate": index.boilerplate(),
            "positions": index.positions(),
            "built": index.built_with,
            "listed": index.list_articles(limit=100),
        }


def test_a_copy_in_milvus_holds_what_the_folder_does(source, in_milvus):
    assert everything(in_milvus) == everything(source)
    with open_index(in_milvus) as index:
        assert index.positions() == {"/news/wire.jsonl": POSITION}
        assert index.successor("none") is None


def test_a_copy_in_milvus_finds_what_the_folder_does(source, in_milvus):
    for question in QUESTIONS:
        with open_index(source, encoder=HashEncoder()) as index:
            wanted = {one.chunk.id: one.score for one in Retriever(index).search(question, 500)}
        with open_index(in_milvus, encoder=HashEncoder()) as index:
            got = {one.chunk.id: one.score for one in Retriever(index).search(question, 500)}
        # Tantivy counts words of what was removed.
        assert got == pytest.approx(wanted, abs=0.01)


def test_back_from_milvus_every_row_is_the_same(source, in_milvus, tmp_path):
    report = copy_index(in_milvus, tmp_path / "back")
    assert report.articles == 42
    with open_index(in_milvus) as index:
        revision = index.revision
    assert report.revision == revision
    assert rows(tmp_path / "back") == _at(rows(source), revision)
    assert verify_index(tmp_path / "back", quick=False) == []


def _at(found, revision):
    """Return rows of a catalog as they are at another revision."""
    meta = [
        ("revision", str(revision)) if key == "revision" else (key, value)
        for key, value in found["meta"]
    ]
    return found | {"meta": meta}


def test_from_one_milvus_to_another_and_on_from_there(source, in_milvus, tmp_path):
    copy_index(in_milvus, lite(tmp_path))
    assert everything(lite(tmp_path)) == everything(source)
    # What comes next is numbered and grouped as in the folder.
    copy_index(source, tmp_path / "folder")
    for name in (lite(tmp_path), tmp_path / "folder"):
        with open_index(name, encoder=HashEncoder()) as index:
            report = index.add(
                [story(900), lake_story(12, sentences=4), story(13, outlet="Echo", source="/e")]
            )
            assert (report.added, report.updated, report.unchanged) == (2, 1, 0)
    there, here = everything(lite(tmp_path)), everything(tmp_path / "folder")
    there["versions"] = {
        name: [one.content_hash for one in own] for name, own in there["versions"].items()
    }
    here["versions"] = {
        name: [one.content_hash for one in own] for name, own in here["versions"].items()
    }
    assert there == here


def test_a_taken_name_is_refused_and_left(source, in_milvus, tmp_path):
    before = everything(in_milvus)
    with pytest.raises(IndexStoreError, match="an index is there already"):
        copy_index(source, in_milvus)
    assert everything(in_milvus) == before


PUT = "rag.index.milvus.copying:_MilvusTarget.put"
MOMENTS = [
    (PUT, 3, 20),
    # A batch whose articles, chunks or words are there, and its head is not.
    ("rag.index.milvus.copying:chunk_rows", 25, 20),
    ("rag.index.milvus.copying:count_terms", 3, 20),
    ("rag.index.milvus.copying:publish", 4, 20),
    ("rag.index.milvus.copying:create", 1, 0),
    ("rag.index.copying:_verify", 1, 42),
]


@pytest.mark.parametrize(("moment", "count", "held"), MOMENTS)
def test_a_killed_copy_opens_for_nobody_and_goes_on(source, tmp_path, moment, count, held):
    killed(source, lite(tmp_path), moment, count)
    for create in (False, True):
        with pytest.raises(UnfinishedCopyError, match="run the same `presscite copy` again"):
            MilvusIndex.open(lite(tmp_path), create=create)
    other = write_source(tmp_path / "other", count=12)
    with pytest.raises(UnfinishedCopyError, match="was begun there"):
        copy_index(other, lite(tmp_path))
    assert copy_index(source, lite(tmp_path)).resumed == held
    assert everything(lite(tmp_path)) == everything(source)
    with open_index(lite(tmp_path), encoder=HashEncoder()) as index:
        got = {one.chunk.id: one.score for one in Retriever(index).search("new trams", 500)}
    with open_index(source, encoder=HashEncoder()) as index:
        wanted = {one.chunk.id: one.score for one in Retriever(index).search("new trams", 500)}
    assert got == pytest.approx(wanted, abs=0.01)


def test_a_killed_copy_out_of_milvus_goes_on(source, in_milvus, tmp_path):
    killed(in_milvus, tmp_path / "back", "rag.index.copy_folder:_FolderTarget.put", 3)
    assert copy_index(in_milvus, tmp_path / "back").resumed == 20
    assert rows(tmp_path / "back")["chunks"] == rows(source)["chunks"]
    assert rows(tmp_path / "back")["articles"] == rows(source)["articles"]


def test_a_copy_begins_again_where_its_source_lost_what_was_copied(tmp_path):
    source = write_source(tmp_path / "source")
    killed(source, lite(tmp_path), PUT, 3)
    with Index.open(source, encoder=HashEncoder()) as index:
        index.remove([next(index.articles()).id])
    report = copy_index(source, lite(tmp_path))
    assert (report.resumed, report.articles, report.restarted) == (0, 41, True)
    assert everything(lite(tmp_path)) == everything(source)


def test_what_a_writer_removes_meanwhile_stays_for_the_copy(source, tmp_path, monkeypatch):
    name = lite(tmp_path)
    copy_index(source, name)
    before = everything(name)
    # Without the copy's hold the second writer would delete what the first one ended.
    monkeypatch.setattr(milvus_writer, "VIEW_SECONDS", -1.0)
    monkeypatch.setattr("rag.index.milvus.copying._LITE_BLOCK", 10)
    monkeypatch.setattr(milvus_writer, "CLOCK_SECONDS", 0.0)

    def write(stage, done, total):
        if (stage, done) == ("copying", 10):
            for _ in range(2):
                with open_index(name, encoder=HashEncoder()) as index:
                    index.remove([one.id for one in index.articles()][20:30])

    with small_batches():
        report = copy_index(name, tmp_path / "back", write)
    assert report.newest_revision == report.revision + 2
    assert everything(tmp_path / "back") == before
    # The next writer deletes them: nobody holds the revision any more.
    with open_index(name, encoder=HashEncoder()) as index:
        index.add([story(800)])
        server, names = index.parts
        assert server.count(names.articles, f"died <= {report.revision + 1}") == 0
    with open_index(name) as index:
        assert index.counts()["articles"] == 23


def test_rows_that_a_server_lost_are_told(source, tmp_path):
    name = lite(tmp_path)
    copy_index(source, name)
    with open_index(name) as index:
        server, names = index.parts
        server.delete(names.chunks, "chunk in [60]")
    with pytest.raises(IndexDamagedError, match=r"chunks could be read of") as caught:
        copy_index(name, tmp_path / "back")
    assert str(caught.value).startswith(name)
    assert not (tmp_path / "back").exists()


@pytest.fixture
def server(tmp_path):
    made = LiteServer(tmp_path / "server")
    yield made
    made.kill()


def test_a_copy_on_a_server_goes_on_after_both_were_killed(source, server, tmp_path):
    name = server.name("news")
    killed(source, name, "rag.index.milvus.copying:publish", 4)
    server.kill()
    with pytest.raises(IndexStoreError, match="cannot be reached now"):
        copy_index(source, name)
    server.start()
    assert copy_index(source, name).resumed == 20
    assert everything(name) == everything(source)
    killed(name, tmp_path / "back", "rag.index.copy_folder:_FolderTarget.put", 3)
    assert copy_index(name, tmp_path / "back").resumed == 20
    assert everything(tmp_path / "back") == everything(source)


def test_two_do_not_copy_to_one_place(source, server):
    name = server.name("news")
    with (
        MilvusIndex(milvus_address(name)) as index,
        writer_lease(*index.parts),
        pytest.raises(IndexLockedError, match="is writing to this index"),
    ):
        copy_index(source, name)
    assert copy_index(source, name).resumed == 0


def test_a_copy_that_another_one_took_over_ends(source, server):
    name = server.name("news")

    def take_over(stage, done, total):
        if (stage, done) == ("copying", 20):
            # As after a pause that was longer than anybody waits.
            with MilvusIndex(milvus_address(name)) as index:
                connection, names = index.parts
                connection.drop(names.writer)
            assert copy_index(source, name).resumed == 20

    with small_batches(), pytest.raises(IndexLockedError, match="another writer took over"):
        copy_index(source, name, take_over)
    assert everything(name) == everything(source)


def test_a_collection_of_something_else_is_left(source, server):
    name = server.name("news")
    with MilvusIndex(milvus_address(name)) as index:
        connection, names = index.parts
        connection.connected().create_collection(names.chunks, dimension=4)
        with pytest.raises(IndexStoreError, match="a collection has that name and is no index"):
            copy_index(source, name)
        assert connection.exists(names.chunks)
