"""The time as the fetching code reads it, so that tests need not wait."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where times and pauses come from."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        ...

    def time(self) -> float:
        """Return seconds since 1970."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The time of the system."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    def time(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
