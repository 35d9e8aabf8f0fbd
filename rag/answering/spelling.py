"""A misspelt word of a question, as the passages found for it spell it: "heeters" is read as "heaters".

The search finds such words by the vocabulary of its index (`rag.index.search_terms`); a network reads them as
pieces of other words. Only the question that is read changes, never what is searched or shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import regex

from rag.text.analyser import analyse, terms_of
from rag.text.patterns import lazily
from rag.types import Passage

_SHORTEST = 5
"""Letters of a word that may be misspelt: many short words are one letter apart."""
# Names are capitalised, and one letter apart may be another person.
_LOWER = lazily(r"(?<![\p{L}\p{M}\p{N}'’-])\p{Ll}{4,}(?![\p{L}\p{M}\p{N}'’-])")
_ENGLISH = lazily(
    r"\b(?:who|what|which|when|where|why|how|did|does|do|is|are|was|were|has|have|will)\b", regex.I
)


@runtime_checkable
class KnowsWords(Protocol):
    """A reader that knows which words are spelt right."""

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is one of its vocabulary."""
        ...


def respelt(question: str, passages: Sequence[Passage], knows: Callable[[str], bool]) -> str:
    """Return a question with its unknown words as the passages spell them; the same where none is misspelt.

    A word of an English question changes where the vocabulary lacks it, no passage has it in any inflection,
    and the passages have one with the same first letter that differs by one letter more, less, other or two
    that changed places (optimal string alignment distance 1). Where they have several that are no inflections
    of one word, it stays as it is; so do names, which are capitalised, and words of under five letters.

    Parameters
    ----------
    knows
        Whether a lower-case word is spelt right.
    """
    unknown = [
        match
        for match in _LOWER.finditer(question)
        if len(match.group()) >= _SHORTEST and not knows(match.group())
    ]
    if not unknown or not _ENGLISH.search(question):
        return question
    texts = [text for passage in passages for text in (passage.text, passage.article.title or "")]
    # Names count as held: "milei" of a question in lower case is Milei, and no mile.
    held = {term for text in texts for term in analyse(text)}
    words = Counter(word for text in texts for word in _LOWER.findall(text))
    for match in reversed(unknown):
        word = match.group()
        if held.isdisjoint(terms_of(word)) and (other := _nearest(word, words)) is not None:
            question = question[: match.start()] + other + question[match.end() :]
    return question


def _nearest(word: str, words: Mapping[str, int]) -> str | None:
    from rapidfuzz.distance import OSA

    near = [
        other
        for other in words
        if other[0] == word[0]
        and abs(len(other) - len(word)) <= 1
        # "Crispy" and "crisp": a letter at the end makes another form of a word.
        and not (other.startswith(word) or word.startswith(other))
        and OSA.distance(word, other, score_cutoff=1) == 1
    ]
    if len({terms_of(other) for other in near}) != 1:
        return None
    return max(near, key=lambda other: (words[other], other))
