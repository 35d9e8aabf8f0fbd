"""The words of a conversation that may be added to its newest question, and those of the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.analyser import question_stop_words, terms_of
from rag.text.patterns import lazily
from rag.types import Turn

_WORD = lazily(r"[\p{L}\p{M}\p{N}]+(?:(?:[-.,&/]|[’'](?!s\b))[\p{L}\p{M}\p{N}]+)*")
REMEMBERED = 6
"""Earlier turns that are looked at."""
LONGEST = 600
"""Characters of a question or an answer that are looked at."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, ``text[start:end]``."""

    text: str
    start: int
    end: int
    key: str
    """What it has in common with other forms of it; empty for a function word."""


@dataclass(frozen=True, slots=True)
class Part:
    """A question or an answer of a conversation, with its words."""

    text: str
    words: tuple[Word, ...]
    turn: int
    """1 for the newest earlier turn, 2 for the one before, ...; 0 for the question itself."""
    answer: bool = False


def words_of(text: str) -> tuple[Word, ...]:
    """Return the words of a text in order; a possessive "'s" is none."""
    found = []
    stops = question_stop_words()
    for match in _WORD.finditer(text):
        word = match.group()
        terms = terms_of(word)
        bare = word.lower() in stops or stops.issuperset(terms)
        # The "s" of a possessive is no word.
        key = "" if bare or (len(word) == 1 and word.islower()) else " ".join(terms)
        found.append(Word(word, match.start(), match.end(), key))
    return tuple(found)


def parts_of(question: str, history: Sequence[Turn]) -> tuple[Part, ...]:
    """Return the parts of a conversation in order, the question last; long texts are cut."""
    found = []
    recent = history[-REMEMBERED:]
    for number, turn in enumerate(recent):
        back = len(recent) - number
        asked = turn.question[:LONGEST]
        found.append(Part(asked, words_of(asked), back))
        if turn.answer:
            said = turn.answer[:LONGEST]
            found.append(Part(said, words_of(said), back, answer=True))
    found.append(Part(question, words_of(question), 0))
    return tuple(found)
