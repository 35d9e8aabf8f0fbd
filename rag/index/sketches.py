"""Sketches of texts: a bounded sample of their word shingles, by which near-duplicates are found."""

from __future__ import annotations

from collections.abc import Sequence

import regex
import xxhash

from rag.text.patterns import lazily

SHINGLE_WORDS = 5
SKETCH_SIZE = 64
# A character of a script that is written without spaces counts as a word.
_WORD = lazily(
    r"[\p{Han}\p{Hiragana}\p{Katakana}]|[[\p{L}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}]]+",
    regex.V1,
)


def words_of(text: str) -> list[str]:
    """Return a text's words in lower case, without punctuation."""
    return _WORD.findall(text.lower())


def shingles(words: Sequence[str], size: int = SHINGLE_WORDS) -> list[int]:
    """Return the hash of each run of ``size`` words, in order; one of all words where they are fewer.

    Returns
    -------
    list[int]
        Signed 64-bit integers, as SQLite stores them.
    """
    starts = range(max(1, len(words) - size + 1))
    digests = (xxhash.xxh3_64_intdigest(" ".join(words[n : n + size])) for n in starts)
    return [value - (1 << 64) if value >= 1 << 63 else value for value in digests]


def sketch(text: str) -> list[int]:
    """Return a bottom-k sketch: the 64 smallest hashes of a text's 5-word shingles, ascending.

    Texts that share shingles share those of them that are small in both (Cohen and Kaplan 2007,
    "Summarizing data using bottom-k sketches").
    """
    return sorted(set(shingles(words_of(text))))[:SKETCH_SIZE]
