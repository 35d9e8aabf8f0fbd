"""What every index must do that retrieval is to search: a suite to derive from.

Derive from `IndexConformance` and give the fixture `create`, of class scope: a function that returns a new
empty index with ``add(articles)`` and ``remove(ids)``, built with the given encoder and chunk budget.
"""

from __future__ import annotations

import threading
from datetime import date, timedelta

import numpy as np
import pytest

from rag.index.chunking import ChunkBudget, chunk_spans
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
]


def articles():
    """Return articles of two outlets and two languages, a day apart, the last without a date."""
    return [
        story(
            n,
            outlet="Lake Wire" if n % 2 else "Harbour Post",
            language="de" if n % 3 == 0 else "en",
            published=DAY + timedelta(n) if n < 11 else None,
        )
        for n in range(12)
    ]


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
