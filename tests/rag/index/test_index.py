"""What adding and removing promise: whole or not at all, and nothing embedded twice."""

import threading
from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexLockedError, IndexStoreError
from rag.index import Index
from rag.index.batch import PreparedChunks
from rag.index.chunking import ChunkBudget, chunk_spans
from rag.index.lock import writer_lock
from rag.index.sketches import sketch
from rag.index.verify import verify_index
from rag.text.content_hash import content_hash
from rag.types import Article, Filters, Skipped
from tests.rag.stories import story

BUDGET = ChunkBudget(40, 1)


@pytest.fixture
def index(tmp_path, encoder):
    with Index.open(tmp_path / "index", create=True, encoder=encoder, budget=BUDGET) as made:
        yield made


def counts(report):
    return report.added, report.updated, report.unchanged


def embedded(index):
    """Return the texts of articles that were embedded; probes are not."""
    return [text for text in index.encoder.texts if "\n" in text]


def sound(index):
    return verify_index(index.folder, quick=False) == []


def test_added_articles_come_back_as_they_were(index):
    stories = [story(n) for n in range(3)]
    report = index.add(stories)
    assert counts(report) == (3, 0, 0)
    assert list(index.articles()) == stories
    assert index.article(stories[1].id) == stories[1]
    assert (
        report.chunks
        == index.counts()["chunks"]
        == sum(len(chunk_spans(s.text, BUDGET)) for s in stories)
    )
    with pytest.raises(KeyError):
        index.article("nobody")
    assert sound(index)


def test_every_chunk_is_a_slice_of_its_article(index):
    index.add([story(n) for n in range(3)])
    with index.view() as view:
        ids = [
            number for number, _ in view.search_dense(index.encode(["ferries"])[0], 99, Filters())
        ]
        found = view.chunks(ids)
    assert len(found) == index.counts()["chunks"]
    for chunk, owner, vector in found.values():
        assert owner.article.text[chunk.start : chunk.end] == chunk.text
        assert np.isclose(np.linalg.norm(vector), 1, atol=1e-5)


def test_the_same_again_is_unchanged_and_asks_no_model(tmp_path, encoder, index):
    index.add([story(n) for n in range(3)])
    revision, calls = index.revision, encoder.calls
    assert counts(index.add([story(n) for n in range(3)])) == (0, 0, 3)
    assert (index.revision, encoder.calls) == (revision, calls)


def test_chunks_that_were_made_elsewhere_are_taken_by_content(index):
    known, other = story(1), story(2)
    spans = [(0, 20), (20, len(known.text))]
    made = {content_hash(known): PreparedChunks(spans, [], sketch(known.text))}
    index.add([known, other], prepared=made)
    chunks = chunk_spans(other.text, BUDGET)
    assert index.counts()["chunks"] == len(spans) + len(chunks)
    assert f"{known.title}\n{known.text[:20]}" in index.encoder.texts
    assert sorted(index.contents()) == sorted((one.id, content_hash(one)) for one in (known, other))


def test_new_content_of_a_source_replaces_the_old(index):
    index.add([story(1), story(2)])
    (changed,) = [story(3, source="/news/1.txt")]
    assert counts(index.add([changed])) == (0, 1, 0)
    assert [a.id for a in index.articles()] == [story(2).id, changed.id]
    assert len(embedded(index)) == len(set(embedded(index)))
    assert sound(index)


def test_two_sources_of_one_content_are_one_article(index):
    report = index.add([story(1), story(1, source="/copy/1.txt")])
    assert counts(report) == (1, 0, 1)
    (only,) = index.articles()
    assert only.sources == ("/news/1.txt", "/copy/1.txt")
    assert len(embedded(index)) == report.chunks
    assert counts(index.add([story(1, source="/third/1.txt")])) == (0, 0, 1)
    assert len(embedded(index)) == report.chunks
    # One of them changes: the other still holds the article.
    index.add([story(2, source="/news/1.txt")])
    assert {a.sources for a in index.articles()} == {
        ("/copy/1.txt", "/third/1.txt"),
        ("/news/1.txt",),
    }
    assert sound(index)


def test_files_that_change_places_keep_their_articles(index):
    index.add([story(1, source="/a"), story(2, source="/b")])
    before = len(embedded(index))
    report = index.add([story(3, source="/a"), story(1, source="/b"), story(2, source="/c")])
    assert counts(report) == (0, 2, 1)
    held = {a.sources[0]: a.text for a in index.articles()}
    assert held == {"/a": story(3).text, "/b": story(1).text, "/c": story(2).text}
    assert len(embedded(index)) - before == len(chunk_spans(story(3).text, BUDGET))
    assert sound(index)


def test_one_id_with_two_contents_ends_as_the_last_says(index):
    first, second = story(1, id="x"), story(2, id="x")
    index.add([first])
    for items in ([second, first], [first, second, first]):
        index.add(items)
        (only,) = index.articles()
        assert (only.id, only.text) == ("x", first.text)
        assert sound(index)


def test_bad_items_leave_the_rest(index):
    report = index.add([story(1), Skipped("/news/bad.txt", "empty"), story(2)])
    assert counts(report) == (2, 0, 0)
    assert report.skipped == (Skipped("/news/bad.txt", "empty"),)


def test_an_article_without_a_source_is_its_own(index):
    article = Article("a1", story(1).text)
    assert counts(index.add([article])) == (1, 0, 0)
    assert counts(index.add([article])) == (0, 0, 1)
    assert index.article("a1").sources == ("a1",)


def test_a_model_that_fails_leaves_the_state_before(index, encoder, monkeypatch):
    index.add([story(1)])
    revision = index.revision
    monkeypatch.setattr(encoder, "encode", lambda texts: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(MemoryError):
        index.add([story(2), story(3)])
    monkeypatch.undo()
    assert index.revision == revision
    assert [a.id for a in index.articles()] == [story(1).id]
    assert counts(index.add([story(2)])) == (1, 0, 0)
    assert sound(index)


def test_a_source_that_breaks_off_leaves_whole_batches(index, monkeypatch):
    monkeypatch.setattr("rag.index.batch.BATCH_CHUNKS", 18)

    def items():
        yield from (story(n) for n in range(8))
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        index.add(items())
    kept = [a.id for a in index.articles()]
    assert kept == [story(n).id for n in range(len(kept))]
    assert 0 < len(kept) < 8
    assert sound(index)


def test_removing_is_all_or_nothing(index):
    index.add([story(n) for n in range(3)])
    with pytest.raises(KeyError, match="nobody"):
        index.remove([story(0).id, "nobody"])
    assert index.counts()["articles"] == 3
    assert index.remove([story(0).id, story(2).id, story(0).id]) == 2
    assert [a.id for a in index.articles()] == [story(1).id]
    with index.view() as view:
        found = view.search_dense(index.encode(["ferries"])[0], 99, Filters())
        words = view.search_lexical("Lindau Konstanz ordered", 99, Filters())
        assert {
            c.article_id for c, _, _ in view.chunks([n for n, _ in found + words]).values()
        } == {story(1).id}
        assert len(view.chunks([n for n, _ in found])) == len(found)
    assert sound(index)
    assert counts(index.add([story(0)])) == (1, 0, 0)


def test_removing_much_does_not_make_every_later_add_compact_again(index):
    index.add([story(n) for n in range(40)])
    index.remove([story(n).id for n in range(30)])
    compacted = sorted(p.name for p in index.folder.glob("vectors-*.faiss"))
    index.add([story(50, sentences=1)])
    assert sorted(p.name for p in index.folder.glob("vectors-*.faiss")) == compacted
    assert len(compacted) == 1
    assert sound(index)


def test_articles_are_found_by_id_url_path_and_stem(index, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    article = story(
        1, source=str(tmp_path / "news" / "one.txt"), url="https://example.org/1", id="n1"
    )
    line = story(2, source=f"{tmp_path / 'wire.jsonl'}#7", id="n2")
    index.add([article, line])
    for reference in (
        "n1",
        "https://example.org/1",
        "news/one.txt",
        str(tmp_path / "news" / "one.txt"),
        "one",
    ):
        assert index.resolve(reference) == ["n1"]
    assert index.resolve("wire.jsonl") == index.resolve("wire") == ["n2"]
    assert index.resolve("nobody") == index.resolve("a\0b") == index.resolve("%") == []
    # A path names its own lines, not those of a path that begins like it.
    assert index.resolve("/news/wire.json") == index.resolve("/news/wire.jsonl$") == []
    assert index.resolve("https://example.org/none/wire") == []


def test_near_copies_share_a_group(index):
    wire = story(1, sentences=12)
    copy = story(
        1,
        sentences=12,
        source="/copy",
        outlet="Courier",
        text=wire.text.replace("item 3", "part 3"),
    )
    index.add([wire, story(2, sentences=12), copy])
    with index.view() as view:
        ids = [
            number for number, _ in view.search_dense(index.encode(["ferries"])[0], 99, Filters())
        ]
        groups = {owner.article.id: owner.copy_group for _, owner, _ in view.chunks(ids).values()}
    assert groups[wire.id] == groups[copy.id] != groups[story(2, sentences=12).id]
    assert index.copies(copy.id) == [wire.id, copy.id]
    assert index.copies("nobody") == []


def test_text_that_is_no_unicode_names_nothing(index):
    index.add([story(1)])
    assert index.resolve("\udcff") == []
    for look_up in (index.article, lambda name: index.remove([name])):
        with pytest.raises(KeyError):
            look_up("\udcff")


# One writer, many readers


def test_second_writer_is_refused_and_told_who_writes(index):
    with writer_lock(index.folder):
        for write in (lambda: index.add([story(1)]), lambda: index.remove(["x"])):
            with pytest.raises(IndexLockedError, match=r"process \d+ \(since .*is writing"):
                write()
    assert counts(index.add([story(1)])) == (1, 0, 0)


def test_writing_while_writing_is_refused_too(index):
    def items():
        yield story(1)
        index.add([story(2)])

    with pytest.raises(IndexLockedError):
        index.add(items())
    assert counts(index.add([story(2)])) == (1, 0, 0)


def test_readers_keep_their_view_while_a_writer_commits(index, tmp_path, encoder):
    index.add([story(n) for n in range(3)])
    vector = index.encode(["ferries"])[0]
    with Index.open(index.folder, encoder=encoder) as reader, reader.view() as view:
        before = (
            view.search_dense(vector, 99, Filters()),
            view.search_lexical("harbour", 99, Filters()),
        )
        index.add([story(n) for n in range(3, 30)])
        index.remove([story(0).id])
        assert (
            view.search_dense(vector, 99, Filters()),
            view.search_lexical("harbour", 99, Filters()),
        ) == before
        ids = [number for number, _ in before[0]]
        assert len(view.chunks(ids)) == len(ids)
        assert reader.counts()["articles"] == 3
        with pytest.raises(IndexStoreError, match="already open"), reader.view():
            pass
    with Index.open(index.folder, encoder=encoder) as reader:
        assert reader.counts()["articles"] == 29


def test_a_reader_that_meets_a_compaction_reads_on_and_locks_nothing(index, monkeypatch):
    index.add([story(n) for n in range(3)])
    vector = index.encode(["ferries"])[0]
    with Index.open(index.folder, encoder=index.encoder) as reader:
        load, rebuilt = reader._load, []

        def load_after_compaction(connection):
            monkeypatch.setattr(reader, "_load", load)
            # The reader's transaction sees the catalog from before; its vector file is gone.
            reader.built_with  # noqa: B018
            index.compact()
            return load(connection)

        monkeypatch.setattr(reader, "_load", load_after_compaction)
        monkeypatch.setattr(reader, "_rebuild", lambda: rebuilt.append(True))
        with reader.view() as view:
            assert view.search_dense(vector, 9, Filters())
        assert rebuilt == []


@pytest.mark.slow
def test_readers_in_threads_see_one_revision_each(index, encoder):
    """Every article comes and goes with its twin: no view may hold one without the other."""
    index.add([story(100)])
    wrong, done = [], threading.Event()

    def read():
        with Index.open(index.folder, encoder=encoder) as reader:
            vector = reader.encode(["harbour"])[0]
            while not done.is_set():
                with reader.view() as view:
                    near = {n for n, _ in view.search_dense(vector, 500, Filters())}
                    words = {n for n, _ in view.search_lexical("harbour", 500, Filters())}
                    if near != words or len(view.chunks(sorted(near))) != len(near):
                        wrong.append((near, words))

    def guarded():
        try:
            read()
        except Exception as error:
            wrong.append(error)

    readers = [threading.Thread(target=guarded) for _ in range(2)]
    for reader in readers:
        reader.start()
    for n in range(6):
        index.add([story(n), story(n + 40)])
        if n % 3 == 2:
            index.remove([story(n).id, story(n + 40).id])
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_an_index_used_from_threads_closes(tmp_path, encoder):
    index = Index.open(tmp_path / "index", create=True, encoder=encoder)
    index.add([story(1)])
    seen = []
    thread = threading.Thread(target=lambda: seen.append(index.counts()["articles"]))
    thread.start()
    thread.join()
    index.close()
    assert seen == [1]


def in_a_thread(act):
    """Run something in a new thread; fails where it does not end."""
    found = []
    thread = threading.Thread(target=lambda: found.append(act()), daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "it hangs"
    return found[0]


def test_the_first_use_may_be_in_another_thread(tmp_path):
    # With the default model, which an index finds by itself.
    with Index.open(tmp_path / "own", create=True) as index:
        index.add([story(1)])
    with Index.open(tmp_path / "own") as other:
        assert in_a_thread(lambda: other.encode(["harbour"])).shape == (1, 384)


def test_connections_end_with_their_threads(index):
    index.add([story(1)])
    files = Path("/proc/self/fd")
    before = len(list(files.iterdir())) if files.exists() else 0
    for _ in range(30):
        assert in_a_thread(index.counts)["articles"] == 1
    if before:
        assert len(list(files.iterdir())) < before + 10


def test_a_closed_index_says_so(index):
    index.close()
    with pytest.raises(IndexStoreError, match="was closed"):
        index.counts()


def test_only_eval_takes_a_stem_for_an_article(index):
    index.add([story(1, source="/a/index.txt"), story(2, source="/b/index.txt")])
    assert len(index.resolve("index")) == 2
    assert index.resolve("index", stems=False) == []
    assert index.resolve("/a/index.txt", stems=False) == [story(1).id]


@pytest.mark.slow
def test_a_sound_index_is_never_called_damaged_while_it_is_written_to(index):
    index.add([story(0)])
    over = threading.Event()
    found = []

    def look():
        while not over.is_set():
            found.extend(verify_index(index.folder, quick=True))

    thread = threading.Thread(target=look)
    thread.start()
    for number in range(1, 40):
        index.add([story(number)])
    over.set()
    thread.join()
    assert found == []
