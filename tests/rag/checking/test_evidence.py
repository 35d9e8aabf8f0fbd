"""Saved citations are verified by article, hash and offsets; what changed is named."""

import pytest

from rag.checking import check_evidence, citations_of
from rag.index import Index
from rag.ingest.article import make_article
from rag.text.content_hash import content_hash
from tests.conftest import HashEncoder

URL = "https://orvane.example/quake"
FIRST = "The quake near Halden injured nine people. The district closed two schools."
QUOTE = "The quake near Halden injured nine people."


def page(text, url=URL):
    return make_article(text=text, source=url or "/a.txt", url=url)


@pytest.fixture
def index(tmp_path):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as made:
        made.add([page(FIRST)])
        yield made


def saved(article, quote=QUOTE, **more):
    start = article.text.index(quote)
    citation = {
        "article_id": article.id, "url": article.url, "quote": quote, "start": start,
        "end": start + len(quote), "hash": content_hash(article),
    }  # fmt: skip
    return {"question": "How many?", "citations": [citation | more], "alternatives": []}


def status(index, record):
    (one,) = check_evidence(index, [record])
    return one.status


def test_as_it_was_saved(index):
    (one,) = check_evidence(index, [saved(page(FIRST))])
    assert (one.status, one.start, one.question) == ("unchanged", 0, "How many?")


def test_an_edit_elsewhere_moves_the_quote(index):
    record = saved(page(FIRST))
    index.add([page(f"Updated on Tuesday. {FIRST}")])
    (one,) = check_evidence(index, [record])
    assert (one.status, one.start) == ("edited", len("Updated on Tuesday. "))


def test_a_correction_of_the_quote_is_shown(index):
    record = saved(page(FIRST))
    index.add([page(FIRST.replace("nine", "eleven"))])
    (one,) = check_evidence(index, [record])
    assert one.status == "earlier version"
    assert one.changes == (("nine", "eleven"),)


def test_an_article_that_was_removed(index):
    index.remove([page(FIRST).id])
    assert status(index, saved(page(FIRST))) == "article gone"


def test_a_quote_that_never_stood_there(index):
    record = saved(page(FIRST))
    record["citations"][0] |= {"quote": "Nobody was harmed by it at all.", "hash": "0"}
    assert status(index, record) == "quote gone"


def test_a_forged_hash_is_no_unchanged_article(index):
    assert status(index, saved(page(FIRST), hash="0" * 64)) == "edited"


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"citations": None},
        {"citations": [1, {"quote": 3}]},
        {"alternatives": [7], "citations": []},
    ],
)
def test_what_is_no_citation_is_left_out(record):
    assert citations_of(record) == []


def test_alternatives_are_verified_too(index):
    record = saved(page(FIRST))
    record = {"citations": [], "alternatives": [{"citations": record["citations"]}]}
    assert status(index, record) == "unchanged"


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (10**9, 10**9 + 5), (5, 2)])
def test_offsets_out_of_the_text_are_no_error(index, start, end):
    assert status(index, saved(page(FIRST), start=start, end=end)) == "edited"
