"""Leaves out quotes that only ask what is asked: a quiz, a list of questions, a poll with its options."""

from __future__ import annotations

from collections.abc import Sequence

from rag.text.analyser import analyse, question_stop_words
from rag.text.patterns import lazily
from rag.types import Span

# A question mark, with what may close the sentence behind it.
_ASKS = lazily(r"[?？؟][\p{Pe}\p{Pf}\p{Pi}\"'\s]*$")
_WORD = lazily(r"\p{L}+")
_QUESTION_WORDS = frozenset(
    ["who", "whom", "whose", "what", "which", "when", "where", "why", "how"]
)


def without_repeated(question: str, spans: Sequence[Span]) -> list[Span]:
    """Return spans without those quoted by a question that has the question word and all terms of this one.

    "Did you know that 120 people work there?" tells what "How many people work there?" asks, and stays.
    """
    asked = _QUESTION_WORDS.intersection(_words(question))
    terms = frozenset(analyse(question)) - question_stop_words()
    if not asked or not terms:
        return list(spans)
    return [span for span in spans if not _repeats(asked, terms, span)]


def _repeats(asked: frozenset[str], terms: frozenset[str], span: Span) -> bool:
    quote = span.passage.article.text[span.quote_start : span.quote_end]
    return bool(
        _ASKS.search(quote[-8:])
        and asked.intersection(_words(quote))
        and terms.issubset(analyse(quote))
    )


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
