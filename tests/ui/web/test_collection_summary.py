"""What a collection holds: counted by the catalog, told in words, drawn without a script."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rag import Answerer
from rag.index import Index
from rag.ingest.article import make_article
from rag.types import Answer, Candidate, Citation
from tests.rag.stories import story
from tests.ui.web.test_render import PAYLOADS, Reading
from ui.web.collection_summary import (
    CollectionSummary,
    answered_questions,
    counts_line,
    render_summary,
    summarise,
    summarise_with_questions,
)


@pytest.mark.slow
def test_the_catalog_counts_articles_by_outlet_and_month(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        assert counts_line(summarise(index)) == "There are no articles yet."
        index.add(
            [
                story(1, outlet="Lake Wire", published=date(2025, 11, 30)),
                story(2, outlet="LAKE WIRE", published=date(2026, 1, 2)),
                replace(
                    story(3, outlet="Hill Post", published=date(2026, 1, 31)), collection="Wire"
                ),
                story(4),
            ]
        )
        found = summarise(index)
    assert found.articles == 4
    assert found.outlets == (("Lake Wire", 2), ("Hill Post", 1))
    assert found.months == (("2025-11", 1), ("2025-12", 0), ("2026-01", 2))
    assert found.undated == 1
    assert found.collections == (("Wire", 1),)
    told = Reading(render_summary(found))
    assert "Collections" in [attributes.get("aria-label") for _, attributes in told.elements]
    assert "Wire (1)" in told.text
    assert counts_line(found) == (
        "4 articles from 2 outlets, November 2025 to January 2026; 1 without a date."
    )


def test_the_period_is_drawn_and_said() -> None:
    months = (("2025-11", 1), ("2025-12", 0), ("2026-01", 4))
    html = Reading(render_summary(CollectionSummary(5, (("Hill Post", 5),), months, 0)))
    [image] = [attributes for tag, attributes in html.elements if tag == "svg"]
    assert image["role"] == "img"
    assert image["aria-label"] == (
        "Articles by month, November 2025 to January 2026: most in January 2026, 4 articles"
    )
    assert [a["height"] for tag, a in html.elements if tag == "rect"] == ["12", "0", "48"]
    assert "January 2026: 4" in html.text


def test_many_months_are_drawn_by_year_and_one_month_not_at_all() -> None:
    months = tuple((f"{year}-{month:02d}", year) for year in range(2000, 2010) for month in (1, 2))
    every = dict.fromkeys(
        (f"{year}-{month:02d}" for year in range(2000, 2010) for month in range(1, 13)), 0
    ) | dict(months)
    html = Reading(render_summary(CollectionSummary(1, (), tuple(every.items()), 0)))
    assert html.count("rect") == 10
    assert "Articles by year, 2000 to 2009: most in 2009, 4,018 articles" in html.text
    one = CollectionSummary(1, (), (("2026-01", 1),), 0)
    assert "svg" not in render_summary(one)
    assert counts_line(one) == "1 article, January 2026."


@pytest.mark.slow
@pytest.mark.parametrize(
    ("far", "bars", "says"),
    [
        (date(204, 5, 5), 37, "Articles by spans of 50 years, 204 to 2024: most in 2000–2049, 2"),
        (date(9999, 5, 5), 32, "2024 to 9999: most in 2000–2249, 2 articles"),
    ],
)
def test_one_mistyped_date_leaves_the_chart_small(
    tmp_path: Path, far: date, bars: int, says: str
) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(
            story(n, published=day)
            for n, day in enumerate((date(2024, 1, 3), date(2024, 2, 3), far))
        )
        html = Reading(render_summary(summarise(index)))
    assert html.count("rect") == bars
    assert says in html.text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_outlets_and_labels_add_no_element(payload: str) -> None:
    named = ((payload, 1),)
    html = Reading(render_summary(CollectionSummary(1, named, (), 1, collections=named)))
    assert html.text.count(" (1)") == 2
    assert {tag for tag, _ in html.elements} == {"div", "p", "ul", "li"}


def test_outlets_beyond_the_sixth_are_counted() -> None:
    outlets = tuple((f"Outlet {n}", 1) for n in range(9))
    assert "3 more" in render_summary(CollectionSummary(9, outlets, (), 9))


STATEMENTS = (
    "The tram line to Brask harbour will cost 84 million euros, the council reckons.",
    "Greta Teles was elected mayor of Brask with 53 percent of the vote.",
    "The ferry Marenka was built in Gdynia in 1998. It belongs to Brask Lines.",
    "It rained all day long and nobody was on the beach.",
)


@pytest.mark.slow
def test_the_questions_of_a_collection_are_answered_by_it_and_kept(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(make_article(text=text, source=f"/{n}") for n, text in enumerate(STATEMENTS))
        answerer = Answerer(index)
        questions = summarise_with_questions(index, answerer).questions
        assert "How much will the tram line to Brask harbour cost?" in questions
        assert len(questions) <= 6
        for question in questions:
            answer = answerer.ask(question)
            assert answer.text or answer.overview, question

        class Deaf:
            def ask(self, question: str, /) -> Answer:
                raise AssertionError(question)

        assert summarise_with_questions(index, Deaf()).questions == questions
        (tmp_path / "index" / "questions-to-ask.json").write_text("[")
        assert summarise_with_questions(index, answerer).questions == questions
        index.add([make_article(text="A new report on Brask.", source="/new")])
        with pytest.raises(AssertionError):
            summarise_with_questions(index, Deaf())
        kept = (tmp_path / "index" / "questions-to-ask.json").read_text(encoding="utf-8")
    # As an index in Milvus, whose name and folder outlive it: of the same revision, of other articles.
    with Index.open(tmp_path / "anew", create=True) as anew:
        anew.add([make_article(text=text, source=text) for text in STATEMENTS[:2]])
        (tmp_path / "anew" / "questions-to-ask.json").write_text(kept, encoding="utf-8")
        with pytest.raises(AssertionError):
            summarise_with_questions(anew, Deaf())


class _TellsOfNames:
    """Answers no question for a fact, or each with the words given, and says something of every name."""

    def __init__(self, confidence: float) -> None:
        self.confidence = confidence

    def ask(self, question: str, /) -> Answer:
        words = "84 million euros"
        article = make_article(text=STATEMENTS[0], source="/0")
        start = article.text.index(words)
        end = start + len(words)
        cited = Citation(article, article.text, 0, len(article.text), start, end, None)
        if question.startswith("What do the articles say"):
            return Answer(question, None, (), True, (), {}, overview=(cited, cited))
        best = Candidate(words, self.confidence, (cited,))
        return Answer(question, None, (best,), False, (), {})


@pytest.mark.parametrize(("confidence", "facts"), [(0.9, 1), (0.55, 0)])
def test_facts_that_are_surely_answered_come_before_at_most_two_overviews(
    confidence: float, facts: int
) -> None:
    named = "Greta Teles met Anton Brask, Ilse Karrow and Pavel Dunn in Warsaw and in Gdynia."
    articles = [
        make_article(text=text, source=text) for text in (STATEMENTS[0], named, f"{named} ")
    ]
    articles.append(make_article(text=f"{named} It rained.", source="/rain"))
    found = answered_questions(articles, _TellsOfNames(confidence))
    assert len(found) == facts + 2
    assert [one.startswith("How much will the tram line") for one in found[:facts]] == [
        True
    ] * facts
    assert all(one.startswith("What do the articles say about") for one in found[facts:])


@pytest.mark.slow
def test_an_empty_collection_has_no_questions(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        assert summarise_with_questions(index, Answerer(index)).questions == ()
