"""What a benchmark finds: figures, each beside the alternative it was run with; and curves."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; where something was run beside it, how the two compare."""

    part: str
    name: str
    value: float
    unit: str
    wanted: str = ""
    """What it should be, as a person says it: ``<= 100 ms``."""
    beside: str = ""
    """What was run with it, in the same process or back to back."""
    other: float | None = None
    """That one's value, in the same unit."""
    ratio: float | None = None
    """How many times better this is than the other: above 1 is better."""
    spread: tuple[float, float] | None = None
    """Between which ratios half of the rounds lie."""
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
    """All that one part found."""

    figures: list[Figure] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)


def rounds(
    ways: Mapping[str, Callable[[], object]], count: int, *, warm: int = 1
) -> dict[str, list[float]]:
    """Return the seconds each way took in each round; ways take turns, in an order that changes."""
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
    """Return how many times quicker ours is: the median over the rounds, and their quartiles."""
    ratios = [other / own for own, other in zip(ours, others, strict=True)]
    if len(ratios) < 2:
        return ratios[0], (ratios[0], ratios[0])
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return middle, (low, high)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of all lie; the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
