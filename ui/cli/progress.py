"""How far a long command is, on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_EVERY = 20.0
"""Seconds between lines where standard error is no terminal."""


@contextmanager
def adding(expected: int | None) -> Iterator[Callable[[int, str], None]]:
    """Yield a callback for adding articles, with rate and time left where the total is about known."""
    if not sys.stderr.isatty():
        lines = Lines(lambda line: print(f"presscite: {line}", file=sys.stderr, flush=True))
        yield lambda number, _: lines("adding", number, max(number, expected or 0))
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading ...", total=expected)

        def shown(number: int, source: str) -> None:
            rate = number / max(bar.tasks[0].elapsed or 0.0, 0.001)
            name = Path(source).name.replace("[", r"\[")
            told = f"{number:,} articles, {rate:.1f} a second  {name}"
            total = max(number, expected) if expected else None
            bar.update(task, description=told, completed=number, total=total)

        yield shown


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a callback for the stages of an evaluation; both ways tell the time left."""
    if not sys.stderr.isatty():
        yield Lines(lambda line: print(f"presscite: {line}", file=sys.stderr, flush=True))
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def shown(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield shown


class Lines:
    """Tells of a stage in lines, seldom enough for a log, and never of one that is soon over."""

    def __init__(
        self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._stage = ""
        self._began = self._told = clock()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take note that so many are done."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._began, self._told = stage, now, now
        if now - self._told < _EVERY or not done:
            return
        self._told = now
        rate = done / max(now - self._began, 1e-6)
        if total <= done:
            self._tell(f"{stage} {done:,}, {rate:.1f} a second")
            return
        left = (total - done) / rate
        self._tell(
            f"{stage} {done:,} of {total:,}, {rate:.1f} a second, about {_duration(left)} left"
        )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
