"""Whether two statements answer one question: what speaks for it, and how probable that makes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from embeddings import Vectors
from rag.answering.figures import figure_of
from rag.answering.statements import JUST_HAPPENED, Statement
from rag.text.analyser import analyse, question_stop_words
from rag.text.answer_types import classify_question
from rag.text.temporal import times_named

# python -m eval.lab.agreement --fit
WEIGHTS: Mapping[str, float] = {
    "closeness": 3.88,
    "missing_terms": -1.55,
    "answerable": 1.33,
    "magnitude": -0.86,
    "time_apart": -1.98,
}
"""Of the evidence that two statements answer the same question, in `Evidence`."""
INTERCEPT = 1.07
MIN_PROBABILITY = 0.6
"""From which on two statements count as answers to the same question."""
_NO_FIGURE = frozenset({"date", "person", "name", "office"})
# Figures a factor of twenty apart are as far apart as can be.
_FAR = 3.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether a statement answers the same question as another one does."""

    closeness: float
    """Cosine of its quote and the question minus that of the first one's."""
    missing_terms: float
    """Share of the question's terms that the first quote has, and it and its title lack."""
    answerable: float
    """The reader's null score difference of its answer."""
    magnitude: float
    """Absolute logarithm of the ratio of two figures, at most `_FAR`; 0 for answers of other kinds."""
    time_apart: float
    """1 where it names another time than the question and the first quote, 0 where the same or none."""

    @property
    def probability(self) -> float:
        """Probability that both answer one question."""
        z = INTERCEPT + sum(weight * getattr(self, name) for name, weight in WEIGHTS.items())
        return 1 / (1 + math.exp(-z))


def evidence_of(
    question: str,
    first: Statement,
    others: Sequence[Statement],
    encode: Callable[[Sequence[str]], Vectors],
    as_of: date,
) -> list[Evidence]:
    """Return the evidence for each of the others.

    Parameters
    ----------
    encode
        Texts to unit vectors; called once.
    as_of
        The day from which a statement without a date is seen.
    """
    quotes = [first.quote, *(other.quote for other in others)]
    vectors = np.asarray(encode([question, *quotes]), dtype=np.float64)
    closeness = vectors[1:] @ vectors[0]
    terms = frozenset(analyse(question)) - question_stop_words()
    own = frozenset(analyse(first.quote))
    # Days and names have no magnitude.
    counted = classify_question(question).kind not in _NO_FIGURE
    found = []
    for number, other in enumerate(others, 1):
        missing = terms & own - frozenset(analyse(f"{other.title} {other.quote}"))
        found.append(
            Evidence(
                closeness=float(closeness[number] - closeness[0]),
                missing_terms=len(missing) / max(1, len(terms)),
                answerable=other.answerable,
                magnitude=_magnitude(first, other) if counted else 0.0,
                time_apart=_time_apart(question, first, other, as_of),
            )
        )
    return found


def _magnitude(*statements: Statement) -> float:
    figures = [figure_of(one.quote, one.start, one.end) for one in statements]
    if any(one is None for one in figures):
        return 0.0
    values = [float(one.value) for one in figures if one is not None]
    if min(values) <= 0:
        return 0.0
    return min(_FAR, abs(math.log(values[1] / values[0])))


def _time_apart(question: str, first: Statement, other: Statement, as_of: date) -> float:
    """Return 1 less the largest share that a time in a quote has in common with one that is meant.

    Meant are the times named by the question and by the first quote; where there is none, those around
    the report.
    """
    seen_from = other.published or as_of
    named = _times(other.beside, seen_from)
    if not named:
        return 0.0
    meant_from = first.published or as_of
    meant = _times(question, meant_from) + _times(first.beside, meant_from)
    if meant:
        return 1.0 - max(_common(one, two) for one in named for two in meant)
    near = any(
        start - seen_from <= JUST_HAPPENED and seen_from - end <= JUST_HAPPENED
        for start, end in named
    )
    return 0.0 if near else 1.0


def _times(text: str, seen_from: date) -> list[tuple[date, date]]:
    named = times_named(text, seen_from)
    return [(one.start, one.end) for one in named if one.start and one.end]


def _common(one: tuple[date, date], two: tuple[date, date]) -> float:
    longer = max((end - start).days + 1 for start, end in (one, two))
    return _days_shared(one, two) / longer


def _days_shared(one: tuple[date, date], two: tuple[date, date]) -> int:
    return max(0, (min(one[1], two[1]) - max(one[0], two[0])).days + 1)
