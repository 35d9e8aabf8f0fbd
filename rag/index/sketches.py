"""Sketches of texts: a bounded sample of their word shingles, by which near-duplicates are found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

import numpy as np
import regex
import xxhash
from numpy.typing import NDArray

from rag.text.patterns import lazily

SHINGLE_WORDS = 5
SKETCH_SIZE = 64
# A character of a script that is written without spaces counts as a word.
_WORD = lazily(
    r"[\p{Han}\p{Hiragana}\p{Katakana}]|[[\p{L}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}]]+",
    regex.V1,
)
# The same for the characters before those scripts and before any that the two modules know from different
# versions of Unicode, in half the time: most texts hold no other.
_PLAIN_WORD = re.compile(r"[^\W_]+")
_NOT_PLAIN = re.compile("[^\0-\u0557\u2000-\u206f\u20a0-\u20bf\u2100-\u2bff]")


def words_of(text: str) -> list[str]:
    """Return a text's words in lower case, without punctuation."""
    lowered = text.lower()
    return (_WORD if _NOT_PLAIN.search(lowered) else _PLAIN_WORD).findall(lowered)


def shingles(words: Sequence[str], size: int = SHINGLE_WORDS) -> NDArray[np.int64]:
    """Return the hash of each run of ``size`` words, in order; one of all words where they are fewer.

    Returns
    -------
    NDArray[np.int64]
        Shape (runs,); signed integers, as SQLite stores them.
    """
    if len(words) <= size:
        runs, count = iter([" ".join(words)]), 1
    else:
        count = len(words) - size + 1
        places = (islice(words, start, start + count) for start in range(size))
        runs = map(" ".join, zip(*places, strict=True))
    digests = np.fromiter(map(xxhash.xxh3_64_intdigest, runs), np.uint64, count)
    return digests.view(np.int64)


def sketch(text: str) -> list[int]:
    """Return a bottom-k sketch: the 64 smallest hashes of a text's 5-word shingles, ascending.

    Texts that share shingles share those of them that are small in both (Cohen and Kaplan 2007,
    "Summarizing data using bottom-k sketches").
    """
    return sketch_of(words_of(text))


def sketch_of(words: Sequence[str]) -> list[int]:
    """Return the `sketch` of a text that is given as `words_of` it."""
    ordered = np.sort(shingles(words))
    first = np.append(True, ordered[1:] != ordered[:-1])
    smallest: list[int] = ordered[first][:SKETCH_SIZE].tolist()
    return smallest


def among(values: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each value whether it is one of those wanted, of which there is at least one."""
    ordered = np.sort(wanted)
    places = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[places] == values
    return found
