"""The terms that an index is searched for: a question's words, misspelt ones as those they are near to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.text.analyser import analyse, question_stop_words

_TITLE_WEIGHT = 0.3
_MAX_TERMS = 64
# Words of a question that get a spelling correction at most: each scans the vocabulary.
_MAX_CORRECTIONS = 3


class Vocabulary(Protocol):
    """The terms of an index."""

    def has(self, term: str) -> bool:
        """Whether any chunk has a term in its text or its title."""

    def beginning(self, letter: str, shortest: int, longest: int) -> Sequence[str]:
        """Return the terms of texts that begin with a letter, of so many characters, in order."""


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """A term with what its BM25 is multiplied by, in a chunk's text and in its article's title."""

    text: str
    weight: float

    @property
    def title_weight(self) -> float:
        """The weight in a title."""
        return self.weight * _TITLE_WEIGHT


def search_terms(question: str, vocabulary: Vocabulary) -> list[SearchTerm]:
    """Return the terms to search for; a word that is in no chunk is replaced by its nearest spellings."""
    words = dict.fromkeys(analyse(question))
    content = [word for word in words if word not in question_stop_words()] or list(words)
    found = []
    unknown = 0
    for word in content[:_MAX_TERMS]:
        if vocabulary.has(word):
            found.append(SearchTerm(word, 1.0))
            continue
        unknown += 1
        if unknown <= _MAX_CORRECTIONS:
            found += _spellings(word, vocabulary)
    return found


def _spellings(word: str, vocabulary: Vocabulary) -> list[SearchTerm]:
    """Return the nearest spellings of an unknown word, with their weights."""
    if len(word) < 4 or not word.isalpha():
        return []
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    allowed = 1 if len(word) < 8 else 2
    terms = vocabulary.beginning(word[0], len(word) - allowed, len(word) + allowed)
    near = process.extract(word, terms, scorer=OSA.distance, score_cutoff=allowed, limit=3)
    return [SearchTerm(term, 0.8 if distance == 1 else 0.6) for term, distance, _ in near]
