"""What an outlet prints under many stories is not searched; texts and stories stay whole."""

from __future__ import annotations

import random
import sqlite3

import pytest

from eval.lab.copies.stories import blocks, paragraphs, stories
from eval.lab.copies.variants import joined, with_furniture
from rag.index import Index
from rag.index.boilerplate import STORIES
from rag.index.catalog import schema
from rag.index.paragraphs import paragraph_values, short_paragraphs, without
from rag.index.verify import repair_index, verify_index
from rag.retrieval.retriever import Retriever
from rag.types import Article
from tests.conftest import HashEncoder

FURNITURE = (
    "Sign up for our morning letter and get five stories before breakfast.",
    "Subscribe for one crown a week.",
)


def page(number: int, *more: str, outlet: str | None = "Halden Herald", **fields: str) -> Article:
    lines = [
        f"In ward {number} nurse{number}x{line} told clerk{number}y{line} of lamp{number}z{line} and rain."
        for line in range(3)
    ]
    text = "\n\n".join((lines[0], *more[:1], *lines[1:], *more[1:]))
    return Article(f"p{number}", text, outlet=outlet, sources=(f"/{number}",), **fields)


def searched(index: Index, words: str) -> set[str]:
    found = Retriever(index).search(words, 1000)
    return {one.article.id for one in found if words in one.text}


@pytest.fixture
def index(tmp_path):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as made:
        yield made


@pytest.mark.parametrize("at_a_time", [20, 1])
@pytest.mark.slow
def test_the_first_stories_keep_it_and_the_others_are_searched_without_it(index, at_a_time):
    pages = [page(n, *FURNITURE) for n in range(20)]
    for start in range(0, 20, at_a_time):
        index.add(pages[start : start + at_a_time])
    for line in FURNITURE:
        assert searched(index, line) == {f"p{n}" for n in range(STORIES)}
    assert [one.text for one in index.articles()] == [one.text for one in pages]
    assert searched(index, "nurse19x2") == {"p19"}
    assert index.boilerplate() == {"paragraphs": 2, "articles": 20 - STORIES}
    assert index.add(pages).unchanged == 20
    assert verify_index(index.folder, quick=False) == []


def test_removed_articles_count_no_longer(index):
    index.add(page(n, *FURNITURE) for n in range(12))
    index.remove([f"p{n}" for n in range(6)])
    assert index.boilerplate() == {"paragraphs": 0, "articles": 4}


@pytest.mark.parametrize(
    "line",
    [
        'The mayor said in March: "We will build this bridge if I have to carry the stones."',
        "“We will build this bridge,” the mayor had said in March.",
        " ".join(f"word{n}" for n in range(61)),
    ],
)
def test_what_somebody_said_and_long_paragraphs_are_the_storys(index, line):
    index.add(page(n, line) for n in range(20))
    assert index.boilerplate() == {"paragraphs": 0, "articles": 0}
    assert len(searched(index, line[-20:])) == 20


def test_copies_of_one_story_are_one_story(index):
    text = page(1, *FURNITURE).text
    index.add(
        Article(f"c{n}", f"{text}\n\nEdition {n}.", outlet="Post", sources=(f"/c{n}",))
        for n in range(30)
    )
    assert index.boilerplate() == {"paragraphs": 0, "articles": 0}


def test_outlets_are_counted_apart_and_no_outlet_not_at_all(index):
    index.add(page(n, *FURNITURE, outlet=f"Post {n % 3}") for n in range(21))
    assert index.boilerplate()["articles"] == 0
    index.add(page(100 + n, *FURNITURE, outlet=None) for n in range(20))
    assert index.boilerplate()["articles"] == 0
    index.add(
        page(200 + n, *FURNITURE, outlet=None, url=f"https://post.example/{n}") for n in range(10)
    )
    assert index.boilerplate() == {"paragraphs": 2, "articles": 2}


def test_an_article_of_nothing_else_keeps_its_words(index):
    index.add(page(n, *FURNITURE) for n in range(12))
    wall = Article("wall", "\n \n".join(FURNITURE), outlet="Halden Herald", sources=("/wall",))
    assert index.add([wall]).added == 1
    assert "wall" in searched(index, FURNITURE[0])
    assert verify_index(index.folder, quick=False) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM paragraphs WHERE seq = 12",
        "UPDATE paragraphs SET left_out = 0 WHERE seq = 12",
        "UPDATE paragraphs SET copy_group = 3 WHERE seq = 12",
    ],
)
def test_damaged_rows_are_noticed_and_mended(tmp_path, statement):
    folder = tmp_path / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as index:
        index.add(page(n, *FURNITURE) for n in range(12))
    with sqlite3.connect(folder / schema.FILE) as connection:
        connection.execute(statement)
    connection.close()
    (problem,) = verify_index(folder, quick=False)
    assert "repeated paragraphs" in problem.text
    repair_index(folder)
    assert verify_index(folder, quick=False) == []
    with Index.open(folder, encoder=HashEncoder()) as index:
        assert index.boilerplate() == {"paragraphs": 2, "articles": 4}


@pytest.mark.slow
def test_of_invented_pages_no_sentence_of_a_story_is_left_out(index):
    """66 stories under the furniture of four outlets, each followed up with its own old paragraphs."""
    standing = {name: paragraphs(body) for name, body in blocks("furniture.txt")}
    rng = random.Random(19)
    pages = []
    for number, story in enumerate(stories()):
        name = sorted(standing)[number % len(standing)]
        told = [story.paragraphs, (*story.later, *story.paragraphs[-2:])] if story.later else []
        for place, lines in enumerate(told or [story.paragraphs]):
            text = joined(with_furniture(lines, standing[name], rng))
            pages.append(Article(f"{story.name} {place}", text, outlet=name, sources=(text,)))
    index.add(pages)
    lost, furniture, kept = set(), 0, 0
    with index.view() as view:
        ids = [n for n, _ in view.search_dense(index.encode(["news"])[0], 10_000, _all())]
        chunks = {}
        for chunk, owner, _ in view.chunks(ids).values():
            chunks.setdefault(owner.article.id, []).append((chunk.start, chunk.end))
    for one in pages:
        values = paragraph_values(one.text, one.outlet, None, chunks[one.id])
        for value, (start, end) in short_paragraphs(one.text, one.outlet, None):
            line = one.text[start:end]
            if line not in standing[one.outlet]:
                lost |= {line} if values[value] else set()
            else:
                furniture += values[value]
                kept += not values[value]
    assert not lost
    # A follow-up under the same furniture may count as the story that it follows.
    assert kept <= 2 * STORIES * sum(map(len, standing.values()))
    assert furniture > kept


def _all():
    from rag.types import Filters

    return Filters()


def test_values_and_parts():
    text = "One.\nTwo words.\n\nOne."
    found = short_paragraphs(text, "Post", None)
    assert [text[a:b] for _, (a, b) in found] == ["One.", "Two words.", "One."]
    assert found[0][0] == found[2][0] != found[1][0]
    assert short_paragraphs(text, "POST", None) == found
    assert short_paragraphs(text, None, "https://post.example/a")[0][0] != found[0][0]
    assert short_paragraphs(text, None, None) == []
    assert short_paragraphs("... \n ---", "Post", None) == []
    values = paragraph_values(text, "Post", None, [(0, 4), (5, 15)])
    assert values == {found[0][0]: True, found[1][0]: False}
    assert [text[a:b] for a, b in without(text, [(5, 15)])] == ["One.\n", "\n\nOne."]
    assert without(text, [(0, 4), (5, 15), (17, 21)]) == []
    assert without(text, []) == [(0, len(text))]
