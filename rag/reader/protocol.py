"""What presscite asks of a reader, and the small calibrated model that turns evidence to trust."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rag.types import Passage, Span


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regression over named signals: probability that the best span is right.

    Fitted with ``python -m eval.tune confidence`` on development questions; ``threshold`` is the
    confidence under which to abstain.
    """

    weights: Mapping[str, float] = field(hash=False)
    intercept: float
    threshold: float

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

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """Return spans, best first, each inside its quote; empty where there is nothing to read."""
        ...
