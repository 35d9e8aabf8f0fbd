"""Passages written by hand, each an article of its own, and a scorer with scores by hand."""

from collections.abc import Callable, Sequence
from datetime import date
from zlib import crc32

import numpy as np
import regex

from rag.reader.scoring import TokenScores
from rag.types import Article, Chunk, Passage, Span


def passage(text, *, name="a", score=1.0, title=None, published=None, copy_group=None, start=0):
    published = date.fromisoformat(published) if published else None
    article = Article(id=name, text=text, title=title, published=published)
    chunk = Chunk(crc32(name.encode()), name, start, len(text), text[start:])
    return Passage(chunk, article, score, {"dense": 0.5}, copy_group)


def span(found, words, *, score=1.0, quote=None, **signals):
    text = found.article.text
    quote = quote or text
    low = text.index(quote)
    start = text.index(words, low)
    return Span(found, start, start + len(words), low, low + len(quote), score, signals)


class WrittenScorer:
    """Gives each word the score a function says, and "nothing here" another's. Remembers what it read."""

    name = "written"

    def __init__(
        self,
        scored: Callable[[str], float],
        null: Callable[[str, str], float] = lambda text, lead: 0.0,
    ) -> None:
        self._scored = scored
        self._null = null
        self.read: list[list[str]] = []
        self.leads: list[list[str]] = []

    def score(self, question: str, texts: Sequence[str], leads: Sequence[str]) -> list[TokenScores]:
        self.read.append(list(texts))
        self.leads.append(list(leads))
        found = []
        for number, (text, lead) in enumerate(zip(texts, leads, strict=True)):
            words = list(regex.finditer(r"\w+|\S", text))
            values = np.array([self._scored(m.group()) for m in words], np.float32)
            places = np.array([m.span() for m in words], np.int64).reshape(-1, 2)
            found.append(TokenScores(number, places, values, values, self._null(text, lead)))
        return found
