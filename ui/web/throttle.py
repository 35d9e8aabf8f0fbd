"""How long a client waits after wrong passwords: counted in this process, or by all that share a state."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from ui.web.shared_state import SharedState

FREE_FAILURES = 5
"""Wrong passwords of one client that cost no wait; each further one doubles it."""
MAX_WAIT_SECONDS = 600.0
_FORGOTTEN_SECONDS = 3600.0
_MAX_CLIENTS = 10_000
_LOG = logging.getLogger("presscite")


class Throttling(Protocol):
    """Counts wrong passwords by client; for many threads."""

    def attempt(self, client: str) -> float:
        """Return the seconds before a client may try; where that is 0, the try is counted as wrong.

        Asked and counted at once, so that tries that are sent together are counted together.
        """

    def succeeded(self, client: str) -> None:
        """Forget what a client got wrong."""


class Throttle:
    """The counts of this process; the least recent of very many clients are forgotten."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def attempt(self, client: str) -> float:
        """Return the seconds before a client may try; where that is 0, the try is counted as wrong."""
        now = self._clock()
        with self._guard:
            count, last = self._failures.get(client, (0, now))
            wait = wait_after(count, last, now)
            if not wait:
                self._failures[client] = counted(count, last, now)
                self._failures.move_to_end(client)
                if len(self._failures) > _MAX_CLIENTS:
                    self._failures.popitem(last=False)
            return wait

    def succeeded(self, client: str) -> None:
        """Forget what a client got wrong."""
        with self._guard:
            self._failures.pop(client, None)


class SharedThrottle:
    """The counts of all processes that share a state, so that several give no more tries than one.

    Where the state cannot be used, each process counts for itself: nobody is let in for that.
    """

    def __init__(self, state: SharedState, clock: Callable[[], float] = time.time) -> None:
        self._state, self._clock = state, clock
        self._alone = Throttle(clock)

    def attempt(self, client: str) -> float:
        """Return the seconds before a client may try; where that is 0, the try is counted as wrong."""
        now = self._clock()
        try:
            with self._state.writing() as connection:
                row = connection.execute(
                    "SELECT count, last FROM wrong_passwords WHERE client = ?", (client,)
                ).fetchone()
                count, last = row or (0, now)
                wait = wait_after(count, last, now)
                if not wait:
                    connection.execute(
                        "INSERT OR REPLACE INTO wrong_passwords VALUES (?, ?, ?)",
                        (client, *counted(count, last, now)),
                    )
                    _forget(connection, now)
                return wait
        except sqlite3.Error as error:
            _LOG.error("wrong passwords cannot be counted together: %s", error)
            return self._alone.attempt(client)

    def succeeded(self, client: str) -> None:
        """Forget what a client got wrong."""
        self._alone.succeeded(client)
        try:
            with self._state.writing() as connection:
                connection.execute("DELETE FROM wrong_passwords WHERE client = ?", (client,))
        except sqlite3.Error as error:
            _LOG.error("wrong passwords cannot be counted together: %s", error)


def wait_after(count: int, last: float, now: float) -> float:
    """Return the seconds to wait after so many wrong passwords, the last of them at a time."""
    if count < FREE_FAILURES:
        return 0.0
    pause = min(MAX_WAIT_SECONDS, 2.0 ** min(count - FREE_FAILURES, 32))
    # A clock that was set back must not shut anybody out for longer.
    return min(pause, max(0.0, last + pause - now))


def counted(count: int, last: float, now: float) -> tuple[int, float]:
    """Return the count with one more, and when that was; one of long ago begins anew."""
    return (1 if now - last > _FORGOTTEN_SECONDS else count + 1), now


def _forget(connection: sqlite3.Connection, now: float) -> None:
    connection.execute(
        "DELETE FROM wrong_passwords WHERE last < ? OR client IN "
        "(SELECT client FROM wrong_passwords ORDER BY last DESC LIMIT -1 OFFSET ?)",
        (now - _FORGOTTEN_SECONDS, _MAX_CLIENTS),
    )
