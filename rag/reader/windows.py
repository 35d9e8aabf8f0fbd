"""Token scores of a stretch of an article, and the best span in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.reader.scoring import TokenScores

MAX_ANSWER_TOKENS = 40


@dataclass(frozen=True, slots=True)
class Window:
    """Scored tokens, with offsets in the article instead of the text that was scored."""

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    offsets: NDArray[np.int64]
    null: float

    @classmethod
    def of(cls, scores: TokenScores, start: int) -> Window:
        """Return the scores of a text that begins at a character of its article."""
        return cls(scores.starts, scores.ends, scores.offsets + start, scores.null)


@dataclass(frozen=True, slots=True, order=True)
class BestSpan:
    """The best span of a window inside a quote."""

    null_score_diff: float
    start: int
    end: int


def best_inside(window: Window, low: int, high: int) -> BestSpan | None:
    """Return a window's best span within article characters low..high; None where it has no token."""
    first = int(np.searchsorted(window.offsets[:, 0], low, side="left"))
    last = int(np.searchsorted(window.offsets[:, 1], high, side="right"))
    if first >= last:
        return None
    a, b, score = best_span(window.starts[first:last], window.ends[first:last])
    offsets = window.offsets[first:last]
    return BestSpan(score - window.null, int(offsets[a, 0]), int(offsets[b, 1]))


def mean_window(one: Window, other: Window) -> Window | None:
    """Return the mean scores of the tokens that two windows of one article share; None for no token."""
    _, ours, theirs = np.intersect1d(one.offsets[:, 0], other.offsets[:, 0], return_indices=True)
    same = one.offsets[ours, 1] == other.offsets[theirs, 1]
    ours, theirs = ours[same], theirs[same]
    if not len(ours):
        return None
    return Window(
        (one.starts[ours] + other.starts[theirs]) / 2,
        (one.ends[ours] + other.ends[theirs]) / 2,
        one.offsets[ours],
        (one.null + other.null) / 2,
    )


def best_span(starts: NDArray[np.float32], ends: NDArray[np.float32]) -> tuple[int, int, float]:
    """Return the (first, last) token of the highest sum, and that sum.

    A span has at most ``MAX_ANSWER_TOKENS`` tokens; ``starts`` and ``ends`` are of one length > 0.
    """
    size = len(starts)
    rows = np.arange(size)
    length = rows[None, :] - rows[:, None]
    allowed = (length >= 0) & (length < MAX_ANSWER_TOKENS)
    table = np.where(allowed, starts[:, None] + ends[None, :], -np.inf)
    first, last = divmod(int(table.argmax()), size)
    return first, last, float(table[first, last])


def null_score_diff(scores: TokenScores) -> float:
    """Return a window's best span score minus its null score."""
    return best_span(scores.starts, scores.ends)[2] - scores.null
