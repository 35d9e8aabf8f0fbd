"""Selective prediction: a reader that abstains so as to reach a target accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.reader.protocol import Calibration, Reader
from rag.types import Passage, Span


@dataclass(frozen=True, slots=True)
class AtTargetAccuracy:
    """A reader with another calibration; its spans are unchanged."""

    reader: Reader
    calibration: Calibration

    @property
    def name(self) -> str:
        """The reader's own name."""
        return self.reader.name

    def read(
        self, question: str, passages: Sequence[Passage], *, as_of: date | None = None
    ) -> list[Span]:
        """Return the reader's spans."""
        return self.reader.read(question, passages, as_of=as_of)


def at_target_accuracy(reader: Reader, accuracy: float) -> Reader:
    """Return a reader whose answers were right this often on the development questions.

    Parameters
    ----------
    accuracy
        Share of right answers among those given, between 0 and 1.

    Raises
    ------
    QueryError
        Where the accuracy is not between 0 and 1, or no threshold of this reader reached it.
    """
    return AtTargetAccuracy(reader, reader.calibration.at_accuracy(accuracy))
