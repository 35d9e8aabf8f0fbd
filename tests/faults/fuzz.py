"""Fuzzing: hostile bytes to every reader of them; only presscite's own errors may come out."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from rag.errors import PressciteError
from tests.faults.model import Setting, Try

_ROUND = 100
"""Examples between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader, with what to give it; ``check`` raises where the reader breaks its word."""

    name: str
    given: SearchStrategy[Any]
    check: Callable[[Any], None]


@dataclass(slots=True)
class _Watched:
    """A target's check that lets pass what was found before, so that one bug hides no other."""

    target: Target
    examples: int = 0
    found: dict[tuple[object, ...], str] = field(default_factory=dict)
    newest: tuple[tuple[object, ...], str] | None = None
    seconds: float = 0.0
    stop_at: float = 0.0

    def check(self, value: object) -> None:
        # From the first example on: before it Hypothesis reads its tables of Unicode.
        self.stop_at = self.stop_at or time.monotonic() + self.seconds
        if time.monotonic() > self.stop_at:
            return
        self.examples += 1
        try:
            with own_errors():
                self.target.check(value)
        except Exception as error:
            self._note(error, value)

    def _note(self, error: Exception, value: object) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        key = (type(error), frame.filename, frame.lineno)
        if key in self.found:
            return
        where = f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        # The last one raised in a round is the smallest that Hypothesis found.
        self.newest = (
            key,
            f"{type(error).__name__}: {str(error)[:200]} ({where}) from {repr(value)[:400]}",
        )
        raise error


@contextmanager
def own_errors() -> Iterator[None]:
    """Let presscite's own errors pass, if they are one line."""
    try:
        yield
    except PressciteError as error:
        if len(str(error).splitlines()) > 1:
            raise ValueError(f"an error of several lines: {error!r}") from error


def fuzzed(target: Target, setting: Setting, seconds: float) -> Iterator[Try]:
    """Give a reader random input for some seconds, from the setting's seed on."""
    watched = _Watched(target, seconds=seconds)
    number = 0
    while not watched.stop_at or time.monotonic() < watched.stop_at:
        test = settings(
            max_examples=_ROUND,
            deadline=None,
            database=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
            print_blob=False,
        )(given(target.given)(watched.check))
        try:
            hypothesis.seed(hash_of(setting.seed, number))(test)()
        except hypothesis.errors.HypothesisException:
            pass
        except Exception:
            if watched.newest is None:
                raise
        if watched.newest is not None:
            key, text = watched.newest
            watched.found[key] = text
            watched.newest = None
        number += 1
    for _ in range(max(0, watched.examples - len(watched.found))):
        yield Try(target.name, "")
    for text in watched.found.values():
        yield Try(target.name, f"seed {setting.seed}", wrong=text)


def hash_of(seed: int, number: int) -> int:
    """Return a seed for one round."""
    return seed * 1_000_003 + number
