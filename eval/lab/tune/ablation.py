"""Ablations: the right quote first, and the answer among the passages read, without one signal at a time.

Each question is read once with all of its passages by the network; the choice of passages and the order
of quotes are then repeated without a signal, which costs no further reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.datasets import Question
from eval.lab.tune.corpora import Corpus, indexed
from eval.metrics import holds_answer
from eval.remembering_encoder import RememberingEncoder
from eval.result import mean_interval
from rag.answering.answerer import READER_DEPTH
from rag.answering.grouping import group_spans
from rag.dialogue.rewrite import rewrite_query
from rag.index import Index
from rag.reader.feature_reader import EMBEDDED_FEATURES
from rag.reader.feature_weights import weighted_sum
from rag.reader.span_reader import NETWORK_DEPTH, SpanReader, best_passages
from rag.retrieval.filters import day_asked
from rag.retrieval.retriever import Retriever
from rag.types import Passage, Span

TIME_SIGNALS = frozenset({"staleness", "frame_distance"})
"""The ranker weights that are about dates."""


@dataclass(frozen=True, slots=True)
class Ablated:
    """Shares of a corpus's answerable questions without one signal."""

    without: str
    corpus: str
    among: float
    """An accepted answer stands in one of the passages that the network reads."""
    right_first: float
    """The first quote holds an accepted answer."""
    gain: float
    """What the signal adds to ``right_first``."""
    low: float
    high: float
    """95 % paired bootstrap interval of ``gain``."""


@dataclass(frozen=True, slots=True)
class _Read:
    question: Question
    passages: tuple[Passage, ...]
    spans: tuple[Span, ...]


def ablations(corpora: Sequence[Corpus], reader: SpanReader) -> list[Ablated]:
    """Return each corpus with all signals, then without each; time also without all that is about dates."""
    encoder = RememberingEncoder()
    found: list[Ablated] = []
    for corpus in corpora:
        with indexed(corpus, encoder) as index:
            dated = _read(corpus, reader, index)
            undated = _read(corpus, reader, index, time=False)
        chosen = _without(reader)
        whole = [_judged(one, reader, *chosen["nothing"]) for one in dated]
        for name, (features, order, time_weight) in chosen.items():
            own = [_judged(one, reader, features, order, time_weight) for one in dated]
            found.append(_ablated(name, corpus.name, own, whole))
        own = [_judged(one, reader, None, reader.weights, None) for one in dated]
        found.append(_ablated("choice: the order of the search", corpus.name, own, whole))
        order = {n: w for n, w in reader.weights.items() if n not in TIME_SIGNALS}
        own = [_judged(one, reader, reader.features.weights, order, 0.0) for one in undated]
        found.append(_ablated("time in search, choice, network and order", corpus.name, own, whole))
    return found


def _without(
    reader: SpanReader,
) -> Mapping[str, tuple[Mapping[str, float], Mapping[str, float], float | None]]:
    """Return weights of the choice, ranker weights, and the choice's weight of time, by what is left out."""
    features, order = reader.features.weights, reader.weights
    chosen: dict[str, tuple[Mapping[str, float], Mapping[str, float], float | None]] = {
        "nothing": (features, order, None)
    }
    for name in features:
        if name not in EMBEDDED_FEATURES:
            chosen[f"choice: {name}"] = (_less(features, name), order, None)
    chosen["choice: time"] = (features, order, 0.0)
    for name in order:
        if name != "null_score_diff":
            chosen[f"order: {name}"] = (features, _less(order, name), None)
    return chosen


def _less(weights: Mapping[str, float], name: str) -> dict[str, float]:
    return {own: weight for own, weight in weights.items() if own != name}


def _read(corpus: Corpus, reader: SpanReader, index: Index, *, time: bool = True) -> list[_Read]:
    """Read every answerable question's passages, all of them with the network."""
    retriever = Retriever(index) if time else Retriever(index, time_weight=0.0)
    deep = reader.with_network_depth(READER_DEPTH)
    found = []
    for question in corpus.questions:
        if not question.answerable:
            continue
        alone = rewrite_query(question.question, question.history) or question.question
        day = day_asked(question.as_of)
        passages = retriever.search(alone, READER_DEPTH, as_of=day)
        if time:
            spans = deep.read(alone, passages, as_of=day)
        else:
            spans = _restored(deep.read(alone, [_undated(p) for p in passages]), passages)
        found.append(_Read(question, tuple(passages), tuple(spans)))
    return found


def _undated(passage: Passage) -> Passage:
    return replace(passage, article=replace(passage.article, published=None))


def _restored(spans: Sequence[Span], passages: Sequence[Passage]) -> list[Span]:
    """Return spans of undated passages as those of the passages they were made from."""
    held = {passage.chunk.id: passage for passage in passages}
    return [replace(span, passage=held[span.passage.chunk.id]) for span in spans]


def _judged(
    read: _Read,
    reader: SpanReader,
    features: Mapping[str, float] | None,
    order: Mapping[str, float],
    time_weight: float | None,
) -> tuple[bool, bool]:
    """Return whether the answer is among the passages read, and in the first quote.

    Parameters
    ----------
    features
        Weights of the choice of passages; None for the search's own order.
    time_weight
        What time weighs in the choice; None for its own weight.
    """
    answers = read.question.answers
    if features is None:
        chosen = list(read.passages[:NETWORK_DEPTH])
    else:
        offered = [replace(s, score=weighted_sum(features, s.features)) for s in read.spans]
        chosen = best_passages(offered, NETWORK_DEPTH, time_weight)
    kept = {passage.chunk.id for passage in chosen}
    spans = [
        replace(span, score=score, features=replace(span.features, score=score))
        for span in read.spans
        if span.passage.chunk.id in kept
        for score in [weighted_sum(order, span.features)]
    ]
    groups = group_spans(sorted(spans, key=lambda s: (-s.score, s.passage.chunk.id, s.start)))
    return (
        any(holds_answer(passage.text, answers) for passage in chosen),
        bool(groups) and holds_answer(groups[0].spans[0].quote, answers),
    )


def _ablated(
    name: str,
    corpus: str,
    own: Sequence[tuple[bool, bool]],
    whole: Sequence[tuple[bool, bool]],
) -> Ablated:
    differences = np.array(
        [int(all_of[1]) - int(its[1]) for all_of, its in zip(whole, own, strict=True)]
    )
    low, high = mean_interval(differences.astype(np.float64), resamples=1000) or (0.0, 0.0)
    among, right = (float(np.mean(column)) for column in zip(*own, strict=True))
    gain = float(differences.mean())
    return Ablated(name, corpus, among, right, gain, low, high)
