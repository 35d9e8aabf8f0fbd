"""The reader protocol, and the calibration of its features to a confidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from rag.errors import QueryError
from rag.features import SpanFeatures
from rag.reader.feature_weights import checked_weights, weighted_sum
from rag.types import Passage, Span


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regression over span features: the probability that a span is right.

    ``weights`` are by feature name (`rag.features.SpanFeatures`); ``threshold`` is the confidence
    under which to abstain. Fitted on development questions with ``python -m eval.lab.tune confidence``.

    Raises
    ------
    ModelError
        Where a weight is of an unknown feature or no finite number.
    """

    weights: Mapping[str, float] = field(hash=False)
    intercept: float
    threshold: float
    thresholds: tuple[tuple[float, float], ...] = ()
    """``(accuracy, threshold)`` by rising accuracy: the precision of the answers over each threshold.
    Empty where none was measured."""

    def __post_init__(self) -> None:
        """Check the weights."""
        object.__setattr__(self, "weights", checked_weights(self.weights))

    def at_accuracy(self, accuracy: float) -> Calibration:
        """Return a copy with the lowest threshold whose answers were this often right.

        Raises
        ------
        QueryError
            Where ``accuracy`` is not between 0 and 1, none was measured, or no threshold reached it.
        """
        if not 0 < accuracy < 1:
            raise QueryError(f"the target accuracy is {accuracy:g}; give a share between 0 and 1")
        if not self.thresholds:
            raise QueryError(
                f"an accuracy of {accuracy:g} cannot be asked of this reader, for none was measured; "
                "leave it out, or use the packaged reader"
            )
        reached = [threshold for share, threshold in self.thresholds if share >= accuracy]
        if not reached:
            raise QueryError(
                f"this reader cannot reach an accuracy of {accuracy:g} ({self.thresholds[-1][0]:g} at "
                "most on the development questions); ask for less, or leave it out"
            )
        return replace(self, threshold=reached[0])

    def confidence(self, features: SpanFeatures) -> float:
        """Return a probability in 0..1."""
        z = self.intercept + weighted_sum(self.weights, features)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


class Reader(Protocol):
    """Scores spans over all passages of one question jointly."""

    @property
    def name(self) -> str:
        """Its name in reports."""
        ...

    @property
    def calibration(self) -> Calibration:
        """How its spans' features become a confidence."""
        ...

    def read(
        self, question: str, passages: Sequence[Passage], *, as_of: date | None = None
    ) -> list[Span]:
        """Return spans, best first, each inside its quote; empty where the passages have no sentence.

        Parameters
        ----------
        as_of
            The day the question is asked, None if unknown; no passage was published later.
        """
        ...
