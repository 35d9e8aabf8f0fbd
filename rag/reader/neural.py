"""The reader that decides: a span network and the evidence of words, read together.

Every sentence of the passages offers its best span. What the network gives the span over "nothing
here" (the null gap, which makes passages comparable) joins the evidence of the training-free
reader: a network alone takes the right kind of words for the right answer too easily, shared
words alone miss how a thing is said. The evidence takes a tenth of the time and comes first: the network
is asked of the passages that it finds most promising.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from rag.index.lexical import analyse, terms_of
from rag.reader.evidence import EvidenceReader
from rag.reader.kinds import wanted
from rag.reader.lists import asks_for_several, whole_list
from rag.reader.ordinals import Numbered, about_another, numbered
from rag.reader.protocol import Calibration
from rag.reader.scoring import SpanScorer, TokenScores
from rag.reader.tidy import tidied, untitled
from rag.types import Passage, Span

MAX_ANSWER_TOKENS = 40
# python -m eval.tune passages --number 12 --closely 4 --closely 6 ...: of 12 passages the network finds the
# right quote as often in the 6 most promising as in all (sample 0.895 and 0.895, raw articles 0.94 and
# 0.94, hard questions about them 0.68 and 0.68, Wikipedia 0.88 and 0.88, written news 0.935 and 0.942), in 4
# less often on hard ones (0.64). An even number: two cores read two at a time.
READ_CLOSELY = 6
"""Of how many passages the network is asked: those whose best sentence the evidence of words puts first."""
# The gap of a sentence the network could not place a span in, and the scale that brings gaps, which
# are sums of two logits, to about -1..1 like the other signals.
_NO_GAP = -20.0
_SCALE = 10.0
_DENIED = -10.0
# How well the kind of the evidence's words must fit the question, and how far (in the network's score)
# they may lie under the network's own, to be preferred.
_FITTING = 0.9
_NEARLY = 8.0
# How many of the best quotes are read a second time, alone. They are short: it costs a tenth of the first.
_AGAIN = 3


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A passage's scored tokens, with places in the article instead of the passage."""

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    offsets: NDArray[np.int64]
    null: float


@dataclass(frozen=True, slots=True)
class _Asked:
    """What of a question decides the shape of its answers."""

    terms: frozenset[str]
    several: bool
    person: bool
    numbered: Numbered

    @classmethod
    def of(cls, question: str) -> _Asked:
        return cls(
            frozenset(analyse(question)),
            asks_for_several(question),
            wanted(question).kind == "person",
            numbered(question),
        )


class SpanReader:
    """Reads with a network that scores where answers start and end, beside an evidence reader."""

    def __init__(
        self,
        scorer: SpanScorer,
        evidence: EvidenceReader,
        calibration: Calibration,
        weights: Mapping[str, float],
        closely: int = READ_CLOSELY,
    ) -> None:
        self._scorer = scorer
        self._evidence = evidence
        self._calibration = calibration
        self._weights = dict(weights)
        self._closely = closely

    def reading(self, closely: int) -> SpanReader:
        """Return the same reader with another number of passages that the network is asked of."""
        return SpanReader(self._scorer, self._evidence, self._calibration, self._weights, closely)

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

    def read(
        self, question: str, passages: Sequence[Passage], *, as_of: date | None = None
    ) -> list[Span]:
        """Return one span a sentence, best first; empty where no passage has a sentence."""
        offered = self._evidence.read(question, passages, as_of=as_of)
        if not offered:
            return []
        stretches = self._stretches(question, _promising(offered, self._closely))
        asked = _Asked.of(question)
        spans = _ordered(
            self._joined(span, asked, stretches.get(span.passage.article.id, ()))
            for span in offered
        )
        spans = _ordered(self._read_again(question, asked, spans))
        # The sentence chosen is trusted by the best gap of all; a rival by its own.
        best = [max(s.signals[n] for s in spans) for n in ("gap", "alone")]
        return [
            self._with(spans[0], best_gap=best[0], best_alone=best[1]),
            *(
                self._with(s, best_gap=s.signals["gap"], best_alone=s.signals["alone"])
                for s in spans[1:]
            ),
        ]

    def _read_again(self, question: str, asked: _Asked, spans: Sequence[Span]) -> list[Span]:
        """Return the spans with what the network says of the best ones' quotes without their passage.

        A neighbouring sentence that nearly answers lifts the gap of a passage; alone it cannot.
        """
        first, rest = spans[:_AGAIN], spans[_AGAIN:]
        titles = [span.passage.article.title for span in first]
        gaps = [_NO_GAP] * len(first)
        for scores in self._scorer.score(question, [span.quote for span in first], titles):
            if len(scores.offsets):
                gaps[scores.text] = max(gaps[scores.text], null_gap(scores))
        alone = [_heeded(asked, s.quote, gap) for s, gap in zip(first, gaps, strict=True)]
        lowest = min(alone)
        return [
            *(self._with(s, alone=own) for s, own in zip(first, alone, strict=True)),
            *(self._with(s, alone=lowest) for s in rest),
        ]

    def _with(self, span: Span, **signals: float) -> Span:
        """Return a span with more signals, and the score that they make."""
        told = dict(span.signals) | signals
        told["score"] = score = sum(
            weight * told.get(name, 0.0) for name, weight in self._weights.items()
        )
        return replace(span, score=score, signals=told)

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

    def _joined(self, span: Span, asked: _Asked, stretches: Sequence[_Stretch]) -> Span:
        """Return a sentence's span with the words chosen, signals of both, and a score of all."""
        text = span.passage.article.text
        low, high = span.quote_start, span.quote_end
        found = [f for s in stretches if (f := _inside(s, low, high, span.start, span.end))]
        best = max(found, default=_Found(_NO_GAP, span.start, span.end, _NO_GAP))
        start, end = tidied(text, best.start, best.end, low, high)
        agrees = start < span.end and span.start < end
        words = frozenset(terms_of(text[start:end]))
        # The rules know what kind of words a question wants; where the network finds their words nearly
        # as good as its own, or its own only repeat the question, theirs are taken.
        ruled = span.signals.get("fits", 0.0) >= _FITTING and best.gap - best.other <= _NEARLY
        if not agrees and (ruled or words <= asked.terms):
            start, end = tidied(text, span.start, span.end, low, high)
        if asked.several:
            start, end = whole_list(text, start, end, low, high)
        elif asked.person:
            start, end = untitled(text, start, end)
        span = replace(span, start=start, end=end)
        gap = _heeded(asked, span.quote, best.gap)
        return self._with(span, gap=gap, agrees=float(agrees))


def _promising(offered: Sequence[Span], number: int) -> list[Passage]:
    """Return the passages of the best sentences, the most promising ones first."""
    found: dict[tuple[str, int], Passage] = {}
    for span in offered:
        found.setdefault((span.passage.article.id, span.passage.chunk.start), span.passage)
    return list(found.values())[:number]


@dataclass(frozen=True, slots=True, order=True)
class _Found:
    """The best span of a stretch inside a quote; ``other`` is the gap of the evidence's words."""

    gap: float
    start: int
    end: int
    other: float


def _heeded(asked: _Asked, quote: str, gap: float) -> float:
    """Return a gap as a signal: very low for a quote about another session than the one asked about.

    To the network the 14th is almost the 15th.
    """
    if about_another(asked.numbered, quote):
        gap = min(gap, _DENIED)
    return max(_NO_GAP, gap) / _SCALE


def _ordered(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda s: (-s.score, s.passage.chunk.id, s.start))


def _inside(stretch: _Stretch, low: int, high: int, start: int, end: int) -> _Found | None:
    """Return what a stretch finds within article characters low..high; None where it has no token."""
    first = int(np.searchsorted(stretch.offsets[:, 0], low, side="left"))
    last = int(np.searchsorted(stretch.offsets[:, 1], high, side="right"))
    if first >= last:
        return None
    a, b, score = best_span(stretch.starts[first:last], stretch.ends[first:last])
    own = int(np.searchsorted(stretch.offsets[first:last, 1], start, side="right"))
    its = int(np.searchsorted(stretch.offsets[first:last, 0], end, side="left")) - 1
    other = _NO_GAP
    if 0 <= own <= its < last - first:
        other = float(stretch.starts[first + own] + stretch.ends[first + its]) - stretch.null
    places = stretch.offsets[first:last]
    return _Found(score - stretch.null, int(places[a, 0]), int(places[b, 1]), other)


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
