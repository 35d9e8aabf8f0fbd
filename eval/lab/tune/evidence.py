"""Ranker weights by conditional logit: answering sentences against all others of their question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.datasets import Question
from eval.lab.tune.confidence import read_questions
from eval.lab.tune.corpora import Corpus
from eval.metrics import holds_answer
from rag.index import Index
from rag.reader.protocol import Reader
from rag.types import Span

_FOLDS = 5
_STEPS = 400
_RATE = 0.05


@dataclass(frozen=True, slots=True)
class QueryGroup:
    """One question's candidate sentences: features and labels."""

    corpus: str
    group: str
    features: NDArray[np.float64]
    """Of shape (sentences, features)."""
    answers: NDArray[np.bool_]


def query_groups(
    corpus: Corpus, index: Index, names: Sequence[str], reader: Reader
) -> tuple[list[QueryGroup], int]:
    """Read every answerable question; also count those without an answering sentence among the candidates."""
    found, lost = [], 0
    for topic, question, spans in read_questions(corpus, reader, index):
        query = query_group(corpus.name, topic, question, spans, names)
        if query is not None:
            found.append(query)
        elif question.answerable:
            lost += 1
    return found, lost


def query_group(
    corpus: str, topic: str, question: Question, spans: Sequence[Span], names: Sequence[str]
) -> QueryGroup | None:
    """Return a question's sentences as a group; None where none of them answers."""
    answers = np.asarray([holds_answer(s.quote, question.answers) for s in spans], np.bool_)
    if not answers.any():
        return None
    features = np.asarray([[getattr(s.features, n) for n in names] for s in spans], np.float64)
    return QueryGroup(corpus, topic, features, answers)


def fit_weights(
    found: Sequence[QueryGroup],
    *,
    start: Sequence[float],
    strength: float = 0.5,
) -> NDArray[np.float64]:
    """Return non-negative weights that maximise the likelihood of the answering sentences.

    A conditional logit (McFadden 1974): softmax over the sentences of a question, log-likelihood
    of all that answer together, with a ridge towards 0. Every corpus weighs the same.
    """
    sizes = {name: sum(r.corpus == name for r in found) for name in {r.corpus for r in found}}
    weights = np.asarray(start, dtype=np.float64) * 4
    first = np.zeros_like(weights)
    second = np.zeros_like(weights)
    for step in range(1, _STEPS + 1):
        gradient = strength / 100 * weights
        for query in found:
            z = query.features @ weights
            p = np.exp(z - z.max())
            p /= p.sum()
            inside = p * query.answers
            inside /= max(inside.sum(), 1e-12)
            gradient += (p - inside) @ query.features / (sizes[query.corpus] * len(sizes))
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        weights -= _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
        weights = np.maximum(weights, 0.0)
    return weights


def accuracy_at_1(found: Sequence[QueryGroup], weights: NDArray[np.float64]) -> dict[str, float]:
    """Return for each corpus the share of questions whose first sentence answers."""
    first: dict[str, list[bool]] = {}
    for query in found:
        first.setdefault(query.corpus, []).append(
            bool(query.answers[int(np.argmax(query.features @ weights))])
        )
    return {name: sum(hits) / len(hits) for name, hits in first.items()}


def cross_validated(
    found: Sequence[QueryGroup], *, start: Sequence[float], strength: float = 0.5
) -> dict[str, float]:
    """Return the same, cross-validated: each query under weights fitted without its topic."""
    groups = sorted({(query.corpus, query.group) for query in found})
    # Sets without topics are grouped by question number instead.
    fold = {group: n % _FOLDS for n, group in enumerate(groups)}
    shares: dict[str, list[float]] = {}
    for out in range(_FOLDS):
        kept = [r for n, r in enumerate(found) if _fold(n, r, fold) != out]
        held = [r for n, r in enumerate(found) if _fold(n, r, fold) == out]
        weights = fit_weights(kept, start=start, strength=strength)
        for query in held:
            hit = bool(query.answers[int(np.argmax(query.features @ weights))])
            shares.setdefault(query.corpus, []).append(hit)
    return {name: sum(hits) / len(hits) for name, hits in shares.items()}


def _fold(number: int, query: QueryGroup, fold: Mapping[tuple[str, str], int]) -> int:
    topics = {group for corpus, group in fold if corpus == query.corpus}
    return fold[query.corpus, query.group] if len(topics) > 1 else number % _FOLDS
