"""The articles of an index as pages and counts, under filters."""

from datetime import date

import pytest

from rag.index import Index
from rag.ingest.article import make_article
from rag.types import Filters
from tests.conftest import HashEncoder


def article(number, outlet, published, language="en"):
    return make_article(
        text=f"Report number {number} tells of harbour works and of the weather that day.",
        title=f"Report {number}",
        outlet=outlet,
        published=published,
        language=language,
        source=f"/news/{number}.txt",
    )


ARTICLES = [
    article(0, "Coast Gazette", date(2024, 2, 3)),
    article(1, "COAST GAZETTE", date(2024, 2, 1)),
    article(2, "Coast Gazette", None),
    article(3, "Hill Post", date(2023, 12, 9), "vi"),
    article(4, None, date(2024, 1, 31)),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("listing") / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as made:
        made.add(ARTICLES)
        yield made


def titles(index, filters=None, **page):
    return [one.title for one in index.list_articles(filters, **page)]


def test_newest_stand_first_and_those_without_a_date_last(index):
    assert titles(index) == ["Report 0", "Report 1", "Report 4", "Report 3", "Report 2"]
    assert titles(index, offset=1, limit=2) == ["Report 1", "Report 4"]
    assert titles(index, offset=9) == []


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (Filters(outlet="coast gazette"), {0, 1, 2}),
        (Filters(since=date(2024, 2, 1)), {0, 1}),
        (Filters(until=date(2024, 1, 31)), {3, 4}),
        (Filters(language="vi"), {3}),
        (Filters(as_of=date(2024, 1, 31)), {2, 3, 4}),
        (Filters(outlet="nobody"), set()),
    ],
)
def test_filters_hold_for_pages_and_counts_alike(index, filters, passing):
    assert set(titles(index, filters)) == {f"Report {number}" for number in passing}
    assert index.count_articles(filters) == len(passing)
    assert index.collection_counts(filters).articles == len(passing)


def test_counts_fold_spellings_of_one_outlet(index):
    counts = index.collection_counts()
    assert counts.outlets == (("Coast Gazette", 3), ("Hill Post", 1))
    assert counts.languages == (("en", 4), ("vi", 1))
    assert counts.months == (("2023-12", 1), ("2024-01", 1), ("2024-02", 2))
    assert (counts.articles, counts.undated) == (5, 1)
    assert (counts.first, counts.last) == (date(2023, 12, 9), date(2024, 2, 3))


def test_an_empty_selection_has_counts_too(index):
    counts = index.collection_counts(Filters(outlet="nobody"))
    assert (counts.articles, counts.undated, counts.first, counts.outlets) == (0, 0, None, ())
