"""The reader that decides: a span network and the evidence of words, read together.

Every sentence of the passages offers its best span. What the network gives the span over "nothing
here" (the null gap, which makes passages comparable) joins the evidence of the training-free
reader: a network alone takes the right kind of words for the right answer too easily, shared
words alone miss how a thing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.reader.evidence import EvidenceReader
from rag.reader.protocol import Calibration
from rag.reader.scoring import SpanScorer, TokenScores
from rag.reader.tidy import tidied
from rag.types import Passage, Span

MAX_ANSWER_TOKENS = 40
# The gap of a sentence the network could not place a span in, and the scale that brings gaps, which
# are sums of two logits, to about -1..1 like the other signals.
_NO_GAP = -20.0
_SCALE = 10.0


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A passage's scored tokens, with places in the article instead of the passage."""

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    offsets: NDArray[np.int64]
    null: float


class SpanReader:
    """Reads with a network that scores where answers start and end, beside an evidence reader."""

    def __init__(
        self,
        scorer: SpanScorer,
        evidence: EvidenceReader,
        calibration: Calibration,
        weights: Mapping[str, float],
    ) -> None:
        self._scorer = scorer
        self._evidence = evidence
        self._calibration = calibration
        self._weights = dict(weights)

    @property
    def name(self) -> str:
        """The network's name."""
        return self._scorer.name

    @property
    def weights(self) -> Mapping[str, float]:
        """What each signal adds to a sentence's score."""
        return self._weights

    @property
    def calibration(self) -> Calibration:
        """How its spans' signals become a confidence."""
        return self._calibration

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """Return one span a sentence, best first; empty where no passage has a sentence."""
        offered = self._evidence.read(question, passages)
        if not offered:
            return []
        stretches = self._stretches(question, passages)
        spans = [self._joined(span, stretches) for span in offered]
        return sorted(spans, key=lambda s: (-s.score, s.passage.chunk.id, s.start))

    def _stretches(self, question: str, passages: Sequence[Passage]) -> dict[str, list[_Stretch]]:
        """Return the scored stretches of each article."""
        texts = [p.text for p in passages]
        titles = [p.article.title for p in passages]
        found: dict[str, list[_Stretch]] = {}
        for scores in self._scorer.score(question, texts, titles):
            if len(scores.offsets):
                passage = passages[scores.text]
                places = scores.offsets + passage.chunk.start
                stretch = _Stretch(scores.starts, scores.ends, places, scores.null)
                found.setdefault(passage.article.id, []).append(stretch)
        return found

    def _joined(self, span: Span, stretches: Mapping[str, list[_Stretch]]) -> Span:
        """Return a sentence's span with the network's words, signals of both, and a score of all."""
        text = span.passage.article.text
        low, high = span.quote_start, span.quote_end
        best: tuple[float, int, int] | None = None
        for stretch in stretches.get(span.passage.article.id, ()):
            found = _best_inside(stretch, low, high)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
        gap, start, end = best or (_NO_GAP, span.start, span.end)
        start, end = tidied(text, start, end, low, high)
        signals = dict(span.signals) | {"gap": max(_NO_GAP, gap) / _SCALE}
        signals["agrees"] = float(start < span.end and span.start < end)
        score = sum(weight * signals.get(name, 0.0) for name, weight in self._weights.items())
        signals["score"] = score
        return Span(span.passage, start, end, low, high, score, signals)


def _best_inside(stretch: _Stretch, low: int, high: int) -> tuple[float, int, int] | None:
    """Return (gap, start, end) of a stretch's best span within article characters low..high."""
    first = int(np.searchsorted(stretch.offsets[:, 0], low, side="left"))
    last = int(np.searchsorted(stretch.offsets[:, 1], high, side="right"))
    if first >= last:
        return None
    a, b, score = best_span(stretch.starts[first:last], stretch.ends[first:last])
    start, end = int(stretch.offsets[first + a, 0]), int(stretch.offsets[first + b, 1])
    return score - stretch.null, start, end


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


def null_gap(scores: TokenScores) -> float:
    """Return how far a stretch's best span lies above "nothing here"."""
    return best_span(scores.starts, scores.ends)[2] - scores.null
