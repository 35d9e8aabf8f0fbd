"""Wrong passwords cost a wait that doubles, in one process and in several that share a state."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ui.web import throttle as module
from ui.web.shared_state import FILE, SharedState
from ui.web.throttle import (
    FREE_FAILURES,
    MAX_WAIT_SECONDS,
    SharedThrottle,
    Throttle,
    Throttling,
    wait_after,
)

Make = Callable[[Callable[[], float]], Throttling]


@pytest.fixture(params=["alone", "shared"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    if request.param == "alone":
        yield Throttle
        return
    state = SharedState(tmp_path)
    yield lambda clock: SharedThrottle(state, clock)
    state.close()


def test_the_wait_doubles_and_ends(make: Make) -> None:
    now = [1000.0]
    throttle = make(lambda: now[0])
    assert [throttle.attempt("10.0.0.1") for _ in range(FREE_FAILURES)] == [0.0] * FREE_FAILURES
    waits = []
    for _ in range(12):
        waits.append(throttle.attempt("10.0.0.1"))
        assert throttle.attempt("10.0.0.1") == waits[-1], "a refused try counts for nothing"
        now[0] += waits[-1]
        assert throttle.attempt("10.0.0.1") == 0.0
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == MAX_WAIT_SECONDS
    assert throttle.attempt("10.0.0.2") == 0.0
    now[0] += 4000
    assert [throttle.attempt("10.0.0.1") for _ in range(FREE_FAILURES)] == [0.0] * FREE_FAILURES


def test_a_right_password_begins_anew(make: Make) -> None:
    throttle = make(lambda: 1000.0)
    for _ in range(FREE_FAILURES):
        assert throttle.attempt("10.0.0.1") == 0.0
    throttle.succeeded("10.0.0.1")
    assert throttle.attempt("10.0.0.1") == 0.0


def test_the_least_recent_clients_are_forgotten(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_CLIENTS", 3)
    now = [1000.0]
    throttle = make(lambda: now[0])
    for number in range(4):
        for _ in range(FREE_FAILURES):
            assert throttle.attempt(f"10.0.0.{number}") == 0.0
        now[0] += 0.1
    assert throttle.attempt("10.0.0.3") > 0
    assert throttle.attempt("10.0.0.0") == 0.0


def test_a_clock_that_is_set_back_shuts_nobody_out_for_longer() -> None:
    assert wait_after(FREE_FAILURES + 2, 5000.0, 1000.0) == 4.0


def test_tries_of_two_processes_at_once_are_counted_together(tmp_path: Path) -> None:
    states = [SharedState(tmp_path) for _ in range(2)]
    throttles = [SharedThrottle(one, lambda: 1000.0) for one in states]
    waits: list[float] = []

    def attempt(number: int) -> None:
        waits.append(throttles[number % 2].attempt("10.0.0.1"))

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 20
    assert waits.count(0.0) == FREE_FAILURES
    for one in states:
        one.close()


def test_a_state_that_cannot_be_used_lets_nobody_try_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = SharedState(tmp_path)
    throttle = SharedThrottle(state, lambda: 1000.0)
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("DROP TABLE wrong_passwords")
    other.close()
    waits = [throttle.attempt("10.0.0.1") for _ in range(FREE_FAILURES + 1)]
    state.close()
    assert waits == [0.0] * FREE_FAILURES + [1.0]
    assert "wrong passwords cannot be counted together" in caplog.text
