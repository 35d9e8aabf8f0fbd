"""Results of a benchmark: figures with their baselines, and curves."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, with its ratio to a baseline where there is one."""

    part: str
    name: str
    value: float
    unit: str
    wanted: str = ""
    """The target: ``<= 100 ms``."""
    beside: str = ""
    """The baseline, run in the same process or back to back."""
    other: float | None = None
    """The baseline's value, in the same unit."""
    ratio: float | None = None
    """Ratio to the baseline: above 1 is better."""
    spread: tuple[float, float] | None = None
    """Quartiles of the ratio over the rounds."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """Values over sizes, to be drawn."""

    part: str
    name: str
    x: str
    y: str
    points: tuple[tuple[float, float], ...]


@dataclass(slots=True)
class Findings:
    """The results of one part."""

    figures: list[Figure] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)


def rounds(
    ways: Mapping[str, Callable[[], object]], count: int, *, warm: int = 1
) -> dict[str, list[float]]:
    """Return the seconds of each candidate in each round; candidates alternate, in changing order."""
    for _ in range(warm):
        for way in ways.values():
            way()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for n in range(count):
        for name in names[n % len(names) :] + names[: n % len(names)]:
            began = time.perf_counter()
            ways[name]()
            taken[name].append(time.perf_counter() - began)
    return taken


def compared(ours: Sequence[float], others: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Return our speed-up: the median over the rounds, and the quartiles."""
    ratios = [other / own for own, other in zip(ours, others, strict=True)]
    if len(ratios) < 2:
        return ratios[0], (ratios[0], ratios[0])
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return middle, (low, high)


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
