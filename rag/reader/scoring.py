"""The interface of a span reader to its network: start and end scores of passage tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TokenScores:
    """Scores of the T tokens of one window of a text."""

    text: int
    """Index of the text."""
    offsets: NDArray[np.int64]
    """(T, 2): start and end of each token in the text, in characters."""
    starts: NDArray[np.float32]
    """(T,): start logits, comparable with ``ends`` and ``null`` of the same window only."""
    ends: NDArray[np.float32]
    """(T,): end logits."""
    null: float
    """The null score: start plus end logit at the window's first position ("no answer here")."""


class SpanScorer(Protocol):
    """A network that scores tokens; many threads may share it."""

    @property
    def name(self) -> str:
        """Its name in reports."""
        ...

    def score(self, question: str, texts: Sequence[str], leads: Sequence[str]) -> list[TokenScores]:
        """Return the scores of every text, in order; a long text has several windows.

        ``leads`` are prepended to the texts: date and title (`rag.reader.encoding.lead_text`).
        """
        ...
