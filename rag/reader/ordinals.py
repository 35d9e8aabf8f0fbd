"""Tells one session from another: a text on the 15th says nothing of the 14th, however alike they sound."""

from __future__ import annotations

from collections.abc import Mapping

import regex

from rag.index.lexical import analyse
from rag.numbers import with_digits
from rag.patterns import lazily

_NUMBERED = lazily(r"\b(?P<number>\d+)(?:st|nd|rd|th)[ -](?P<noun>\p{L}{4,})", regex.I)

Numbered = Mapping[str, frozenset[int]]


def numbered(text: str) -> Numbered:
    """Return for each noun with an ordinal right before it, by its stem, which ones the text has."""
    found: dict[str, frozenset[int]] = {}
    for match in _NUMBERED.finditer(with_digits(text)):
        number = int(match["number"])
        for stem in analyse(match["noun"])[:1]:
            found[stem] = found.get(stem, frozenset()) | {number}
    return found


def about_another(asked: Numbered, text: str) -> bool:
    """Whether a text numbers something that the question numbers, and has only other numbers for it."""
    if not asked:
        return False
    told = numbered(text)
    return any(stem in told and not numbers & told[stem] for stem, numbers in asked.items())
