"""Vectors of sentences and words for the training-free reader; newest ones are cached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from embeddings import Vectors
from rag.text.analyser import terms_of
from rag.text.patterns import lazily

Similarities = Mapping[str, Mapping[str, float]]
"""For each question term, the passages' terms of similar vector and their similarity, 0..1."""
_CACHE_SIZE = 4096
_SIMILARITY_FLOOR = 0.45
"""Cosine that counts as no similarity; 1 counts as 1, linearly between."""
_MIN_LENGTH = 3
_WORD = lazily(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")


class CachedEncoder:
    """Unit vectors of texts from an encoder, most of which a later question asks for again."""

    def __init__(self, encode: Callable[[Sequence[str]], Vectors]) -> None:
        self._encode = encode
        self._vectors: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, shape (texts, dimension)."""
        known = dict(self._vectors)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, self._encode(new), strict=True))
            # One assignment, so that threads sharing the reader never see a partial cache.
            self._vectors = dict(list(known.items())[-_CACHE_SIZE:])
        return np.stack([known[text] for text in texts])

    def similarities(
        self, question: str, texts: Sequence[str], terms: Sequence[str], stop: frozenset[str]
    ) -> Similarities:
        """Compare a question's terms with all terms of some texts by the vectors of their words."""
        question_words, text_words = _word_of_term([question]), _word_of_term(texts)
        own = [term for term in terms if term in question_words and term.isalpha()]
        others = [
            term
            for term in text_words
            if term.isalpha() and len(term) >= _MIN_LENGTH and term not in stop
        ]
        if not own or not others:
            return {}
        left = self.encode([question_words[term] for term in own])
        right = self.encode([text_words[term] for term in others])
        scaled = np.clip((left @ right.T - _SIMILARITY_FLOOR) / (1 - _SIMILARITY_FLOOR), 0.0, 1.0)
        return {
            term: {others[n]: float(row[n]) for n in np.flatnonzero(row)}
            for term, row in zip(own, scaled, strict=True)
        }


def _word_of_term(texts: Sequence[str]) -> dict[str, str]:
    """Return for each term of the texts the first lower-cased word that has it as its stem."""
    found: dict[str, str] = {}
    for word in dict.fromkeys(
        m.group().lower() for text in dict.fromkeys(texts) for m in _WORD.finditer(text)
    ):
        for term in terms_of(word):
            found.setdefault(term, word)
    return found
