"""A citation cannot misquote; an answer shows what it may."""

import pytest

from rag.errors import QuoteError
from rag.types import Answer, Article, Candidate, Citation, Filters

TEXT = "It snowed. The mayor of Lindau resigned on Monday. Nobody was hurt."
ARTICLE = Article("a1", TEXT)
QUOTE = "The mayor of Lindau resigned on Monday."
START, END = 11, 50


def cite(**changes):
    given = {
        "article": ARTICLE,
        "quote": QUOTE,
        "start": START,
        "end": END,
        "answer_start": 44,
        "answer_end": 50,
    }
    return Citation(**given | changes)


def test_citation_stands_where_it_says():
    citation = cite(answer_start=43, answer_end=49)
    assert TEXT[citation.start : citation.end] == citation.quote
    assert citation.answer == "Monday"


@pytest.mark.parametrize(
    "changes",
    [
        {"quote": QUOTE.replace("resigned", "stayed")},
        {"quote": QUOTE.lower()},
        {"quote": QUOTE + " "},
        {"quote": "", "end": START},
        {"start": START - 1},
        {"end": END + 1},
        {"end": len(TEXT) + 9},
        {"start": START - len(TEXT), "end": END - len(TEXT)},
        {"start": len(TEXT) + 1, "end": len(TEXT) + 5},
        {"answer_start": START - 1},
        {"answer_end": END + 1},
        {"answer_start": 30, "answer_end": 30},
        {"answer_start": 40, "answer_end": 30},
        {"article": Article("a2", "Something else.")},
    ],
)
def test_wrong_quote_is_refused(changes):
    with pytest.raises(QuoteError):
        cite(**changes)


def test_abstaining_shows_nothing_and_keeps_everything():
    candidates = (Candidate("Monday", 0.4, (cite(),)), Candidate("Lindau", 0.2, (cite(),)))
    shown = Answer("When?", None, candidates, False, (), {})
    assert (shown.text, shown.confidence, shown.citations) == ("Monday", 0.4, (cite(),))
    assert [one.text for one in shown.alternatives] == ["Lindau"]
    abstained = Answer("When?", None, candidates, True, (), {})
    assert (abstained.text, abstained.citations, abstained.alternatives) == (None, (), ())
    assert abstained.candidates == candidates
    assert Answer("When?", None, (), True, (), {}).confidence == 0.0


def test_records_are_frozen_values():
    assert Article("a1", TEXT) == ARTICLE
    assert hash(Article("a1", TEXT)) == hash(ARTICLE)
    with pytest.raises(AttributeError):
        ARTICLE.text = "Other."
    assert Filters().empty
    assert not Filters(outlet="").empty
