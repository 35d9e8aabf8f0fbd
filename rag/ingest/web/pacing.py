"""How often a host is asked: a delay between requests, pauses it asks for, and hosts that are dead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from rag.ingest.web.clock import Clock
from rag.ingest.web.errors import FetchError
from rag.ingest.web.limits import Limits


@dataclass(slots=True)
class _Host:
    next_at: float = -math.inf
    """When it may be asked again, on the clock's monotonic scale."""
    delay: float = 0.0
    failed: int = 0
    busy: int = 0
    dead_until: float = -math.inf
    reason: str = ""


class Pace:
    """When each host may be asked next."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._hosts: dict[str, _Host] = {}

    def wait(self, host: str, *, counted: bool = True) -> None:
        """Wait until a host may be asked.

        Parameters
        ----------
        counted
            Whether the next request has to wait for this one's delay.

        Raises
        ------
        FetchError
            Where the host is dead, or does not want to be asked for longer than is waited.
        """
        state = self._of(host)
        now = self._clock.monotonic()
        if now < state.dead_until:
            raise FetchError(
                f"{host} is left alone for now: {state.reason}",
                passing=True,
                of_host=True,
                retry_after=state.dead_until - now,
            )
        wanted = state.next_at - now
        if wanted > self._limits.max_delay_seconds:
            raise FetchError(
                f"{host} asked to be left alone for {wanted:.0f} s",
                passing=True,
                of_host=True,
                retry_after=wanted,
            )
        if wanted > 0:
            self._clock.sleep(wanted)
        if counted:
            delay = max(state.delay, self._limits.delay_seconds)
            state.next_at = self._clock.monotonic() + delay

    def slow_down(self, host: str, delay: float) -> None:
        """Take a delay that the host's robots.txt asks for; more than is waited at most is cut."""
        self._of(host).delay = min(max(0.0, delay), self._limits.max_delay_seconds)

    def pause(self, host: str, seconds: float) -> None:
        """Ask a host no earlier than in so many seconds."""
        state = self._of(host)
        state.next_at = max(state.next_at, self._clock.monotonic() + max(0.0, seconds))

    def answered(self, host: str) -> None:
        """Take note that a host is alive."""
        state = self._of(host)
        state.failed = state.busy = 0

    def failed(self, host: str, reason: str, *, busy: bool = False) -> None:
        """Take note that an address of a host failed, all tries of it; after some the host is dead.

        Parameters
        ----------
        busy
            Whether the host did answer, if only that it cannot now.
        """
        state = self._of(host)
        if busy:
            state.busy += 1
        else:
            state.failed += 1
        limits = self._limits
        if state.failed >= limits.dead_after or state.busy >= limits.dead_after_busy:
            state.dead_until = self._clock.monotonic() + limits.dead_seconds
            state.reason = reason
            state.failed = state.busy = 0

    def _of(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host())


def retry_after(header: str | None, now: float) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for: a number, or a date less ``now``.

    Parameters
    ----------
    now
        Seconds since 1970.
    """
    text = (header or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
