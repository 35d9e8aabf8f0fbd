"""The default reader: a span network over the best passages, combined linearly with a few features.

The feature reader ranks all passages by their best sentence; the network scores the best of them. Each
sentence yields its best span. Null score differences are comparable across passages, because training
normalises over all passages of a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from rag.reader.encoding import lead_text
from rag.reader.feature_reader import FeatureReader
from rag.reader.feature_weights import checked_weights, weighted_sum
from rag.reader.protocol import Calibration
from rag.reader.scoring import SpanScorer, TokenScores
from rag.reader.span_normalisation import expand_span
from rag.text.temporal import time_score
from rag.types import Passage, Span

MAX_ANSWER_TOKENS = 40
NETWORK_DEPTH = 4
"""Passages the network scores, after feature ranking."""
# Null score differences are sums of two logits; the scale brings them to about -1..1.
_SCALE = 10.0
_LOWEST = -20.0
_TIME_WEIGHT = 0.1
"""Penalty per log-day of the time features when passages are chosen for the network."""


@dataclass(frozen=True, slots=True)
class Window:
    """A passage's scored tokens, with offsets in the article instead of the passage."""

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    offsets: NDArray[np.int64]
    null: float


@dataclass(frozen=True, slots=True, order=True)
class BestSpan:
    """The best span of a window inside a quote."""

    null_score_diff: float
    start: int
    end: int


class SpanReader:
    """Selects spans by a network's start and end scores, after a feature reader's ranking."""

    def __init__(
        self,
        scorer: SpanScorer,
        features: FeatureReader,
        calibration: Calibration,
        weights: Mapping[str, float],
        depth: int = NETWORK_DEPTH,
    ) -> None:
        self._scorer = scorer
        self._features = features
        self._calibration = calibration
        self._weights = checked_weights(weights)
        self._depth = depth

    def with_network_depth(self, depth: int) -> SpanReader:
        """Return the same reader with another number of passages for the network."""
        return SpanReader(self._scorer, self._features, self._calibration, self._weights, depth)

    @property
    def name(self) -> str:
        """The network's name."""
        return self._scorer.name

    @property
    def features(self) -> FeatureReader:
        """What chooses the passages that the network reads."""
        return self._features

    @property
    def weights(self) -> Mapping[str, float]:
        """What each feature adds to a span's score."""
        return self._weights

    @property
    def calibration(self) -> Calibration:
        """How its spans' features become a confidence."""
        return self._calibration

    def read(
        self, question: str, passages: Sequence[Passage], *, as_of: date | None = None
    ) -> list[Span]:
        """Return one span a sentence, best first; empty where no passage has a sentence."""
        offered = self._features.read(question, passages, as_of=as_of)
        read = best_passages(offered, self._depth)
        windows = self._windows(question, read, as_of)
        found = (self._scored(span, windows.get(span.passage.article.id, ())) for span in offered)
        return _ordered(span for span in found if span is not None)

    def _windows(
        self, question: str, passages: Sequence[Passage], as_of: date | None
    ) -> dict[str, list[Window]]:
        """Return the scored windows of each article."""
        texts = [p.text for p in passages]
        leads = [lead_text(p.article.published, as_of, p.article.title) for p in passages]
        found: dict[str, list[Window]] = {}
        for scores in self._scorer.score(question, texts, leads):
            if len(scores.offsets):
                passage = passages[scores.text]
                offsets = scores.offsets + passage.chunk.start
                window = Window(scores.starts, scores.ends, offsets, scores.null)
                found.setdefault(passage.article.id, []).append(window)
        return found

    def _scored(self, span: Span, windows: Sequence[Window]) -> Span | None:
        """Return a sentence's span by the network; None where no window has a token of the sentence."""
        text = span.passage.article.text
        low, high = span.quote_start, span.quote_end
        found = [best for w in windows if (best := best_inside(w, low, high)) is not None]
        if not found:
            return None
        best = max(found)
        start, end = expand_span(text, best.start, best.end, low, high)
        diff = max(_LOWEST, best.null_score_diff) / _SCALE
        time = span.passage.features.time
        features = replace(
            span.features,
            null_score_diff=diff,
            frame_distance=time.frame_distance,
            staleness=time.staleness,
        )
        score = weighted_sum(self._weights, features)
        return replace(
            span, start=start, end=end, score=score, features=replace(features, score=score)
        )


def best_passages(
    offered: Sequence[Span], number: int, time_weight: float | None = None
) -> list[Passage]:
    """Return the passages of the best sentences, best first, by score and time features.

    Parameters
    ----------
    time_weight
        What a log-day of a passage's date weighs; None for what it weighs in the reader.
    """
    weight = _TIME_WEIGHT if time_weight is None else time_weight
    found: dict[tuple[str, int], Passage] = {}
    for span in sorted(
        offered,
        key=lambda s: s.score + weight * time_score(s.passage.features.time),
        reverse=True,
    ):
        found.setdefault((span.passage.article.id, span.passage.chunk.start), span.passage)
    return list(found.values())[:number]


def _ordered(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda s: (-s.score, s.passage.chunk.id, s.start))


def best_inside(window: Window, low: int, high: int) -> BestSpan | None:
    """Return a window's best span within article characters low..high; None where it has no token."""
    first = int(np.searchsorted(window.offsets[:, 0], low, side="left"))
    last = int(np.searchsorted(window.offsets[:, 1], high, side="right"))
    if first >= last:
        return None
    a, b, score = best_span(window.starts[first:last], window.ends[first:last])
    offsets = window.offsets[first:last]
    return BestSpan(score - window.null, int(offsets[a, 0]), int(offsets[b, 1]))


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
