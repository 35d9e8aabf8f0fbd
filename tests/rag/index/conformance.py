"""What every index must do that retrieval is to search: suites to derive from.

Derive from `IndexConformance` and give the fixture `create`, of class scope: a function that returns a new
empty index with ``add(articles)`` and ``remove(ids)``, built with the given encoder and chunk budget. One
that commands open does what `StoreConformance` asks as well.
"""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from rag.errors import IndexMismatchError
from rag.index import Index
from rag.index.chunking import ChunkBudget, chunk_spans
from rag.ingest.article import make_article
from rag.retrieval.retriever import Retriever
from rag.text.keys import language_key, outlet_key
from rag.types import Filters
from tests.conftest import HashEncoder
from tests.rag.stories import story

BUDGET = ChunkBudget(40, 1)
DAY = date(2020, 1, 1)
ALL = 1000
FILTERS = [
    Filters(),
    Filters(since=DAY + timedelta(5)),
    Filters(until=DAY + timedelta(5)),
    Filters(since=DAY + timedelta(3), until=DAY + timedelta(8)),
    Filters(as_of=DAY + timedelta(4)),
    Filters(outlet="LAKE wire"),
    Filters(language="DE"),
    Filters(language="de-AT"),
    Filters(outlet="Lāke wîre"),
    Filters(outlet="lake wire", as_of=DAY + timedelta(9), since=DAY + timedelta(2)),
    Filters(outlet="Nobody"),
    Filters(collection="WIRE reports"),
    Filters(collection="Wîre Reports", outlet="Lake Wire", as_of=DAY + timedelta(7)),
    Filters(collection="Nobody"),
]


def articles():
    """Return articles of two outlets and languages, a day apart, the last undated, some in a collection."""
    made = [
        story(
            n,
            outlet="Lake Wire" if n % 2 else "Harbour Post",
            language="de" if n % 3 == 0 else "en",
            published=DAY + timedelta(n) if n < 11 else None,
        )
        for n in range(12)
    ]
    labels = ("Wire reports", None, "Own archive", None)
    return [replace(one, collection=labels[n % 4]) for n, one in enumerate(made)]


def passes(article, filters):
    """Say by hand whether an article passes filters."""
    day = article.published
    if (filters.since or filters.until) and day is None:
        return False
    return not (
        (filters.since and day < filters.since)
        or (filters.until and day > filters.until)
        or (filters.as_of and day and day > filters.as_of)
        or (filters.outlet and outlet_key(article.outlet) != outlet_key(filters.outlet))
        or (filters.language and language_key(article.language) != language_key(filters.language))
        or (
            filters.collection
            and outlet_key(article.collection or "") != outlet_key(filters.collection)
        )
    )


def filled(create):
    """Return a new index that holds the articles."""
    made = create(HashEncoder(), BUDGET)
    made.add(articles())
    return made


class IndexConformance:
    """The suite; not collected itself, as its name does not begin with Test."""

    score_tolerance = 1e-5
    """How far a dense score may be from the cosine of the stored vector."""

    @pytest.fixture(scope="class")
    @classmethod
    def create(cls):
        """Return a function from an encoder and a chunk budget to a new empty index."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def index(cls, create):
        """Return an index that no test changes."""
        return filled(create)

    def test_an_empty_index_finds_nothing(self, create):
        index = create(HashEncoder(), BUDGET)
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            assert view.search_dense(vector, 5, Filters()) == []
            assert view.search_lexical("harbour", 5, Filters()) == []
            assert dict(view.chunks([1])) == dict(view.features([1])) == {}

    def test_vectors_are_those_of_the_model(self, index):
        texts = ["new ferries", "bells"]
        assert np.allclose(index.encode(texts), HashEncoder().encode(texts))

    def test_every_chunk_is_found_by_vector_and_by_words(self, index):
        wanted = sum(len(chunk_spans(one.text, BUDGET)) for one in articles())
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            near = view.search_dense(vector, ALL, Filters())
            words = view.search_lexical("harbour", ALL, Filters())
        assert len({n for n, _ in near}) == len(near) == wanted
        assert {n for n, _ in words} == {n for n, _ in near}

    def test_dense_scores_are_cosines_best_first_ties_by_id(self, index):
        vector = index.encode(["The harbour of Konstanz ordered new ferries"])[0]
        with index.view() as view:
            found = view.search_dense(vector, ALL, Filters())
            held = view.features([n for n, _ in found])
        exact = {n: float(one.vector @ vector) for n, one in held.items()}
        assert [s for _, s in found] == pytest.approx(
            [exact[n] for n, _ in found], abs=self.score_tolerance
        )
        assert found == sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def test_lexical_scores_are_positive_best_first_ties_by_id(self, index):
        with index.view() as view:
            found = view.search_lexical("ferries of Konstanz", ALL, Filters())
            held = view.chunks([n for n, _ in found])
            assert view.search_lexical("xylophone", ALL, Filters()) == []
        assert all(score > 0 for _, score in found)
        assert found == sorted(found, key=lambda pair: (-pair[1], pair[0]))
        assert "Konstanz" in held[found[0][0]][0].text

    @pytest.mark.parametrize("filters", FILTERS, ids=str)
    def test_filters_let_the_same_through_in_both_searches(self, index, filters):
        wanted = {one.id for one in articles() if passes(one, filters)}
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            for found in (
                view.search_dense(vector, ALL, filters),
                view.search_lexical("harbour", ALL, filters),
            ):
                held = view.chunks([n for n, _ in found])
                assert {chunk.article_id for chunk, _, _ in held.values()} == wanted

    @pytest.mark.parametrize("filters", FILTERS, ids=str)
    def test_k_is_filled_from_inside_the_filters(self, index, filters):
        vector = index.encode(["bells of Konstanz"])[0]
        with index.view() as view:
            for search in (
                lambda k: view.search_dense(vector, k, filters),
                lambda k: view.search_lexical("harbour", k, filters),
            ):
                everything = search(ALL)
                assert len(search(3)) == min(3, len(everything))

    def test_chunks_are_slices_of_articles_as_they_were_added(self, index):
        added = {one.id: one for one in articles()}
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            ids = [n for n, _ in view.search_dense(vector, ALL, Filters())]
            held = view.chunks([*ids, 10**9])
        assert set(held) == set(ids)
        for number, (chunk, owner, own) in held.items():
            assert chunk.id == number
            assert owner.article == added[chunk.article_id]
            assert owner.article.text[chunk.start : chunk.end] == chunk.text
            assert np.isclose(np.linalg.norm(own), 1, atol=1e-5)

    def test_features_agree_with_chunks(self, index):
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            ids = [n for n, _ in view.search_dense(vector, 9, Filters())]
            features, held = view.features([*ids, 10**9]), view.chunks(ids)
        assert set(features) == set(ids)
        for number, (_, owner, own) in held.items():
            assert np.array_equal(features[number].vector, own)
            assert features[number].published == owner.article.published
            assert features[number].copy_group == owner.copy_group

    def test_articles_without_a_date_are_counted_under_filters_by_name(self, index):
        undated = articles()[-1]
        with index.view() as view:
            assert view.undated(Filters(since=DAY)) == 1
            assert view.undated(Filters(outlet=undated.outlet, until=DAY)) == 1
            assert view.undated(Filters(outlet="Harbour Post")) == 0
            assert view.undated(Filters(language="xx")) == 0

    def test_near_duplicates_share_a_group_and_others_do_not(self, create):
        index = create(HashEncoder(), BUDGET)
        wire = story(1, sentences=12, id="wire")
        text = wire.text.replace("item 3", "part 3")
        copies = [story(1, text=text, id=f"copy {n}", source=f"/{n}") for n in range(2)]
        index.add([wire, story(2, sentences=12, id="other"), *copies])
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            held = view.chunks([n for n, _ in view.search_dense(vector, ALL, Filters())])
        groups = {owner.article.id: owner.copy_group for _, owner, _ in held.values()}
        assert groups["wire"] == groups["copy 0"] == groups["copy 1"] != groups["other"]

    def test_reprints_are_those_of_a_group_known_by_a_day(self, create):
        index = create(HashEncoder(), BUDGET)
        days = (DAY, None, DAY.replace(year=DAY.year + 1))
        index.add(
            story(
                1, sentences=12, id=f"copy {n}", source=f"/{n}", outlet=f"Post {n}", published=day
            )
            for n, day in enumerate(days)
        )
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            (group,) = {
                one.copy_group
                for one in view.features(
                    [n for n, _ in view.search_dense(vector, ALL, Filters())]
                ).values()
            }
            known = {day: view.reprints([group], day)[group] for day in (None, DAY)}
            assert not view.reprints([group + 10**6], None)[group + 10**6]
        assert [(one.article_id, one.outlet) for one in known[None]] == [
            (f"copy {n}", f"Post {n}") for n in range(3)
        ]
        assert [one.article_id for one in known[DAY]] == ["copy 0", "copy 1"]

    def test_articles_come_by_id(self, index):
        assert index.article(articles()[3].id) == articles()[3]
        with pytest.raises(KeyError):
            index.article("nobody")

    def test_revision_grows_and_what_is_removed_is_gone(self, create):
        index = filled(create)
        before = index.revision
        gone = articles()[2]
        index.remove([gone.id])
        assert index.revision > before
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            for found in (
                view.search_dense(vector, ALL, Filters()),
                view.search_lexical("harbour", ALL, Filters()),
            ):
                held = view.chunks([n for n, _ in found])
                assert len(held) == len(found)
                assert gone.id not in {chunk.article_id for chunk, _, _ in held.values()}

    def test_an_article_put_into_another_collection_is_found_there_alone(self, create):
        index = filled(create)
        wanted = articles()[4]
        vector = index.encode(["harbour"])[0]
        sought = (Filters(collection="Wire reports"), Filters(collection="moved"))

        def holds(view, filters):
            found = []
            for hits in (
                view.search_dense(vector, ALL, filters),
                view.search_lexical("harbour", ALL, filters),
            ):
                held = view.chunks([n for n, _ in hits])
                assert len(held) == len(hits)
                found.append(wanted.id in {chunk.article_id for chunk, _, _ in held.values()})
            return found

        with index.view() as before:
            assert [holds(before, one) for one in sought] == [[True, True], [False, False]]
        index.add([replace(wanted, collection="Moved")])
        index.add([replace(wanted, collection=None)])
        with index.view() as view:
            assert [holds(view, one) for one in sought] == [[False, False], [True, True]]
            chunks = len(view.search_dense(vector, ALL, Filters()))
        assert chunks == sum(len(chunk_spans(one.text, BUDGET)) for one in articles())
        assert index.article(wanted.id) == replace(wanted, collection="Moved")
        assert not index.versions(wanted.id)

    def test_a_view_stays_at_its_revision(self, create):
        index = filled(create)
        vector = index.encode(["harbour"])[0]
        with index.view() as view:
            before = view.search_dense(vector, ALL, Filters())
            writer = threading.Thread(target=lambda: index.add([story(30)]))
            writer.start()
            writer.join()
            assert view.search_dense(vector, ALL, Filters()) == before
        with index.view() as view:
            assert len(view.search_dense(vector, ALL, Filters())) > len(before)

    def test_a_retriever_finds_the_article_asked_for(self, index):
        retriever = Retriever(index)
        wanted = articles()[9]
        best, *_ = retriever.search(wanted.title, 3)
        assert best.article == wanted
        assert retriever.search("harbour", outlet="Nobody") == []


HOSTILE = (
    'Lake "Wire"',
    "Lake 'Wire'",
    "back\\slash",
    "%_like%",
    "' or born > 0 or outlet == '",
    "Line\u2028Wire",
    "新聞",
    "🗞️ Wire",
)


def found_by(index, question, filters=None):
    """Return the articles of all chunks that either search finds."""
    vector = index.encode([question])[0]
    with index.view() as view:
        near = view.search_dense(vector, ALL, filters or Filters())
        words = view.search_lexical(question, ALL, filters or Filters())
        held = view.chunks([number for number, _ in (*near, *words)])
        assert len(held) == len({number for number, _ in (*near, *words)})
    return {chunk.article_id for chunk, _, _ in held.values()}


class StoreConformance(IndexConformance):
    """What an index does that keeps articles for years: changes, versions, copies, lists, odd values."""

    def test_an_unchanged_article_is_embedded_once(self, create):
        encoder = HashEncoder()
        index = create(encoder, BUDGET)
        index.add(articles())
        texts = len(encoder.texts)
        report = index.add(articles())
        assert (report.added, report.updated, report.unchanged) == (0, 0, 12)
        assert len(encoder.texts) == texts

    def test_an_update_is_found_and_its_older_versions_are_kept(self, create):
        index = create(HashEncoder(), BUDGET)
        index.add([story(1, id="one"), story(2, id="two")])
        first = index.article("one")
        for sentences in (7, 8):
            report = index.add([story(1, id="one", sentences=sentences)])
            assert (report.added, report.updated, report.unchanged) == (0, 1, 0)
        assert [one.article.text for one in index.versions("one")] == [
            first.text,
            story(1, sentences=7).text,
        ]
        assert index.article("one").text == story(1, sentences=8).text
        wanted = sum(len(chunk_spans(one.text, BUDGET)) for one in index.articles())
        assert index.counts()["chunks"] == wanted
        with index.view() as view:
            everything = view.search_dense(index.encode(["harbour"])[0], ALL, Filters())
            assert len(everything) == wanted
        index.remove(["one"])
        with pytest.raises(KeyError):
            index.versions("one")
        assert found_by(index, "harbour") == {"two"}

    def test_an_article_that_replaces_one_of_another_id_succeeds_it(self, create):
        index = create(HashEncoder(), BUDGET)
        old, new = story(1, source="/note.txt"), story(2, source="/note.txt")
        index.add([old])
        assert index.add([new]).updated == 1
        assert index.successor(old.id) == new.id
        assert index.successor(new.id) is None
        assert index.resolve("/note.txt") == index.resolve("note") == [new.id]
        assert found_by(index, "harbour") == {new.id}

    def test_a_correction_may_stand_before_the_older_row(self, create):
        index = create(HashEncoder(), BUDGET)
        old = story(1, sentences=12, title="Ferry", published=DAY, source="/a.csv#1")
        text = old.text.replace("harbour", "harbor", 1)
        new = make_article(text=text, title="Ferry", published=DAY, source="/a.csv#2")
        assert text != old.text
        index.add([old])
        report = index.add([new, old])
        assert (report.added, report.updated, report.unchanged) == (1, 0, 1)
        assert {one.text for one in index.articles()} == {old.text, text}

    def test_what_was_removed_can_be_added_again(self, create):
        index = create(HashEncoder(), BUDGET)
        one, other = story(1, id="one"), story(2, id="two")
        for _ in range(2):
            index.add([one, other])
            assert found_by(index, "harbour") == {"one", "two"}
            assert index.remove(["one"]) == 1
            assert found_by(index, "harbour") == {"two"}
        assert index.add([one]).added == 1
        assert index.article("one") == one
        assert index.versions("one") == []
        assert [one.id for one in index.articles()] == ["two", "one"]

    def test_removing_is_of_all_or_of_none(self, create):
        index = create(HashEncoder(), BUDGET)
        index.add([story(1, id="one")])
        before = index.revision
        with pytest.raises(KeyError):
            index.remove(["one", "nobody"])
        assert index.revision == before
        assert found_by(index, "harbour") == {"one"}

    def test_copies_stay_together_when_the_first_is_removed(self, create):
        index = create(HashEncoder(), BUDGET)
        copies = [
            story(1, sentences=12, id=f"copy {n}", source=f"/{n}", outlet=f"Post {n}")
            for n in range(3)
        ]
        index.add(copies[:2])
        assert index.copies("copy 1") == ["copy 0", "copy 1"]
        index.remove(["copy 0"])
        index.add([copies[2], story(2, sentences=12, id="other")])
        assert index.copies("copy 2") == ["copy 1", "copy 2"]
        assert index.copies("other") == ["other"]

    def test_pages_of_a_list_hold_every_article_once(self, index):
        pages = [
            [one.id for one in index.list_articles(offset=start, limit=5)]
            for start in range(0, 15, 5)
        ]
        assert [len(page) for page in pages] == [5, 5, 2]
        assert {name for page in pages for name in page} == {one.id for one in articles()}
        for filters in FILTERS:
            wanted = {one.id for one in articles() if passes(one, filters)}
            assert {one.id for one in index.list_articles(filters, limit=50)} == wanted
            assert index.count_articles(filters) == len(wanted)
        assert index.list_articles(offset=100) == []

    def test_counts_of_a_collection_are_those_of_its_articles(self, index):
        counts = index.counts()
        assert (counts["articles"], counts["sources"], counts["outlets"]) == (12, 12, 2)
        months = {(outlet, month): n for outlet, month, n in index.months_of_outlets()}
        assert sum(months.values()) == 12
        assert months["Harbour Post", "2020-01"] == 6

    def test_odd_names_and_ids_are_filtered_by_and_found_again(self, create):
        index = create(HashEncoder(), BUDGET)
        made = [
            story(n, id=f"{name} {n}", outlet=name, source=f"/{name}/{n}.txt")
            for n, name in enumerate(HOSTILE)
        ]
        assert index.add(made).added == len(made)
        for one in made:
            assert index.article(one.id) == one
            assert found_by(index, "harbour", Filters(outlet=one.outlet)) == {one.id}
            assert [own.id for own in index.list_articles(Filters(outlet=one.outlet))] == [one.id]
            assert index.resolve(one.sources[0]) == [one.id]
        assert found_by(index, "harbour", Filters(outlet="nobody' or born > 0")) == set()
        index.remove([one.id for one in made[1:]])
        assert found_by(index, "harbour") == {made[0].id}

    def test_long_articles_and_long_fields_are_kept_whole(self, create):
        index = create(HashEncoder(), BUDGET)
        long = story(
            1,
            id="x" * 200,
            sentences=1500,
            title='新聞 "Wire" \\ ' * 80,
            url="https://a.example/" + "é" * 400,
        )
        one_word = story(
            2,
            id="word",
            text=f"Bells {'a' * 70_000} rang. {'漢字' * 5_000} 😀 {'e' + chr(0x301) * 9_000}.",
        )
        report = index.add([long, one_word])
        assert (report.added, report.skipped) == (2, ())
        assert index.article(long.id).text == long.text
        assert index.article("word").text == one_word.text
        assert found_by(index, "bells rang") >= {"word"}
        chunks = index.counts()["chunks"]
        with index.view() as view:
            near = view.search_dense(index.encode(["harbour"])[0], 10**5, Filters())
            assert len(near) == chunks
            assert len(view.search_dense(index.encode(["harbour"])[0], 1, Filters())) == 1

    def test_many_ids_are_looked_up_at_once(self, index):
        with index.view() as view:
            known = {n for n, _ in view.search_dense(index.encode(["harbour"])[0], ALL, Filters())}
            asked = list(range(10**6, 10**6 + 2500)) + sorted(known)
            assert set(view.features(asked)) == set(view.chunks(asked)) == known

    def test_another_model_is_refused_with_both_values(self, index, reopened):
        for other, told in (
            (HashEncoder("other"), "name hash-32, the model given has other"),
            (HashEncoder(dimension=16), "dimension 32, the model given has 16"),
            (HashEncoder(salt="x"), "weights_sha256"),
        ):
            with pytest.raises(IndexMismatchError, match=told):
                reopened(index, other)
        with reopened(index, HashEncoder()) as again:
            assert again.built_with.budget == BUDGET
            assert [one.id for one in again.articles()] == [one.id for one in articles()]

    def test_any_changes_leave_what_they_leave_in_a_folder(self, create, tmp_path):
        chance = random.Random(7)
        index = create(HashEncoder(), BUDGET)
        with Index.open(
            tmp_path / "x", create=True, encoder=HashEncoder(), budget=BUDGET
        ) as folder:
            for _ in range(12):
                _change(chance, index, folder)
                assert _state(index) == _state(folder)


def _change(chance, *indexes):
    """Change indexes in the same way."""
    held = [one.id for one in indexes[0].articles()]
    if held and chance.random() < 0.3:
        gone = chance.sample(held, chance.randint(1, min(3, len(held))))
        assert len({index.remove(gone) for index in indexes}) == 1
        return
    made = []
    for _ in range(chance.randint(1, 4)):
        number = chance.randrange(8)
        one = story(
            number,
            sentences=chance.choice((6, 6, 12)),
            source=f"/{chance.choice('ab')}/{number}.txt",
            outlet=chance.choice(("Lake Wire", "Harbour Post")),
            published=DAY + timedelta(number),
        )
        made.append(replace(one, text=f"{one.text}\n\nSign up for our letter of the lake."))
    reports = [replace(index.add(made), seconds=0) for index in indexes]
    assert all(one == reports[0] for one in reports)


def _state(index):
    """Return all of an index that is the same wherever it is."""
    held = [one.id for one in index.articles()]
    vector = index.encode(["new ferries of the harbour"])[0]
    with index.view() as view:
        dense = view.search_dense(vector, ALL, Filters())
        words = view.search_lexical("ferries of Konstanz", ALL, Filters(outlet="lake wire"))
        features = view.features([number for number, _ in dense])
    return {
        "articles": list(index.articles()),
        "chunks": {number: (one.vector.tobytes(), one.copy_group, one.published, one.article)
                   for number, one in features.items()},
        "dense": sorted(number for number, _ in dense),
        "words": sorted(number for number, _ in words),
        "versions": {name: [one.article for one in index.versions(name)] for name in held},
        "successors": {name: index.successor(name) for name in held},
        "copies": {name: index.copies(name) for name in held},
        "listed": index.list_articles(limit=100),
        "counts": index.counts(),
        "boilerplate": index.boilerplate(),
        "months": index.months_of_outlets(),
    }  # fmt: skip
