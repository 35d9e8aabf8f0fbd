"""From a question to passages: filters inside the search, one order, names however they are spelt."""

import unicodedata
from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from rag.errors import QueryError
from rag.index import Index
from rag.index.chunking import ChunkBudget
from rag.ingest.article import make_article
from rag.retrieval.retriever import Retriever
from rag.types import MAX_K, MAX_QUESTION, Filters
from tests.conftest import HashEncoder
from tests.rag.stories import story

DAY = date(2020, 1, 1)
TRONG = "Nguyễn Phú Trọng"


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    """Forty articles that share their words, of two outlets and two languages, a day apart."""
    folder = tmp_path_factory.mktemp("retriever") / "index"
    with Index.open(folder, create=True, encoder=HashEncoder(), budget=ChunkBudget(40, 1)) as index:
        index.add(
            story(
                n,
                outlet="Lake Wire" if n % 2 else "Tuổi Trẻ",
                language="de" if n == 7 else "en",
                published=DAY + timedelta(n) if n != 39 else None,
            )
            for n in range(40)
        )
        yield Retriever(index)


def ids(passages):
    return [passage.article.id for passage in passages]


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"since": DAY + timedelta(12), "until": DAY + timedelta(12)}, {12}),
        ({"since": "2020-01-13", "until": "13 January 2020"}, {12}),
        ({"language": "de"}, {7}),
        ({"language": "DE", "outlet": "lake wire"}, {7}),
        ({"until": DAY}, {0}),
    ],
)
def test_filter_that_leaves_one_article_still_fills_k(retriever, filters, wanted):
    # Every article has the question's words, and most have more of them than the one wanted.
    found = retriever.search("Who ordered new organs for Lindau harbour?", 4, **filters)
    assert {passage.article.title for passage in found} == {story(n).title for n in wanted}
    assert len(found) == 4
    assert len({passage.chunk.id for passage in found}) == 4


def test_filters_leave_exactly_what_they_say(retriever):
    everything = len(retriever.search("harbour", MAX_K))
    assert everything == retriever.index.counts()["chunks"]
    wire = retriever.search("harbour", MAX_K, outlet="LAKE WIRE")
    assert {passage.article.outlet for passage in wire} == {"Lake Wire"}
    young = retriever.search("harbour", MAX_K, outlet=unicodedata.normalize("NFD", " Tuổi  Trẻ"))
    assert len(wire) + len(young) == everything
    dated = retriever.search("harbour", MAX_K, since="2020-01-01")
    assert {passage.article.published is None for passage in dated} == {False}
    assert len({passage.article.id for passage in dated}) == 39
    assert retriever.search("harbour", outlet="Nobody") == []
    with pytest.raises(QueryError, match="names nothing"):
        retriever.search("harbour", outlet="\u200b\x00")
    assert retriever.search("harbour", since="2021-01-01") == []


@pytest.mark.parametrize("as_of", ["2020-01-13", date(2020, 1, 13)])
def test_nothing_newer_than_the_day_asked_is_found(retriever, as_of):
    found = retriever.search("harbour", MAX_K, as_of=as_of)
    days = {passage.article.published for passage in found}
    undated = [p for p in retriever.search("harbour", MAX_K) if p.article.published is None]
    assert max(day for day in days if day) == date(2020, 1, 13)
    assert len({day for day in days if day}) == 13
    assert {p.chunk.id for p in undated} <= {p.chunk.id for p in found}
    until = retriever.search("harbour", MAX_K, as_of=as_of, until="2020-01-20")
    assert {p.article.published for p in until} == days - {None}
    assert not retriever.search("harbour", MAX_K, as_of=as_of, since="2020-01-14")


def test_passages_carry_how_their_dates_lie_to_the_question(retriever):
    found = retriever.search("Who ordered bells in January 2020?", MAX_K, as_of="2020-02-29")
    days = {passage.article.published for passage in found}
    assert None in days
    assert {day.month for day in days if day} == {1, 2}
    for passage in found:
        day, time = passage.article.published, passage.features.time
        if day is None:
            assert (time.frame_distance, time.staleness) == (0.0, 0.0)
        else:
            inside = day <= date(2020, 1, 31)
            assert (time.frame_distance == 0.0) == inside


def test_a_passages_date_weighs_where_it_is_given_weight(retriever):
    question, options = "What is the latest on the harbour?", {"as_of": "2020-02-29"}
    unweighed = Retriever(retriever.index, time_weight=0.0).search(question, 12, **options)
    plain = unweighed[:5]
    newest = max(p.article.published for p in unweighed if p.article.published)
    weighed = Retriever(retriever.index, time_weight=10.0).search(question, MAX_K, **options)
    # At such a weight a day behind the newest of the best passages is too old.
    assert all((p.article.published or newest) >= newest for p in weighed if p.score > 0)
    slightly = Retriever(retriever.index, time_weight=0.2).search(question, 5, **options)
    days = [[p.article.published or DAY for p in passages] for passages in (plain, slightly)]
    assert sum(d.toordinal() for d in days[1]) > sum(d.toordinal() for d in days[0])


def test_both_searches_keep_to_the_day_asked(retriever):
    vector = retriever.index.encode(["harbour"])[0]
    days = {}
    with retriever.index.view() as view:
        for day in (date.min, date(2020, 1, 13), date.max):
            filters = Filters(as_of=day)
            near = {n for n, _ in view.search_dense(vector, MAX_K, filters)}
            assert near == {n for n, _ in view.search_lexical("harbour", MAX_K, filters)}
            days[day] = {
                owner.article.published for _, owner, _ in view.chunks(list(near)).values()
            }
    assert days[date.min] == {None}
    assert max(filter(None, days[date(2020, 1, 13)])) == date(2020, 1, 13)
    assert len(days[date.max]) == 40


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ({"since": "soon"}, "since: 'soon' is no date"),
        ({"as_of": "soon"}, "as_of: 'soon' is no date"),
        ({"until": "2020-02-30"}, "until: '2020-02-30' is no date"),
        ({"since": "2020-02-01", "until": "2020-01-01"}, "swap them"),
    ],
)
def test_filters_that_are_none(retriever, filters, reason):
    with pytest.raises(QueryError, match=reason):
        retriever.search("harbour", **filters)


def test_order_is_the_same_each_time_and_scores_fall(retriever):
    first = retriever.search("Who ordered bells?", 30)
    assert retriever.search("Who ordered bells?", 30) == first
    scores = [passage.score for passage in first]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert len({passage.chunk.id for passage in first}) == 30
    assert retriever.search("Who ordered bells?", 3) == first[:3]


def test_order_does_not_hang_on_how_the_index_came_to_be(tmp_path):
    stories = [story(n) for n in range(6)]
    orders = []
    for name, batches in (("at-once", [stories]), ("one-by-one", [[one] for one in stories])):
        folder = tmp_path / name
        with Index.open(
            folder, create=True, encoder=HashEncoder(), budget=ChunkBudget(40, 1)
        ) as index:
            for batch in batches:
                index.add(batch)
            found = Retriever(index).search("new cranes in the harbour of Arbon", 50)
            orders.append([(p.article.id, p.chunk.start, p.features.dense) for p in found])
    assert orders[0] == orders[1]


def test_both_kinds_of_evidence_count(retriever):
    best = retriever.search("item 3 year 26", 1)[0]
    assert best.features.lexical > 0
    assert best.features.dense == pytest.approx(
        float(retriever.index.encode([f"{best.article.title}\n{best.text}"])[0]
              @ retriever.index.encode(["item 3 year 26"])[0]), abs=1e-5
    )  # fmt: skip


@pytest.mark.parametrize("question", ["Who is it?", "the of and", "harbour", "What was there?"])
def test_words_that_are_everywhere_still_find_something(retriever, question):
    assert len(retriever.search(question, 5)) == 5


@pytest.mark.parametrize("k", [0, -1, MAX_K + 1, 10**9])
def test_k_has_bounds(retriever, k):
    with pytest.raises(QueryError, match=f"k is {k}"):
        retriever.search("harbour", k)


def test_question_has_bounds(retriever):
    assert retriever.search("harbour " * (MAX_QUESTION // 8), 1)
    with pytest.raises(QueryError, match="100,000 characters; at most 2,000"):
        retriever.search("x" * 100_000)
    for nothing in ("", "  \n", "?!", "\u200b"):
        with pytest.raises(QueryError, match="empty"):
            retriever.search(nothing)


def test_questions_in_query_syntax_are_words(retriever):
    for question in (
        "body:harbour AND (",
        "harbour~2^9",
        "* OR *a",
        "\\ [ TO ]",
        "<script>",
        "☃ a",
    ):
        assert retriever.search(question, 2)


def test_empty_index_finds_nothing(tmp_path):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as index:
        assert Retriever(index).search("harbour") == []
        assert Retriever(index).search("harbour", since="2020-01-01") == []


# Names


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """A lexical search alone: the encoder of these tests knows nothing of spelling."""
    folder = tmp_path_factory.mktemp("names") / "index"
    texts = {
        "accents": f"The party leader {TRONG} spoke in Hà Nội.",
        "plain": "The guest of honour, Vo Van Thuong, left the hall.",
        "german": "Zürich and Łódź sent Mr. Müller to the Đà Nẵng fair.",
        "chinese": "国家主席习近平访问越南。",
        **{f"other{n}": f"The harbour of {n} towns was closed in winter." for n in range(20)},
    }
    with Index.open(folder, create=True, encoder=HashEncoder()) as index:
        index.add(
            make_article(text=text, source=f"/{name}", id=name) for name, text in texts.items()
        )
        yield Retriever(index, dense_weight=0.0)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (TRONG, "accents"),
        ("Nguyen Phu Trong", "accents"),
        ("NGUYEN PHU TRONG", "accents"),
        (unicodedata.normalize("NFD", TRONG), "accents"),
        ("What did Nguyen Phu Trang say?", "accents"),
        ("Ngyuen", "accents"),
        ("Hanoi or Ha Noi", "accents"),
        ("Võ Văn Thưởng", "plain"),
        ("Who is Thoung?", "plain"),
        ("Zurich", "german"),
        ("Lodz", "german"),
        ("Muller", "german"),
        ("Da Nang", "german"),
        ("习近平", "chinese"),
        ("越南", "chinese"),
    ],
)
def test_names_are_found_however_they_are_spelt(names, question, wanted):
    assert ids(names.search(question, 1)) == [wanted]


class Counting:
    """A view that keeps how deep it was searched."""

    def __init__(self, view, depths):
        self._view = view
        self._depths = depths

    def search_dense(self, vector, k, filters):
        self._depths.append(k)
        return self._view.search_dense(vector, k, filters)

    def __getattr__(self, name):
        return getattr(self._view, name)


def depths_of(index, monkeypatch, **options):
    found = []
    view = index.view

    @contextmanager
    def counting():
        with view() as own:
            yield Counting(own, found)

    monkeypatch.setattr(index, "view", counting)
    passages = Retriever(index).search("harbour", 12, **options)
    monkeypatch.undo()
    return found, passages


def test_copies_alone_are_looked_past_and_few_are_kept(tmp_path, monkeypatch):
    budget = ChunkBudget(40, 1)
    with Index.open(tmp_path / "i", create=True, encoder=HashEncoder(), budget=budget) as index:
        long = (story(n, sentences=60, id=f"long {n}", source=f"/long {n}") for n in range(8))
        index.add(long)
        # Articles of many chunks are no copies, however few they are.
        assert depths_of(index, monkeypatch, max_copies=2)[0] == [100]
        wire = story(30, sentences=12)
        index.add(
            story(30, text=f"{wire.text} Edition {n}.", id=f"copy {n}", source=f"/{n}")
            for n in range(5)
        )
        deeper, passages = depths_of(index, monkeypatch, max_copies=2)
        assert deeper[0] == 100
        assert deeper == sorted(set(deeper))
        assert len({p.article.id for p in passages if p.article.id.startswith("copy")}) <= 2
        assert depths_of(index, monkeypatch)[0] == [100]


def test_a_passage_named_again_is_a_candidate_however_far_it_is(retriever):
    asked = "Who ordered new organs for Lindau harbour?"
    first = retriever.search(asked, MAX_K)
    last = first[-1]
    raised = Retriever(retriever.index, again_weight=5.0).search(asked, 3, again=[last.chunk.id])
    assert raised[0].chunk == last.chunk
    assert raised[0].score == 1.0
    assert [p.chunk for p in raised[1:]] == [p.chunk for p in first[:2]]
    none = Retriever(retriever.index, again_weight=0.0).search(asked, MAX_K, again=[last.chunk.id])
    assert [p.chunk for p in none] == [p.chunk for p in first]
    assert retriever.search(asked, 3, again=[10**9]) == first[:3]
