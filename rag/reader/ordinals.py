"""Tells one session from another: a text on the 15th says nothing of the 14th, however alike they sound."""

from __future__ import annotations

from collections.abc import Mapping

import regex

from rag.index.lexical import analyse
from rag.patterns import lazily

_SPELT = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDER = {word: number for number, word in enumerate(_SPELT.split(" "), start=1)}
_NUMBERED = lazily(
    rf"\b(?P<number>\d+(?=st\b|nd\b|rd\b|th\b)|{'|'.join(_ORDER)})(?:st|nd|rd|th)?"
    r"[ -](?P<noun>\p{L}{4,})",
    regex.I,
)

Numbered = Mapping[str, frozenset[int]]


def numbered(text: str) -> Numbered:
    """Return for each noun with an ordinal right before it, by its stem, which ones the text has."""
    found: dict[str, frozenset[int]] = {}
    for match in _NUMBERED.finditer(text):
        said = match["number"].lower()
        number = _ORDER.get(said) or int(said)
        for stem in analyse(match["noun"])[:1]:
            found[stem] = found.get(stem, frozenset()) | {number}
    return found


def about_another(asked: Numbered, text: str) -> bool:
    """Whether a text numbers something that the question numbers, and has only other numbers for it."""
    if not asked:
        return False
    told = numbered(text)
    return any(stem in told and not numbers & told[stem] for stem, numbers in asked.items())
