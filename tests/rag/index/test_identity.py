"""What an article replaces: its own earlier version, and nothing that the user did not name."""

import unicodedata

import pytest

from rag.index import Index
from rag.index.chunking import ChunkBudget
from rag.index.verify import verify_index
from rag.ingest.article import make_article
from rag.retrieval.retriever import Retriever
from rag.types import Article, Skipped
from tests.rag.stories import story

BUDGET = ChunkBudget(40, 1)
PAGE = "https://example.org/harbour"


@pytest.fixture
def index(tmp_path, encoder):
    with Index.open(tmp_path / "index", create=True, encoder=encoder, budget=BUDGET) as made:
        yield made
        assert verify_index(made.folder, quick=False) == []


def counts(report):
    return report.added, report.updated, report.unchanged


def texts(index):
    return {article.text for article in index.articles()}


def row(number, line, **fields):
    return story(number, source=f"/feeds/latest.jsonl#{line}", **fields)


# Rows of a file whose name comes round again


@pytest.mark.parametrize(
    "fields", [lambda n: {}, lambda n: {"url": f"{PAGE}/{n}"}, lambda n: {"id": f"n{n}"}]
)
def test_other_rows_under_the_same_name_remove_nothing(index, fields):
    index.add([row(n, n + 1, **fields(n)) for n in range(3)])
    assert counts(index.add([row(n, n - 9, **fields(n)) for n in (10, 11)])) == (2, 0, 0)
    assert texts(index) == {story(n).text for n in (0, 1, 2, 10, 11)}
    assert len(index.resolve("/feeds/latest.jsonl")) >= 2


def test_a_file_that_now_holds_another_address_keeps_both(index):
    index.add([story(1, source="/page.html", url=f"{PAGE}/1")])
    assert counts(index.add([story(2, source="/page.html", url=f"{PAGE}/2")])) == (1, 0, 0)
    assert texts(index) == {story(1).text, story(2).text}
    assert index.resolve(f"{PAGE}/1") == [story(1, source="/page.html", url=f"{PAGE}/1").id]


def test_a_file_that_now_holds_another_id_keeps_both(index):
    index.add([story(1, source="/note.md", id="a")])
    index.add([story(2, source="/note.md", id="b")])
    assert [article.id for article in index.articles()] == ["a", "b"]


def test_a_whole_file_that_changed_is_its_article_changed(index):
    index.add([story(1, source="/note.txt")])
    assert counts(index.add([story(2, source="/note.txt")])) == (0, 1, 0)
    assert texts(index) == {story(2).text}


def test_a_whole_file_may_have_a_hash_in_its_name(index, tmp_path):
    path = tmp_path / "C# and .txt"
    path.touch()
    index.add([story(1, source=str(path))])
    assert counts(index.add([story(2, source=str(path))])) == (0, 1, 0)
    assert texts(index) == {story(2).text}


# One address, several versions


def test_newer_version_at_an_address_replaces_the_older(index):
    index.add([story(1, source="/a.html", url=PAGE)])
    assert counts(index.add([story(2, source="/b.html", url=PAGE)])) == (0, 1, 0)
    assert texts(index) == {story(2).text}
    found = Retriever(index).search("harbour", 50)
    assert {passage.article.text for passage in found} == {story(2).text}


def test_versions_of_one_address_in_one_batch_end_as_the_last(index):
    first, second = (story(n, source=f"/{n}.html", url=PAGE) for n in (1, 2))
    for items in ([first, second], [second, first], [first, second, first]):
        index.add(items)
        assert texts(index) == {items[-1].text}


def test_articles_with_ids_share_an_address(index):
    index.add([story(n, id=f"part {n}", url=PAGE) for n in range(3)])
    index.add([story(7, url=PAGE)])
    assert len(texts(index)) == 4


# A hand-made article is normalised as one that is read


def test_an_article_made_by_hand_is_stored_as_one_that_is_read(index):
    decomposed = unicodedata.normalize(
        "NFD", "Tuổi Trẻ: cảng Đà Nẵng mở thêm bến mới.\r\n\r\n\r\nHết."
    )
    given = Article(
        "n1",
        decomposed,
        title=" Cảng \n mới ",
        outlet=unicodedata.normalize("NFD", "Tuổi Trẻ"),
        url=PAGE,
        authors=(" An  Bình ", ""),
        language="VI",
        sources=("/x.txt",),
        retells="  a report  by X ",
    )
    index.add([given])
    wanted = make_article(
        text=given.text, source="/x.txt", title=given.title, outlet=given.outlet, url=PAGE,
        authors=given.authors, language="VI", id="n1", retells=given.retells,
    )  # fmt: skip
    assert list(index.articles()) == [wanted]
    retriever = Retriever(index)
    for filters in ({"language": "vi"}, {"language": "VI"}, {"outlet": "tuổi trẻ"}):
        assert [p.article.id for p in retriever.search("cảng mới", **filters)] == ["n1"]
    assert counts(index.add([given])) == (0, 0, 1)


@pytest.mark.parametrize(
    ("article", "reason"),
    [
        (Article("n", ""), "empty"),
        (Article("n", "\u200b ... \n"), "empty"),
        (Article(" ", "Some words."), "id"),
        (Article("n" * 300, "Some words."), "id"),
        (Article("n", "Some words.", url="javascript:alert(1)"), "url"),
    ],
)
def test_an_article_that_cannot_be_one_is_skipped_with_its_reason(index, article, reason):
    report = index.add([article, story(1)])
    assert counts(report) == (1, 0, 0)
    (skipped,) = report.skipped
    assert isinstance(skipped, Skipped)
    assert reason in skipped.reason


def test_surrogates_are_no_traceback(index):
    index.add([Article("n\ud800", "Words \udcff here.", title="T\ud800", sources=("/\udcff.txt",))])
    (article,) = index.articles()
    assert (article.id, article.text, article.title) == ("n", "Words here.", "T")
