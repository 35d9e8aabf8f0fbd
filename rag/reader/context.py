"""What of a question stands in a sentence, in its passage, or nowhere near: evidence for trust."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import regex

from rag.index.lexical import analyse
from rag.reader.kinds import Want, offers
from rag.reader.names import Surroundings
from rag.types import Passage

_GRAMMAR = """
    a an and are as at be been being by can could did do does for from had has have how in
    is it its many much of on or should than that the their them there these they this
    those to was were what when where which who whom whose why will with would about into
    some tell me s t he she his her not no also one say said says according article
    articles report reports day date number name called kind please
"""
_NAMED = regex.compile(r"(?<=\S\s)\p{Lu}[\p{L}\p{M}’'-]+|\b\d[\d,.]*\p{L}*")


@cache
def grammar() -> frozenset[str]:
    """Return the terms that say how a question is put, not what it is about."""
    return frozenset(analyse(_GRAMMAR))


class QuestionTerms:
    """A question's terms, weighted by how few of the passages have them."""

    def __init__(self, question: str, passages: Sequence[Passage]) -> None:
        self._known = Surroundings.of(p.text for p in passages)
        self._around = {p.chunk.id: _surroundings(p) for p in passages}
        terms = dict.fromkeys(t for t in analyse(question) if t not in grammar())
        total = len(passages)
        self._rarity = {
            term: math.log(1 + (total + 1) / (0.5 + sum(term in a for a in self._around.values())))
            for term in terms
        }
        self._names = [
            name
            for match in _NAMED.finditer(question)
            if (name := frozenset(analyse(match.group())) - grammar())
        ]

    def evidence(
        self, passage: Passage, quote_start: int, quote_end: int, start: int, end: int, want: Want
    ) -> dict[str, float]:
        """Return readable signals, each 0..1, of a span inside its quote inside its passage."""
        text = passage.article.text
        here = frozenset(analyse(text[quote_start:quote_end]))
        around = self._around[passage.chunk.id] | here
        whole = sum(self._rarity.values()) or 1.0
        count = len(self._names) or 1
        typed = 0.5
        if want.kind != "clause":
            low, high = start - quote_start, end - quote_start
            offered = offers(want, text[quote_start:quote_end], self._known)
            typed = max((fit for a, b, fit in offered if a < high and low < b), default=0.0)
        return {
            "coverage": sum(w for t, w in self._rarity.items() if t in here) / whole,
            "context": sum(w for t, w in self._rarity.items() if t in around) / whole,
            "names": sum(bool(n & here) for n in self._names) / count if self._names else 1.0,
            "names_missing": sum(not n & around for n in self._names) / count
            if self._names
            else 0.0,
            "typed": typed,
        }


def _surroundings(passage: Passage) -> frozenset[str]:
    article = passage.article
    date = article.published
    told = [passage.text, article.title or "", article.outlet or ""]
    if date:
        told.append(f"{date:%Y %B} {date.day}")
    return frozenset(analyse(" ".join(told)))
