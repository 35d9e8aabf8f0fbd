"""What one run found: a record a question, the figures over them, and what went wrong in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from eval.confidence import (
    abstain_precision,
    abstain_recall,
    auroc,
    calibration_error_by_chance,
    coverage_at,
    expected_calibration_error,
    percentile,
    told_precision,
)
from eval.losses import Loss, count_losses
from eval.metrics import bootstrap_interval

RECALL_DEPTHS = 10
"""Retrieval is measured at every depth from 1 to this."""


class Outcome(Enum):
    """How a question ended; the value is the words a person reads."""

    RIGHT = "right"
    TRUE_ABSTENTION = "rightly abstained"
    SPAN = "right quote, wrong span"
    QUOTE = "wrong quote"
    MISSED = "wrong quote: the answering passage was not retrieved"
    FALSE_ABSTENTION = "abstained though answerable"
    FALSE_ANSWER = "answered though the articles don't say"

    @property
    def good(self) -> bool:
        """Whether nothing was wrong."""
        return self in (Outcome.RIGHT, Outcome.TRUE_ABSTENTION)


@dataclass(frozen=True, slots=True)
class Quoted:
    """The first citation of the best answer; offsets are characters of ``quote``."""

    article_id: str
    title: str | None
    outlet: str | None
    published: str | None
    link: str | None
    quote: str
    answer_start: int
    answer_end: int


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What the ranking of one question was worth, each in 0..1."""

    recall: tuple[float, ...]
    """At depth 1, 2, ... `RECALL_DEPTHS`."""
    reciprocal_rank: float
    ndcg: float


@dataclass(frozen=True, slots=True)
class Reply:
    """The best answer to one question, kept when abstaining too, and what it was worth."""

    accepted: tuple[str, ...]
    answer: str | None
    quoted: Quoted | None
    confidence: float
    abstained: bool
    em: float
    f1: float
    quote_hit: float
    citation: float | None
    """None where the reader was handed its paragraph, so that citing it is no merit."""
    span_holds: bool = False
    """Whether an accepted answer stands inside the span."""

    @property
    def answerable(self) -> bool:
        """Whether the question has an answer."""
        return bool(self.accepted)

    @property
    def correct(self) -> bool:
        """Whether the quote answers; an unanswerable question has no correct answer."""
        return self.answerable and self.quote_hit > 0

    @property
    def worded(self) -> bool:
        """Whether the span itself answers: it holds an accepted answer, or shares half its words."""
        return self.span_holds or self.f1 >= 0.5


@dataclass(frozen=True, slots=True)
class Record:
    """One question of a run."""

    id: str
    question: str
    kind: str
    latency_ms: float
    retrieval: Retrieval | None
    """None where there is nothing to find, or nothing was searched."""
    reply: Reply | None
    """None where only retrieval was measured."""
    earlier: tuple[str, ...] = ()
    """The questions of the conversation before it."""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What else the data set says of the question, as text."""
    loss: Loss | None = None
    """Where its right answer was lost, or that it was told; None where it has none or none was sought."""

    @property
    def outcome(self) -> Outcome | None:
        """What went right or wrong; None where only retrieval was measured."""
        if self.reply is None:
            return None
        reply = self.reply
        if not reply.answerable:
            return Outcome.TRUE_ABSTENTION if reply.abstained else Outcome.FALSE_ANSWER
        if reply.abstained:
            return Outcome.FALSE_ABSTENTION
        if reply.quote_hit:
            return Outcome.RIGHT if reply.worded else Outcome.SPAN
        if self.retrieval is not None and not self.retrieval.recall[-1]:
            return Outcome.MISSED
        return Outcome.QUOTE


Figures = dict[str, float | int | dict[str, float | None] | dict[str, int] | None]


@dataclass(frozen=True, slots=True)
class Result:
    """All questions of one run."""

    name: str
    records: tuple[Record, ...]
    notes: tuple[str, ...] = ()
    """One-line remarks a reader of the figures must know."""
    interrupted: bool = False
    reader: str | None = None
    """What picked the words; None where only retrieval was measured."""
    compared: Result | None = None
    """The same questions and passages read by another reader, record by record."""
    by: str | None = None
    """The field of the questions whose values the figures are told for one by one."""

    def figures(self) -> Figures:
        """Give the figures under the keys of ``presscite eval --json``; None where undefined."""
        replies = [r.reply for r in self.records if r.reply is not None]
        latencies = [r.latency_ms for r in self.records]
        found: Figures = {
            "n": len(self.records),
            "n_answerable": (
                sum(r.answerable for r in replies)
                if replies
                else sum(r.retrieval is not None for r in self.records)
            ),
        }
        found.update({name: figure(self.records) for name, figure in FIGURES.items()})
        found["latency_ms"] = {"p50": percentile(latencies, 50), "p95": percentile(latencies, 95)}
        found["losses"] = {
            loss.name.lower(): n for loss, n in count_losses(r.loss for r in self.records).items()
        }
        return found

    def interval(self, name: str, *, resamples: int = 1000) -> tuple[float, float] | None:
        """Give the 95 % bootstrap interval of one of `FIGURES`, resampling whole questions.

        None where the figure is undefined, or says something about these questions alone.
        """
        if name in _NO_ESTIMATE:
            return None
        records = self.records
        values = column(records, name)
        if values is not None:
            return mean_interval(values, resamples=resamples)
        figure = FIGURES[name]

        def again(drawn: NDArray[np.intp]) -> float | None:
            return figure([records[i] for i in drawn])

        return bootstrap_interval(
            len(records), again, resamples=affordable(len(records), resamples)
        )


def column(records: Sequence[Record], name: str) -> NDArray[np.float64] | None:
    """Give the values per question that a figure is the mean of, shape ``(n,)``.

    A question without one has NaN; None for a figure that is no mean over questions.
    """
    values = _VALUES.get(name)
    if values is None:
        return None
    return np.asarray([_or_nan(values(r)) for r in records], dtype=np.float64)


def mean_interval(
    values: NDArray[np.float64], *, resamples: int = 1000
) -> tuple[float, float] | None:
    """Give the 95 % bootstrap interval of a mean over questions; NaN values are left out."""

    def mean(drawn: NDArray[np.intp]) -> float | None:
        known = values[drawn]
        known = known[~np.isnan(known)]
        return float(known.mean()) if known.size else None

    return bootstrap_interval(len(values), mean, resamples=resamples)


def affordable(n: int, resamples: int) -> int:
    """Give how often a figure that walks over Python objects is computed again: 50 times or more."""
    return max(50, min(resamples, 200_000 // max(n, 1)))


def mean_of(value: Callable[[Record], float | None]) -> Callable[[Sequence[Record]], float | None]:
    """Make a figure of a value per question: its mean over the questions that have one."""

    def figure(records: Sequence[Record]) -> float | None:
        known = [v for v in map(value, records) if v is not None]
        return sum(known) / len(known) if known else None

    return figure


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _forced(value: Callable[[Reply], float | None]) -> Callable[[Record], float | None]:
    """Look at answerable questions only, as if none had been abstained from."""
    return lambda r: value(r.reply) if r.reply is not None and r.reply.answerable else None


def _retrieval(value: Callable[[Retrieval], float]) -> Callable[[Record], float | None]:
    return lambda r: value(r.retrieval) if r.retrieval is not None else None


def recall_at(k: int) -> Callable[[Record], float | None]:
    """Give the value per question behind ``recall_at_k``, 1 <= k <= `RECALL_DEPTHS`."""
    return _retrieval(lambda found: found.recall[k - 1])


def _told_precision(records: Sequence[Record]) -> float | None:
    replies = [r.reply for r in records if r.reply is not None]
    return told_precision([r.abstained for r in replies], [r.correct for r in replies])


def _abstained(
    metric: Callable[[Sequence[bool], Sequence[bool]], float | None],
) -> Callable[[Sequence[Record]], float | None]:
    def figure(records: Sequence[Record]) -> float | None:
        replies = [r.reply for r in records if r.reply is not None]
        return metric([r.abstained for r in replies], [r.answerable for r in replies])

    return figure


def _auroc(records: Sequence[Record]) -> float | None:
    replies = [r.reply for r in records if r.reply is not None]
    return auroc([r.confidence for r in replies], [r.answerable for r in replies])


def _coverage_at_80(records: Sequence[Record]) -> float | None:
    known = [(r.reply, r.id) for r in records if r.reply is not None]
    return coverage_at(
        0.8,
        [reply.confidence for reply, _ in known],
        [reply.correct for reply, _ in known],
        [name for _, name in known],
    )


def _ece(records: Sequence[Record]) -> float | None:
    replies = [r.reply for r in records if r.reply is not None]
    return expected_calibration_error([r.confidence for r in replies], [r.correct for r in replies])


def _ece_by_chance(records: Sequence[Record]) -> float | None:
    return calibration_error_by_chance([r.reply.confidence for r in records if r.reply is not None])


_VALUES: dict[str, Callable[[Record], float | None]] = {
    "em": _forced(lambda reply: reply.em),
    "f1": _forced(lambda reply: reply.f1),
    "quote_hit": _forced(lambda reply: reply.quote_hit),
    "citation_accuracy": _forced(lambda reply: reply.citation),
    "recall_at_1": recall_at(1),
    "recall_at_5": recall_at(5),
    "recall_at_10": recall_at(10),
    "mrr_at_10": _retrieval(lambda found: found.reciprocal_rank),
    "ndcg_at_10": _retrieval(lambda found: found.ndcg),
    "answered": lambda r: float(not r.reply.abstained) if r.reply is not None else None,
}

FIGURES: dict[str, Callable[[Sequence[Record]], float | None]] = {
    **{name: mean_of(value) for name, value in _VALUES.items()},
    "told_precision": _told_precision,
    "abstain_precision": _abstained(abstain_precision),
    "abstain_recall": _abstained(abstain_recall),
    "auroc": _auroc,
    "coverage_at_80": _coverage_at_80,
    "ece": _ece,
    "ece_by_chance": _ece_by_chance,
}
"""Every figure by its ``--json`` key, in that order."""

_NO_ESTIMATE = frozenset({"ece_by_chance"})
"""Figures that estimate nothing about other questions, and so have no interval."""
