"""The analyser of the product: how text becomes the terms that are indexed, searched and compared."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

import regex

from rag.text.patterns import lazily
from rag.text.word_lists import listed_words

# No character of these scripts comes before; this set is looked for much faster than they are.
_WIDE = re.compile("[\u2e80-\U0010ffff]")
_RAISED = re.compile("[⁰¹²³⁴-⁹]")
_MARKED = lazily(r"(?<=\d|\p{L}{4})(?=[⁰¹²³⁴-⁹])")
_CJK = lazily(r"[\p{Han}\p{Hiragana}\p{Katakana}]+")


def analyse(text: str) -> list[str]:
    """Return a text's terms: lower case, without accents, stemmed; Chinese and Japanese as pairs."""
    return list(text_analyser().analyze(space_words(text)))


@lru_cache(maxsize=1 << 15)
def terms_of(word: str) -> tuple[str, ...]:
    """Return the terms of a word or a few as `analyse` does, from a cache."""
    return tuple(analyse(word))


@cache
def question_stop_words() -> frozenset[str]:
    """Return the stop words and their stems, which match no sentence.

    A search uses them only where a question has no other words.
    """
    words = listed_words("stop_words")
    return frozenset(analyse(" ".join(words))) | words


def space_words(text: str) -> str:
    """Return text with runs of Chinese and Japanese characters as pairs, and with raised figures apart.

    Folded to ASCII, the mark of a note would be part of the figure or word before it; that of a unit
    ("m²") is.
    """

    def pairs(match: regex.Match[str]) -> str:
        run = match.group()
        parts = [run[n : n + 2] for n in range(max(1, len(run) - 1))]
        return f" {' '.join(parts)} "

    if text.isascii():
        return text
    if _RAISED.search(text):
        text = _MARKED.sub(" ", text)
    return _CJK.sub(pairs, text) if _WIDE.search(text) else text


@cache
def text_analyser() -> Any:  # noqa: ANN401  # Tantivy has no types
    """Return the Tantivy analyser: lower case, ASCII folded, English stems, terms of up to 80 characters."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(80),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()
