"""Start and end scores for the tokens of passages: what a span reader asks of a neural network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TokenScores:
    """Scores of the T tokens of one stretch of a text."""

    text: int
    """Which of the texts it is a stretch of."""
    offsets: NDArray[np.int64]
    """(T, 2): where each token stands in the text, in characters."""
    starts: NDArray[np.float32]
    """(T,): how well an answer starts there; comparable only to ``null`` and ``ends`` of one stretch."""
    ends: NDArray[np.float32]
    """(T,)."""
    null: float
    """The score of "nothing here": start and end at the stretch's first position, summed."""


class SpanScorer(Protocol):
    """A network that scores tokens; many threads may share it."""

    @property
    def name(self) -> str:
        """What to call it in reports."""
        ...

    def score(self, question: str, texts: Sequence[str], leads: Sequence[str]) -> list[TokenScores]:
        """Return the scores of every text, in order; a long text comes as several windows.

        ``leads`` stand in front of the texts: date and title (`rag.reader.encoding.lead_text`).
        """
        ...
