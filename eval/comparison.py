"""Two readers on the same questions and passages: what changed one by one, and how much in all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from eval.metrics import bootstrap_interval
from eval.result import FIGURES, Figures, Outcome, Record, Result, affordable, column, mean_interval

_OUTCOME_RANK = {
    Outcome.RIGHT: 3,
    Outcome.TRUE_ABSTENTION: 3,
    Outcome.SPAN: 2,
    Outcome.FALSE_ABSTENTION: 1,
    Outcome.QUOTE: 0,
    Outcome.MISSED: 0,
    Outcome.FALSE_ANSWER: 0,
}
_DIFFERENCES = ("quote_hit", "f1", "answered", "told_precision", "auroc", "ece")
_ANSWER_TYPES = {
    "person": "who",
    "office": "which office",
    "place": "where",
    "date": "when",
    "duration": "how long",
    "count": "how many",
    "ordinal": "which in order",
    "percent": "what share",
    "money": "what sum",
    "much": "how much",
    "name": "what name",
    "acronym": "what it stands for",
    "definition": "what it is",
    "clause": "why, how, what else",
}


class Change(Enum):
    """What one reader made of a question that another had read; the value is for people."""

    GAINED = "gained"
    LOST = "lost"
    BOTH_RIGHT = "right with both"
    BOTH_WRONG = "not right with either"


@dataclass(frozen=True, slots=True)
class Pair:
    """One question read twice."""

    record: Record
    other: Record

    @property
    def paired_outcome(self) -> Change:
        """Whether it ended better: right, then a right quote, then silence, then a wrong quote."""
        now, then = self.record.outcome, self.other.outcome
        worth, before = (0 if o is None else _OUTCOME_RANK[o] for o in (now, then))
        if worth != before:
            return Change.GAINED if worth > before else Change.LOST
        return Change.BOTH_RIGHT if now is not None and now.good else Change.BOTH_WRONG

    @property
    def same_words(self) -> bool:
        """Whether both picked the same words of the same quote."""
        one, two = self.record.reply, self.other.reply
        if one is None or two is None:
            return one is two
        return (one.quoted, one.abstained) == (two.quoted, two.abstained)


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a figure of the first reader exceeds the other's."""

    value: float
    interval: tuple[float, float] | None
    """95 % of paired resamples fall inside."""

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no doubt about which is higher."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


def pairs(result: Result) -> tuple[Pair, ...]:
    """Give the questions of a result with what the compared reader made of them; () without one."""
    return () if result.compared is None else paired(result, result.compared)


def paired(one: Result, other: Result) -> tuple[Pair, ...]:
    """Put two runs over the same questions together, such as those before and after a change.

    Raises
    ------
    ValueError
        Where a question stands in one of them only.
    """
    theirs = {record.id: record for record in other.records}
    if theirs.keys() != {record.id for record in one.records}:
        raise ValueError(f"{one.name} and {other.name} are not runs over the same questions")
    return tuple(Pair(record, theirs[record.id]) for record in one.records)


def changes(found: tuple[Pair, ...]) -> dict[Change, int]:
    """Count what changed, every kind of change in its order."""
    seen = [pair.paired_outcome for pair in found]
    return {change: seen.count(change) for change in Change}


def answer_type_of(record: Record) -> str:
    """Return the expected answer type of a question, as the readers classify it, in words."""
    from rag.text.answer_types import classify_question

    kind = classify_question(record.question).kind
    return _ANSWER_TYPES.get(kind, kind)


def by_answer_type(found: tuple[Pair, ...]) -> dict[str, tuple[Pair, ...]]:
    """Group pairs by the expected answer type of their question, the most frequent type first."""
    groups: dict[str, list[Pair]] = {}
    for pair in found:
        groups.setdefault(answer_type_of(pair.record), []).append(pair)
    order = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return {name: tuple(members) for name, members in order}


def difference(found: tuple[Pair, ...], name: str, *, resamples: int = 1000) -> Difference | None:
    """Give the difference of one of `FIGURES` with its paired bootstrap interval.

    Both readers are judged on the same resampled questions, so that what is hard for both cancels
    out (Efron and Tibshirani 1993, section 8.3; for questions and answers Berg-Kirkpatrick et al.
    2012, "An Empirical Investigation of Statistical Significance in NLP").

    Returns
    -------
    Difference | None
        None where the figure is undefined for one of them.
    """
    ours, theirs = [p.record for p in found], [p.other for p in found]
    figure = FIGURES[name]
    one, two = figure(ours), figure(theirs)
    if one is None or two is None:
        return None
    left, right = column(ours, name), column(theirs, name)
    if left is not None and right is not None:
        return Difference(one - two, mean_interval(left - right, resamples=resamples))

    def again(drawn: NDArray[np.intp]) -> float | None:
        a, b = figure([ours[i] for i in drawn]), figure([theirs[i] for i in drawn])
        return None if a is None or b is None else a - b

    often = affordable(2 * len(found), resamples)
    return Difference(one - two, bootstrap_interval(len(found), again, resamples=often))


def compared_figures(result: Result) -> dict[str, object]:
    """Give what ``presscite eval --json`` holds under ``compared``; {} where nothing was compared.

    The figures of the other reader, and ``difference``: for the figures of what is said, the first
    reader's figure less the other's, with the interval of 95 % of paired resamples.
    """
    if result.compared is None:
        return {}
    found = pairs(result)
    figures: Figures = result.compared.figures()
    told: dict[str, object] = {}
    for name in _DIFFERENCES:
        made = difference(found, name)
        told[name] = made and {"value": made.value, "interval": made.interval}
    counted = {change.name.lower(): n for change, n in changes(found).items()}
    return {"reader": result.compared.reader, **figures, "difference": told, "changes": counted}
