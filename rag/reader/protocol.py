"""What presscite asks of a reader, and the small calibrated model that turns evidence to trust."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from rag.errors import QueryError
from rag.types import Passage, Span


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regression over named signals: probability that the best span is right.

    Fitted with ``python -m eval.lab.tune confidence`` on development questions; ``threshold`` is the
    confidence under which to abstain.
    """

    weights: Mapping[str, float] = field(hash=False)
    intercept: float
    threshold: float
    thresholds: tuple[tuple[float, float], ...] = ()
    """``(accuracy, threshold)`` by rising accuracy: what each threshold gave among the answered."""

    def at_accuracy(self, accuracy: float) -> Calibration:
        """Return a copy with the lowest threshold that gave this accuracy among the answered.

        Raises
        ------
        QueryError
            Where ``accuracy`` is not between 0 and 1, or no threshold reached it.
        """
        if not 0 < accuracy < 1:
            raise QueryError(f"the accuracy wanted is {accuracy:g}; give a share between 0 and 1")
        reached = [threshold for share, threshold in self.thresholds if share >= accuracy]
        if not reached:
            best = f"{self.thresholds[-1][0]:g} at most" if self.thresholds else "none was measured"
            raise QueryError(
                f"this reader cannot keep to an accuracy of {accuracy:g} ({best} on the "
                "development questions); ask for less, or leave it out"
            )
        return replace(self, threshold=reached[0])

    def confidence(self, signals: Mapping[str, float]) -> float:
        """Return a probability in 0..1; a missing signal counts as 0."""
        z = self.intercept + sum(
            weight * signals.get(name, 0.0) for name, weight in self.weights.items()
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


class Reader(Protocol):
    """Picks the words that answer, out of all passages of one question together."""

    @property
    def name(self) -> str:
        """What to call this reader in reports."""
        ...

    @property
    def calibration(self) -> Calibration:
        """How its spans' signals become a confidence."""
        ...

    def read(
        self, question: str, passages: Sequence[Passage], *, as_of: date | None = None
    ) -> list[Span]:
        """Return spans, best first, each inside its quote; empty where there is nothing to read.

        Parameters
        ----------
        as_of
            The day the question is asked; no passage was published later. None where it is unknown.
        """
        ...
