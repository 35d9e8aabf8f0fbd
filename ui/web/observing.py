"""What is told of each question that was asked, to logs and metrics: never its answer's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["ask", "search", "check"]
Outcome = Literal["found", "abstained", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, search or draft, once it is over."""

    kind: Kind
    question: str
    """As it was asked; "" of a draft. Who is told decides whether to keep it."""
    outcome: Outcome
    """``found`` also of a search or check with results, ``abstained`` of one without."""
    waited: float
    """Seconds in the queue."""
    took: float
    """Seconds of work, after the queue."""
    status: int | None = None
    """The HTTP status of a refusal or failure."""
    confidence: float | None = None
    timings_ms: tuple[tuple[str, float], ...] = ()


Observer = Callable[[Asked], None]
