"""Near-duplicates: which articles print one story, cut, edited or under a new headline.

An article is compared with the first article of a group and never with another copy of it: else two
stories would become one through a chain of articles that share a part with the next.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamagedError
from rag.index import catalog
from rag.index.sketches import SHINGLE_WORDS, among, shingles, sketch, words_of

# A shingle in so many stories is a phrase, page furniture or background: no sign of a copy. Higher than a
# story's own variants that stayed apart, which would else make all of it common.
COMMON = 8
# Texts compared for one article, best first, so that adding costs no more in a larger archive.
_MAX_COMPARED = 3
_MIN_SHARED = 2
# Words compared of a text: further ones cost time and change little.
_MAX_WORDS = 20_000
# Reports written to one template share shorter runs, between one figure and the next.
_RUN_WORDS = 10
_MIN_COVERED = 0.6
_MIN_WORDS = 15
# A cut reprint is the head of the whole: this share of it at least, beginning within the first `_HEAD`.
_MIN_SHARE_OF_LONGER = 0.2
_HEAD = 0.3


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two texts have in common, by words that stand in the same runs of words in both."""

    words: tuple[int, int]
    """Words of each that count: those outside of what many stories share."""
    covered: tuple[float, float]
    """Share of them that the other text has too, 0 to 1."""
    begins: tuple[float, float]
    """Where in each the first shared word stands, as a share of its length."""


def find_copy_group(
    connection: sqlite3.Connection, text: str, hashes: Sequence[int] | None = None
) -> int | None:
    """Return the group in the catalog whose story a text prints, or None.

    Parameters
    ----------
    hashes
        The text's sketch, where it is known already.
    """
    return likely_story(
        CatalogStories(connection), text, sketch(text) if hashes is None else hashes
    )


class CatalogStories:
    """The stories in a catalog, by the number of their near-duplicate group."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def known(self, sampled: Sequence[int]) -> set[int]:
        """Return those values of a sketch that any other article's has; of a new story that is few."""
        return catalog.sketched_values(self._connection, sampled)

    def sharing(self, value: int, limit: int) -> list[int]:
        """Return up to ``limit`` stories of which an article has a value in its sketch."""
        return catalog.groups_sharing(self._connection, value, limit)

    def first_text(self, story: int) -> str | None:
        """Return the text of a story's first article; None where its row is damaged (`verify` reports it)."""
        seq = catalog.first_of_group(self._connection, story)
        try:
            if seq is None:
                return None
            return catalog.articles_of(self._connection, [seq])[seq].article.text
        except IndexDamagedError:
            return None


def likely_story(stories: CatalogStories, text: str, sampled: Sequence[int]) -> int | None:
    """Return the story that a text with this sketch prints, or None."""
    votes, common = voted_stories(stories, sampled)
    likely = votes[:_MAX_COMPARED]
    words: list[str] = []
    passed_over: set[int] = set()
    for group, shared in likely:
        if shared < _MIN_SHARED:
            break
        if not words:
            words = words_of(text)[:_MAX_WORDS]
            passed_over = _common_shingles(words, sampled, common)
        first = stories.first_text(group)
        if first is not None and is_copy(overlap(words, words_of(first)[:_MAX_WORDS], passed_over)):
            return group
    return None


def voted_stories(
    stories: CatalogStories, sampled: Sequence[int]
) -> tuple[list[tuple[int, int]], set[int]]:
    """Return stories with how many values of a sketch they share, best first, and values that are common."""
    votes: Counter[int] = Counter()
    common = set()
    for value in stories.known(sampled):
        groups = stories.sharing(value, COMMON)
        if len(groups) < COMMON:
            votes.update(groups)
        else:
            common.add(value)
    return sorted(votes.items(), key=lambda pair: (-pair[1], pair[0])), common


def is_copy(shared: Overlap) -> bool:
    """Whether two texts print one story: most of the shorter stands in the longer, from its head on.

    A digest of several stories contains each of them and copies none.
    """
    short, long = (0, 1) if shared.words[0] <= shared.words[1] else (1, 0)
    if shared.words[short] < _MIN_WORDS or shared.covered[short] < _MIN_COVERED:
        return False
    if shared.covered[long] >= _MIN_COVERED:
        return True
    return shared.covered[long] >= _MIN_SHARE_OF_LONGER and shared.begins[long] <= _HEAD


def is_one_text(one: str, other: str) -> bool:
    """Whether two texts are one that was corrected: most of each stands in the other."""
    shared = overlap(words_of(one)[:_MAX_WORDS], words_of(other)[:_MAX_WORDS])
    return min(shared.words) >= _MIN_WORDS and min(shared.covered) >= _MIN_COVERED


def overlap(one: Sequence[str], other: Sequence[str], passed_over: Collection[int] = ()) -> Overlap:
    """Return what two texts, given as `words_of` them, have in common.

    Parameters
    ----------
    passed_over
        5-word shingles whose words do not count in either text.
    """
    runs = shingles(one, _RUN_WORDS), shingles(other, _RUN_WORDS)
    first = _side(one, runs[0], runs[1], passed_over)
    second = _side(other, runs[1], runs[0], passed_over)
    return Overlap((first[0], second[0]), (first[1], second[1]), (first[2], second[2]))


def _side(
    words: Sequence[str],
    own: NDArray[np.int64],
    others: NDArray[np.int64],
    passed_over: Collection[int],
) -> tuple[int, float, float]:
    """Return one text's counting words, the share that the other has, and where the first of them is.

    ``own`` and ``others`` are the shingles of `_RUN_WORDS` of this text and of the other.
    """
    covered = _within(len(words), among(own, others), _RUN_WORDS)
    if passed_over:
        left_out = np.fromiter(passed_over, np.int64, len(passed_over))
        hits = among(shingles(words), left_out)
        covered = covered[~_within(len(words), hits, SHINGLE_WORDS)]
    count, shared = len(covered), np.flatnonzero(covered)
    begins = int(shared[0]) / count if len(shared) else 1.0
    return count, len(shared) / max(1, count), begins


def _within(count: int, hits: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Return for each of a text's words whether it stands in a run of ``size`` words that is a hit."""
    starts = np.flatnonzero(hits)
    depth = np.zeros(count + 1, np.int64)
    depth[starts] += 1
    depth[np.minimum(starts + size, count)] -= 1
    inside: NDArray[np.bool_] = np.cumsum(depth[:count]) > 0
    return inside


def _common_shingles(
    words: Sequence[str], sampled: Collection[int], common: Collection[int]
) -> set[int]:
    """Return all shingles of the parts that many stories share: where sampled ones in a row are common."""
    if not common:
        return set()
    own = shingles(words).tolist()
    known = set(sampled)
    places = [start for start, value in enumerate(own) if value in known]
    found = set()
    for start, following in zip(places, [*places[1:], len(own)], strict=True):
        if own[start] in common:
            last = following if following < len(own) and own[following] in common else start
            found.update(own[start : last + 1])
    return found
