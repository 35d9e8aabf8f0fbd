"""A reader on a span network: reads the best passages together and orders their sentences.

Each sentence offers its best span. A span's score is what the network gives it over "nothing here" in
the same passage (the null gap), which makes passages comparable; the probability that
none of them answers comes from a calibrated model over a few readable signals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.reader.context import QuestionTerms
from rag.reader.kinds import wanted
from rag.reader.protocol import Calibration
from rag.reader.scoring import SpanScorer, TokenScores
from rag.reader.tidy import tidied
from rag.sentences import sentence_spans
from rag.types import Passage, Span

_MAX_TOKENS = 40
# A sentence this far under the best one (in the network's score) is not worth keeping.
_WORST = 25.0


@dataclass(frozen=True, slots=True)
class _Found:
    passage: Passage
    start: int
    end: int
    quote_start: int
    quote_end: int
    gap: float
    mass: float
    """Probability, within its passage, that the answer starts and ends in this sentence."""


class SpanReader:
    """Reads with a network that scores where answers start and end."""

    def __init__(
        self,
        scorer: SpanScorer,
        calibration: Calibration,
        order: Mapping[str, float] | None = None,
    ) -> None:
        self._scorer = scorer
        self._calibration = calibration
        self._order = dict(order or {"gap": 1.0})

    @property
    def name(self) -> str:
        """The network's name."""
        return self._scorer.name

    @property
    def calibration(self) -> Calibration:
        """How its spans' signals become a confidence."""
        return self._calibration

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """Return one span a sentence, best first; empty where no passage has a sentence."""
        if not passages:
            return []
        texts = [p.text for p in passages]
        titles = [p.article.title for p in passages]
        best: dict[tuple[str, int], _Found] = {}
        for scores in self._scorer.score(question, texts, titles):
            for found in _sentence_spans(passages[scores.text], scores):
                place = (found.passage.article.id, found.quote_start)
                if place not in best or found.gap > best[place].gap:
                    best[place] = found
        return self._ordered(question, list(best.values()), passages)

    def _ordered(
        self, question: str, found: list[_Found], passages: Sequence[Passage]
    ) -> list[Span]:
        if not found:
            return []
        top = max(f.gap for f in found)
        found = [f for f in found if f.gap >= top - _WORST]
        terms = QuestionTerms(question, passages)
        want = wanted(question)
        highest = max((p.score for p in passages), default=1.0) or 1.0
        signals = [
            {
                "gap": f.gap,
                "mass": f.mass,
                "passage": f.passage.score / highest,
                "dense": f.passage.signals.get("dense", 0.0),
                "lexical": f.passage.signals.get("lexical", 0.0),
                **terms.evidence(f.passage, f.quote_start, f.quote_end, f.start, f.end, want),
            }
            for f in found
        ]
        scores = [sum(w * s.get(n, 0.0) for n, w in self._order.items()) for s in signals]
        order = sorted(
            range(len(found)), key=lambda n: (-scores[n], found[n].passage.chunk.id, found[n].start)
        )
        gaps = np.array([f.gap for f in found])
        peak = max(0.0, float(gaps.max()))
        whole = float(np.exp(gaps - peak).sum() + math.exp(-peak))
        spans = []
        for rank, n in enumerate(order):
            f = found[n]
            words = f.passage.article.text[f.start : f.end].casefold()
            rivals = (
                scores[m]
                for m in order[:12]
                if m != n
                and found[m].passage.article.text[found[m].start : found[m].end].casefold() != words
            )
            extra = {
                "share": math.exp(f.gap - peak) / whole,
                "margin": min(12.0, scores[n] - max(rivals, default=scores[n] - 12.0))
                if rank < 6
                else 0.0,
                "score": scores[n],
            }
            spans.append(
                Span(
                    f.passage,
                    f.start,
                    f.end,
                    f.quote_start,
                    f.quote_end,
                    scores[n],
                    signals[n] | extra,
                )
            )
        return spans


def _sentence_spans(passage: Passage, scores: TokenScores) -> list[_Found]:
    """Return the best span of each sentence of a passage that the stretch covers."""
    offsets = scores.offsets
    if not len(offsets):
        return []
    base = passage.chunk.start
    text = passage.text
    peak = max(scores.null, float(scores.starts.max() + scores.ends.max()))
    starts, ends = (
        _log_softmax(scores.starts, scores.null / 2),
        _log_softmax(scores.ends, scores.null / 2),
    )
    found = []
    for low, high in sentence_spans(text):
        first = int(np.searchsorted(offsets[:, 0], low, side="left"))
        last = int(np.searchsorted(offsets[:, 1], high, side="right"))
        if first >= last or peak == -math.inf:
            continue
        start, end, score = _best(scores.starts[first:last], scores.ends[first:last])
        a, b = int(offsets[first + start, 0]), int(offsets[first + end, 1])
        a, b = tidied(text, a, b, low, high)
        mass = float(np.exp(starts[first:last]).sum() * np.exp(ends[first:last]).sum())
        found.append(
            _Found(passage, base + a, base + b, base + low, base + high, score - scores.null, mass)
        )
    return found


def _log_softmax(values: np.ndarray, null: float) -> np.ndarray:
    peak = max(float(values.max()), null)
    total = float(np.exp(values - peak).sum()) + math.exp(null - peak)
    result: np.ndarray = values - peak - math.log(total)
    return result


def _best(starts: np.ndarray, ends: np.ndarray) -> tuple[int, int, float]:
    """Return the (first, last) token with the highest summed score, at most ``_MAX_TOKENS`` long."""
    table = starts[:, None] + ends[None, :]
    size = len(starts)
    allowed = np.triu(np.ones((size, size), bool)) & ~np.triu(
        np.ones((size, size), bool), _MAX_TOKENS
    )
    flat = int(np.where(allowed, table, -np.inf).argmax())
    first, last = divmod(flat, size)
    return first, last, float(table[first, last])
