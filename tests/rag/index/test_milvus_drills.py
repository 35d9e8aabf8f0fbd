"""Writers and servers that die, stop, or write at once: an index in Milvus is whole after each of them."""

import threading

import pytest

pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")

import rag.index.milvus.lease as leases
import rag.index.milvus.server as calls
from rag.errors import IndexLockedError, IndexMismatchError, IndexStoreError
from rag.index.milvus import MilvusIndex
from rag.index.milvus import writer as writing
from rag.retrieval.retriever import Retriever
from rag.types import Filters
from tests.conftest import HashEncoder
from tests.rag.index.milvus_parts import BUDGET, LiteServer, Writing, check_whole
from tests.rag.stories import story

pytestmark = pytest.mark.slow
ALL = 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return a server that no test kills."""
    made = LiteServer(tmp_path_factory.mktemp("milvus") / "server.db")
    yield made
    made.kill()


@pytest.fixture
def mortal(tmp_path):
    """Return a server of this test's own."""
    made = LiteServer(tmp_path / "server.db")
    yield made
    made.kill()


@pytest.fixture
def impatient(monkeypatch):
    """Have calls to a server that is away fail soon."""
    for name in ("_READ_SECONDS", "_WRITE_SECONDS", "_CONNECT_SECONDS"):
        monkeypatch.setattr(calls, name, 2.0)


def opened(name):
    return MilvusIndex.open(name, create=True, encoder=HashEncoder(), budget=BUDGET)


def seen(index):
    """Return what readers see: articles, and what both searches find."""
    vector = index.encode(["harbour"])[0]
    with index.view() as view:
        dense = view.search_dense(vector, ALL, Filters())
        words = view.search_lexical("harbour of Lindau", ALL, Filters())
        held = view.features([number for number, _ in dense])
    return [one.id for one in index.articles()], dense, words, sorted(held)


def ids(index):
    return {one.id for one in index.articles()}


def of(*numbers):
    return {story(number).id for number in numbers}


# A writer that is killed


@pytest.mark.parametrize(
    ("moment", "count", "kept"),
    [
        # The first calls are those of the add that went well.
        ("rag.index.milvus.writer:count_terms", 2, (1,)),
        ("rag.index.milvus.writer:publish", 2, (1,)),
        ("rag.index.milvus.writer:forget_older", 2, (1, 2)),
    ],
)
def test_a_killed_write_is_seen_whole_or_not_at_all(server, moment, count, kept, request):
    name = server.name(f"killed_{abs(hash(request.node.name))}")
    Writing(name, (1, 2), moment, count).killed()
    with opened(name) as index:
        assert ids(index) == of(*kept)
        before = seen(index)
        assert len(before[1]) == len(before[2]) == index.counts()["chunks"]
        # Known to be dead at once: it was a process of this machine.
        report = index.add([story(2), story(3)])
        assert report.added == 4 - len(kept) - 1
        assert ids(index) == of(1, 2, 3)
        check_whole(index)
        found = Retriever(index).search(story(2).text[:60], 3)
        assert found[0].article.id == story(2).id


def test_a_killed_update_and_a_killed_creation_are_gone_on_with(server, monkeypatch):
    name = server.name("created_in_part")
    Writing(name, (1,), "rag.index.milvus.index:publish").killed()
    with opened(name) as index:
        index.add([story(1), story(2)])
        before = seen(index)

        class Died(BaseException):
            pass

        def die(*_):
            raise Died

        # All rows of another version, of an article less, and their words, but no head.
        for change in (
            lambda: index.add([story(1, sentences=9)]),
            lambda: index.remove([story(2).id]),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(writing, "publish", die)
                with pytest.raises(Died):
                    change()
            assert seen(index) == before
        index.add([story(3)])
        assert ids(index) == of(1, 2, 3)
        assert index.versions(story(1).id) == []
        check_whole(index)


# Writers at once


def test_a_second_writer_is_told_who_writes(server):
    name = server.name("held")
    with opened(name) as index:
        index.add([story(1)])
        holder = Writing(name, ())
        assert holder.said() == "writing"
        with pytest.raises(
            IndexLockedError, match=rf"process {holder.process.pid} on .* is writing"
        ):
            index.add([story(2)])
        holder.process.stdin.write("\n")
        holder.process.stdin.close()
        holder.process.stdin = None
        assert holder.end() == "done"
        assert index.add([story(2)]).added == 1
        check_whole(index)


def test_writers_of_several_processes_and_threads_leave_a_whole_index(server):
    name = server.name("many")
    with opened(name) as index:
        index.add([story(0)])
        others = [Writing(name, range(10 * n, 10 * n + 3)) for n in (1, 2)]
        added = []

        def add(number):
            try:
                index.add([story(number)])
            except IndexLockedError:
                return
            added.append(number)

        threads = [threading.Thread(target=add, args=(number,)) for number in (40, 41)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        said = [other.end() for other in others]
        assert all(one == "done" or one.startswith("IndexLockedError") for one in said), said
        held = ids(index)
        assert of(0, *added) <= held <= of(0, 40, 41, *range(10, 13), *range(20, 23))
        for n, one in enumerate(said, 1):
            assert one != "done" or of(*range(10 * n, 10 * n + 3)) <= held
        index.add([story(50)])
        check_whole(index)


@pytest.mark.parametrize(
    ("moment", "count"),
    [
        # In the middle of its rows (twice each is looked for what an earlier write left), and at their end.
        ("rag.index.milvus.writer:ended", 7),
        ("rag.index.milvus.writer:publish", 2),
    ],
    ids=["rows", "head"],
)
def test_a_writer_that_stood_still_is_kept_out_after_a_takeover(
    server, moment, count, monkeypatch, request
):
    monkeypatch.setattr(leases, "DEAD_SECONDS", 1.5)
    name = server.name(f"stopped_{request.node.callspec.id}")
    old = Writing(name, (1, 2), moment, count, "SIGSTOP", elsewhere=True)
    old.stopped()
    with opened(name) as index:
        assert ids(index) == of(1)
        assert index.add([story(3)]).added == 1
        before = seen(index)
        assert before[0] == [story(1).id, story(3).id]
        said = old.go_on()
        assert said.startswith("IndexLockedError"), said
        assert "another writer took over" in said
        assert seen(index) == before
        check_whole(index)
        index.add([story(2)])
        assert ids(index) == of(1, 2, 3)
        check_whole(index)


def test_a_living_writer_elsewhere_is_not_taken_for_dead(server, monkeypatch):
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.3)
    monkeypatch.setattr(leases, "DEAD_SECONDS", 30.0)
    name = server.name("alive")
    with opened(name) as index, opened(name) as other, index.writer():
        monkeypatch.setattr(leases, "_is_here", lambda told: False)
        with pytest.raises(IndexLockedError, match="is writing to this index"):
            other.add([story(1)])


# A server that is killed


@pytest.mark.parametrize(
    ("moment", "kept"), [("count_terms", (1,)), ("publish", (1,)), ("forget_older", (1, 2))]
)
def test_a_server_that_is_killed_comes_back_with_whole_revisions(
    mortal, impatient, monkeypatch, moment, kept
):
    name = mortal.name("news")
    with opened(name) as index:
        index.add([story(1)])
        before = seen(index)
        original = getattr(writing, moment)

        def die(*given):
            mortal.kill()
            return original(*given)

        with monkeypatch.context() as patch:
            patch.setattr(writing, moment, die)
            if kept == (1,):
                with pytest.raises(IndexStoreError, match="cannot be reached now") as told:
                    index.add([story(2)])
                assert "\n" not in str(told.value)
            else:
                assert index.add([story(2)]).added == 1
        with pytest.raises(IndexStoreError, match="cannot be reached now") as told:
            index.revision  # noqa: B018
        assert "\n" not in str(told.value)
        with pytest.raises(IndexStoreError, match="cannot be reached now"):
            opened(name)
        mortal.start()
        for name_kept in (index, opened(name)):
            assert ids(name_kept) == of(*kept)
            if kept == (1,):
                assert seen(name_kept) == before
        assert index.add([story(2), story(3)]).added == 3 - len(kept)
        assert ids(index) == of(1, 2, 3)
        check_whole(index)


def test_a_view_goes_on_when_its_server_is_back(mortal, impatient):
    with opened(mortal.name("news")) as index:
        index.add([story(1)])
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            before = view.search_dense(vector, 9, Filters())
            mortal.kill()
            with pytest.raises(IndexStoreError, match="cannot be reached now"):
                view.search_dense(vector, 9, Filters())
            mortal.start()
            assert view.search_dense(vector, 9, Filters()) == before


def test_a_lost_acknowledgement_writes_nothing_twice(server, monkeypatch):
    with opened(server.name("twice")) as index:
        index.add([story(1)])
        original = calls.Server.put

        def put(self, collection, rows, *, new):
            original(self, collection, rows, new=new)
            original(self, collection, rows, new=new)

        with monkeypatch.context() as patch:
            patch.setattr(calls.Server, "put", put)
            index.add([story(2), story(1, sentences=9)])
        assert ids(index) == {story(1, sentences=9).id, story(2).id}
        assert len(seen(index)[1]) == index.counts()["chunks"]
        check_whole(index)


def test_a_writer_whose_write_failed_writes_no_more(server, monkeypatch):
    with opened(server.name("failed")) as index, index.writer() as writer:
        writer.add([story(1)])

        def fail(*_):
            raise IndexStoreError("no room")

        with monkeypatch.context() as patch:
            patch.setattr(writing, "publish", fail)
            with pytest.raises(IndexStoreError, match="no room"):
                writer.add([story(2)])
        with pytest.raises(IndexStoreError, match="a write failed before"):
            writer.add([story(3)])


# What an index is


def test_another_model_or_dimension_is_refused_with_both_values(server):
    name = server.name("identity")
    with opened(name) as index:
        index.add([story(1)])
    for other, part in (
        (HashEncoder("other"), "name hash-32, the model given has other"),
        (HashEncoder(dimension=16), "dimension 32, the model given has 16"),
        (HashEncoder(salt="x"), "weights_sha256 "),
    ):
        with pytest.raises(IndexMismatchError, match=part):
            MilvusIndex.open(name, encoder=other)
    with MilvusIndex.open(name, encoder=HashEncoder()) as index:
        assert index.built_with.budget == BUDGET


def test_a_collection_of_something_else_is_left_alone(server):
    with opened(server.name("mine")) as index:
        store, names = index.parts
        schema = store.new_schema()
        from pymilvus import DataType

        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("v", DataType.FLOAT_VECTOR, dim=2)
        indexes = store.new_indexes()
        indexes.add_index("v", index_type="FLAT", metric_type="IP")
        store.create("theirs", schema, indexes)
        store.put("theirs", [{"id": 1, "v": [1.0, 0.0]}], new=True)
        with pytest.raises(IndexStoreError, match="theirs that is of no index; name another one"):
            opened(server.name("theirs"))
        assert store.count("theirs", "id == 1") == 1
        assert names.chunks == "mine"


def test_a_question_takes_few_requests_however_many_words_it_has(server, monkeypatch):
    sent = []
    call = calls.Server._call

    def counted(self, method, *args, **options):
        sent.append(method)
        return call(self, method, *args, **options)

    with opened(server.name("few")) as index:
        index.add([story(n) for n in range(6)])
        retriever = Retriever(index)
        retriever.search("Which harbour was it?", 3)
        monkeypatch.setattr(calls.Server, "_call", counted)
        many = "Which harbour ordered new ferries in its year, in item 2, and which harbour did so in item 5?"
        assert len(retriever.search(many, 3)) == 3
    # The head; vectors; words of texts and of titles; the vocabulary; chunks; articles.
    assert sorted(sent) == ["query"] * 4 + ["search"] * 3
