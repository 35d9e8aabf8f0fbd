"""What a system's passages and answers are worth: pure, and the same for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eval.confidence import abstain_recall
from eval.datasets import Question
from eval.lab.baselines.protocol import Hit, Prediction
from eval.metrics import holds_answer, quote_hit, token_f1
from eval.result import mean_interval

Figure = float | None
FORCED = ("quote_hit", "f1", "recall_at_5")
"""Means over answerable questions, an answer kept back being counted as if it had been given."""


@dataclass(frozen=True, slots=True)
class SystemAnswer:
    """One question and what came back."""

    question: Question
    found: tuple[Hit, ...]
    said: Prediction


def recall_at_5(asked: SystemAnswer) -> float:
    """1 where one of the first five passages holds an accepted answer, of a listed article if any is."""
    listed = asked.question.articles
    return float(
        any(
            (not listed or found.article_id in listed)
            and holds_answer(found.text, asked.question.answers)
            for found in asked.found[:5]
        )
    )


_VALUES: dict[str, Callable[[SystemAnswer], float]] = {
    "quote_hit": lambda asked: quote_hit(asked.said.quote, asked.question.answers),
    "f1": lambda asked: token_f1(asked.said.answer, asked.question.answers),
    "recall_at_5": recall_at_5,
}


def figures(asked: Sequence[SystemAnswer], *, abstains: bool) -> dict[str, Figure]:
    """Return the figures, each in 0..1; None where undefined or where a system never abstains."""
    answerable = [one for one in asked if one.question.answerable]
    found: dict[str, Figure] = {
        name: _mean([_VALUES[name](one) for one in answerable]) for name in FORCED
    }
    found["abstain_recall"] = found["answered"] = None
    if abstains:
        found["abstain_recall"] = abstain_recall(
            [one.said.abstained for one in asked], [one.question.answerable for one in asked]
        )
        found["answered"] = _mean([float(not one.said.abstained) for one in answerable])
    return found


def intervals(asked: Sequence[SystemAnswer]) -> dict[str, tuple[float, float] | None]:
    """Return the 95 % bootstrap intervals of the means over answerable questions."""
    answerable = [one for one in asked if one.question.answerable]
    return {
        name: mean_interval(np.array([_VALUES[name](one) for one in answerable], np.float64))
        for name in FORCED
    }


def passage_words(asked: Sequence[SystemAnswer]) -> Figure:
    """Return the mean length in words of the first five passages: longer ones hold more by chance."""
    return _mean([float(len(f.text.split())) for one in asked for f in one.found[:5]])


def _mean(values: Sequence[float]) -> Figure:
    return sum(values) / len(values) if values else None
