"""Small drawings as SVG text; colours come from the page's style sheet, numbers from the caller.

Data coordinates grow to the right and upwards; every drawing says in ``<desc>`` what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from eval.confidence import Bin

WIDTH, HEIGHT = 420, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 22, 12, 44
_MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of a drawing: its name, its last value, and where its ticks stand."""

    name: str
    end: float
    ticks: tuple[float, ...]
    percent: bool = False

    def label(self, tick: float) -> str:
        """Write a tick for people."""
        return f"{tick:.0%}" if self.percent else f"{tick:g}"


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from ``start`` to ``end``, so high, and what a pointer resting on it is told."""

    start: float
    end: float
    height: float
    told: str


@dataclass(frozen=True, slots=True)
class Line:
    """A named line, its points from left to right, and a dot on or beside it where wanted."""

    name: str
    points: tuple[tuple[float, float], ...]
    mark: tuple[float, float] | None = None


def share(name: str) -> Axis:
    """Make an axis from 0 to 1 in per cent."""
    return Axis(name, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), percent=True)


def count(name: str, most: float, *, ticks: int = 4) -> Axis:
    """Make an axis from 0 to ``most``, ending at a round tick."""
    step = 1.0
    while step * ticks < most:
        step *= 2.5 if f"{step:e}".startswith("2") else 2
    steps = max(1, -(-int(most + 0.999) // int(step)))
    return Axis(name, step * steps, tuple(step * i for i in range(steps + 1)))


def line_chart(
    title: str, desc: str, x: Axis, y: Axis, curves: Sequence[Line], *, level: float
) -> str:
    """Draw a line for each curve, told apart by `curve_key`, and a dashed one across at ``level``."""
    across = _y(level, y)
    body = (
        f'<line class="guide" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" '
        f'y1="{across:.1f}" y2="{across:.1f}"/>'
    )
    for number, curve in enumerate(curves):
        step = max(1, len(curve.points) // _MOST_POINTS)
        last = len(curve.points) - 1
        kept = [p for i, p in enumerate(curve.points) if i % step == 0 or i == last]
        path = " ".join(f"{_x(px, x):.1f},{_y(py, y):.1f}" for px, py in kept)
        body += f'<polyline class="line c{number}" points="{path}">{_told(curve.name)}</polyline>'
        if curve.mark is not None:
            at = f'cx="{_x(curve.mark[0], x):.1f}" cy="{_y(curve.mark[1], y):.1f}"'
            body += f'<circle class="dot c{number}" {at} r="4.5">{_told(curve.name)}</circle>'
    return _frame(title, desc, x, y, body)


def curve_key(number: int) -> str:
    """Draw a piece of the line that the curve of this number has, for a legend."""
    return (
        '<svg class="key" viewBox="0 0 28 10" width="28" height="10" aria-hidden="true">'
        f'<line class="line c{number}" x1="1" x2="27" y1="5" y2="5"/></svg>'
    )


def bar_chart(title: str, desc: str, x: Axis, y: Axis, bars: Sequence[Bar]) -> str:
    """Draw bars that stand on the horizontal axis."""
    return _frame(title, desc, x, y, "".join(_bar(x, y, bar) for bar in bars))


def reliability_chart(title: str, desc: str, bins: Sequence[Bin]) -> str:
    """Draw accuracy by confidence; on the diagonal, confidence keeps its word."""
    x, y = share("confidence"), share("right")
    body = f'<line class="guide" x1="{_x(0, x)}" y1="{_y(0, y)}" x2="{_x(1, x)}" y2="{_y(1, y)}"/>'
    most = max((b.n for b in bins), default=1) or 1
    for b in bins:
        if b.accuracy is None or b.confidence is None:
            continue
        noun = "question" if b.n == 1 else "questions"
        told = f"{b.n} {noun}: {b.confidence:.0%} sure, {b.accuracy:.0%} right"
        body += _bar(x, y, Bar(b.low, b.high, b.accuracy, told))
        radius = 2.5 + 4.5 * (b.n / most) ** 0.5
        body += (
            f'<circle class="dot" cx="{_x(b.confidence, x):.1f}" '
            f'cy="{_y(b.accuracy, y):.1f}" r="{radius:.1f}"/>'
        )
    return _frame(title, desc, x, y, body)


def interval_bar(value: float, interval: tuple[float, float] | None) -> str:
    """Draw a figure of 0..1 as a dot on a rail, with its interval as a thick stretch."""
    low, high = interval or (value, value)
    return (
        '<svg class="rail" viewBox="0 0 104 12" width="104" height="12" aria-hidden="true">'
        '<line class="grid" x1="2" x2="102" y1="6" y2="6"/>'
        f'<line class="reach" x1="{2 + 100 * low:.1f}" x2="{2 + 100 * high:.1f}" y1="6" y2="6"/>'
        f'<circle class="dot" cx="{2 + 100 * value:.1f}" cy="6" r="4"/></svg>'
    )


def stacked_bar(desc: str, parts: Sequence[tuple[str, int, str]]) -> str:
    """Draw shares of a whole side by side; a part is a style class, its count, and what it is told."""
    whole = sum(n for _, n, _ in parts) or 1
    body, at = "", 0.0
    for style, n, told in parts:
        width = 600 * n / whole
        if n:
            body += (
                f'<rect class="part {style}" x="{at:.1f}" y="0" width="{max(width - 1.5, 1):.1f}" '
                f'height="22"><title>{escape(told)}</title></rect>'
            )
        at += width
    return (
        '<svg class="split" viewBox="0 0 600 22" preserveAspectRatio="none" role="img">'
        f"<desc>{escape(desc)}</desc>{body}</svg>"
    )


def diverging_bar(lost: int, gained: int, most: int) -> str:
    """Draw what was lost to the left of a middle line and what was gained to the right of it."""
    scale = 58 / max(most, 1)
    left, right = lost * scale, gained * scale
    return (
        '<svg class="diverging-bar" viewBox="0 0 124 14" width="124" height="14" aria-hidden="true">'
        f'<rect class="part lost" x="{62 - left:.1f}" y="2" width="{left:.1f}" height="10"/>'
        f'<rect class="part gained" x="62" y="2" width="{right:.1f}" height="10"/>'
        '<line class="guide" x1="62" x2="62" y1="0" y2="14"/></svg>'
    )


def difference_bar(value: float, interval: tuple[float, float] | None) -> str:
    """Draw a difference of -1..1 as a dot on a rail with a line at 0; half the rail is 0.5."""
    low, high = (max(-0.5, min(0.5, v)) for v in interval or (value, value))
    at = max(-0.5, min(0.5, value))
    return (
        '<svg class="rail" viewBox="0 0 104 12" width="104" height="12" aria-hidden="true">'
        '<line class="grid" x1="2" x2="102" y1="6" y2="6"/>'
        '<line class="guide" x1="52" x2="52" y1="0" y2="12"/>'
        f'<line class="reach" x1="{52 + 100 * low:.1f}" x2="{52 + 100 * high:.1f}" y1="6" y2="6"/>'
        f'<circle class="dot" cx="{52 + 100 * at:.1f}" cy="6" r="4"/></svg>'
    )


def _told(words: str) -> str:
    return f"<title>{escape(words)}</title>"


def _x(value: float, axis: Axis) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * min(value / axis.end, 1.0)


def _y(value: float, axis: Axis) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * min(value / axis.end, 1.0)


def _bar(x: Axis, y: Axis, bar: Bar) -> str:
    left, right, top = _x(bar.start, x), _x(bar.end, x), _y(bar.height, y)
    return (
        f'<rect class="bar" x="{left + 1:.1f}" y="{top:.1f}" '
        f'width="{max(right - left - 2, 1):.1f}" height="{_y(0, y) - top:.1f}">'
        f"<title>{escape(bar.told)}</title></rect>"
    )


def _frame(title: str, desc: str, x: Axis, y: Axis, body: str) -> str:
    """Put axes, ticks and names around a drawing."""
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><desc>{escape(desc)}</desc>",
    ]
    for tick in y.ticks:
        at = _y(tick, y)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">'
            f"{escape(y.label(tick))}</text>"
        )
    for tick in x.ticks:
        parts.append(
            f'<text x="{_x(tick, x):.1f}" y="{HEIGHT - _BOTTOM + 17}" text-anchor="middle">'
            f"{escape(x.label(tick))}</text>"
        )
    middle = (HEIGHT - _BOTTOM + _TOP) / 2
    parts += [
        body,
        f'<text class="name" x="{(WIDTH + _LEFT - _RIGHT) / 2}" y="{HEIGHT - 8}" '
        f'text-anchor="middle">{escape(x.name)}</text>',
        f'<text class="name" x="12" y="{middle}" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle})">{escape(y.name)}</text></svg>',
    ]
    return "".join(parts)
