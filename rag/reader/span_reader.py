"""The default reader: a span network over the best passages, combined linearly with a few features.

The feature reader ranks all passages by their best sentence; the network scores the best of them. Each
sentence yields its best span. Null score differences are comparable across passages, because training
normalises over all passages of a question. The best sentences are scored again, each on its own, and both
scores averaged; the very best a third time, between their neighbours, for the confidence. What answers in
every context is more often right (test-time augmentation; measured in docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from rag.reader.encoding import lead_text
from rag.reader.feature_reader import FeatureReader
from rag.reader.feature_weights import checked_weights, weighted_sum
from rag.reader.protocol import Calibration
from rag.reader.scoring import SpanScorer
from rag.reader.span_normalisation import expand_span
from rag.reader.windows import BestSpan, Window, best_inside, mean_window
from rag.text.sentences import sentence_spans
from rag.text.temporal import time_score
from rag.types import Passage, Span

NETWORK_DEPTH = 4
"""Passages the network scores, after feature ranking."""
SENTENCE_DEPTH = 3
"""Sentences the network scores again, each on its own."""
CONTEXT_DEPTH = 1
"""Sentences the network scores once more, between their neighbours."""
# Null score differences are sums of two logits; the scale brings them to about -1..1.
_SCALE = 10.0
_LOWEST = -20.0
_NEIGHBOUR = 600
_TIME_WEIGHT = 0.1
"""Penalty per log-day of the time features when passages are chosen for the network."""


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

    def with_scorer(self, scorer: SpanScorer) -> SpanReader:
        """Return the same reader with another network."""
        return SpanReader(scorer, self._features, self._calibration, self._weights, self._depth)

    def with_features(self, features: FeatureReader) -> SpanReader:
        """Return the same reader with another choice of passages."""
        return SpanReader(self._scorer, features, self._calibration, self._weights, self._depth)

    def with_weights(self, weights: Mapping[str, float]) -> SpanReader:
        """Return the same reader with other ranker weights.

        Raises
        ------
        ModelError
            Where a weight is of an unknown feature or no finite number.
        """
        return SpanReader(self._scorer, self._features, self._calibration, weights, self._depth)

    @property
    def scorer(self) -> SpanScorer:
        """The network."""
        return self._scorer

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is spelt right, as far as the network's vocabulary tells.

        A network that tells nothing of it knows every word.
        """
        knows = getattr(self._scorer, "knows", None)
        return knows is None or bool(knows(word))

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
        windows = self._by_article(question, best_passages(offered, self._depth), as_of)
        found = _ordered(
            self._rated(span, best)
            for span in offered
            if (best := _best(span, windows.get(span.passage.article.id, ()))) is not None
        )
        first, likely = found[:SENTENCE_DEPTH], found[:CONTEXT_DEPTH]
        # Runs go in parallel. The sentence that will most often be first is scored between its neighbours
        # along with those alone, instead of by itself after them.
        again = self._scored(
            question,
            [span.passage for span in (*first, *likely)],
            [*map(_quote, first), *map(neighbourhood, likely)],
            as_of,
        )
        alone, context = again[: len(first)], again[len(first) :]
        found = _ordered(self._averaged(found, alone, windows))
        between = dict(zip(map(_place, likely), context, strict=True))
        return _ordered(self._with_context(question, found, between, as_of))

    def _averaged(
        self,
        found: Sequence[Span],
        alone: Sequence[Sequence[Window]],
        windows: Mapping[str, Sequence[Window]],
    ) -> list[Span]:
        """Rate each of the first sentences by the mean of its scores alone and in its passages' windows."""
        made = list(found)
        for number, (span, again) in enumerate(zip(found, alone, strict=False)):
            own = windows[span.passage.article.id]
            both = [mean for a in own for b in again if (mean := mean_window(a, b)) is not None]
            best = _best(span, both)
            if best is not None:
                made[number] = self._rated(span, best)
        return made

    def _with_context(
        self,
        question: str,
        found: Sequence[Span],
        scored: Mapping[_Place, Sequence[Window]],
        as_of: date | None,
    ) -> list[Span]:
        """Score the very best sentences between their neighbours, where they are not ``scored`` yet."""
        made, first = list(found), found[:CONTEXT_DEPTH]
        new = [span for span in first if _place(span) not in scored]
        windows = self._scored(
            question, [span.passage for span in new], [neighbourhood(span) for span in new], as_of
        )
        between = {**scored, **dict(zip(map(_place, new), windows, strict=True))}
        for number, span in enumerate(first):
            best = _best(span, between[_place(span)])
            if best is not None:
                made[number] = self._with(span, context_diff=_scaled(best.null_score_diff))
        return made

    def _scored(
        self,
        question: str,
        passages: Sequence[Passage],
        stretches: Sequence[tuple[int, int]],
        as_of: date | None,
    ) -> list[list[Window]]:
        """Score a stretch of each passage's article; return the scored windows of each."""
        if not passages:
            return []
        texts = [p.article.text[a:b] for p, (a, b) in zip(passages, stretches, strict=True)]
        leads = [lead_text(p.article.published, as_of, p.article.title) for p in passages]
        found: list[list[Window]] = [[] for _ in passages]
        for scores in self._scorer.score(question, texts, leads):
            if len(scores.offsets):
                found[scores.text].append(Window.of(scores, stretches[scores.text][0]))
        return found

    def _by_article(
        self, question: str, passages: Sequence[Passage], as_of: date | None
    ) -> dict[str, list[Window]]:
        """Return the scored windows of each article."""
        stretches = [(p.chunk.start, p.chunk.end) for p in passages]
        found: dict[str, list[Window]] = {}
        scored = self._scored(question, passages, stretches, as_of)
        for passage, windows in zip(passages, scored, strict=True):
            found.setdefault(passage.article.id, []).extend(windows)
        return found

    def _rated(self, span: Span, best: BestSpan) -> Span:
        """Return a sentence's span at the place and with the score that the network gives it."""
        start, end = expand_span(
            span.passage.article.text, best.start, best.end, span.quote_start, span.quote_end
        )
        time = span.passage.features.time
        diff = _scaled(best.null_score_diff)
        return self._with(
            replace(span, start=start, end=end),
            null_score_diff=diff,
            context_diff=diff,
            frame_distance=time.frame_distance,
            staleness=time.staleness,
        )

    def _with(self, span: Span, **features: float) -> Span:
        """Return a span with other features, and the score that they give it."""
        changed = replace(span.features, **features)
        score = weighted_sum(self._weights, changed)
        return replace(span, score=score, features=replace(changed, score=score))


_Place = tuple[str, int, int]
"""An article's id and the first and last character (exclusive) of a quote in it."""


def _place(span: Span) -> _Place:
    return (span.passage.article.id, *_quote(span))


def _quote(span: Span) -> tuple[int, int]:
    return span.quote_start, span.quote_end


def _scaled(null_score_diff: float) -> float:
    return max(_LOWEST, null_score_diff) / _SCALE


def neighbourhood(span: Span) -> tuple[int, int]:
    """Return the characters of a span's quote and of a sentence before and after it, in its article.

    At most `_NEIGHBOUR` characters on each side: a line of a megabyte may be one sentence.
    """
    text = span.passage.article.text
    low = max(0, span.quote_start - _NEIGHBOUR)
    around = [
        (a + low, b + low) for a, b in sentence_spans(text[low : span.quote_end + _NEIGHBOUR])
    ]
    before = max((a for a, b in around if b <= span.quote_start), default=span.quote_start)
    after = min((b for a, b in around if a >= span.quote_end), default=span.quote_end)
    return before, after


def _best(span: Span, windows: Iterable[Window]) -> BestSpan | None:
    """Return the best span of a sentence; None where no window has a token of it."""
    low, high = span.quote_start, span.quote_end
    return max(
        (best for w in windows if (best := best_inside(w, low, high)) is not None), default=None
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
