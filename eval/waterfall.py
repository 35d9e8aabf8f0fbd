"""A waterfall: what each step takes away from a whole, until what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _ROW, _BAR = 500, 28, 18
_LEFT, _RIGHT, _TOP = 176, 80, 6


@dataclass(frozen=True, slots=True)
class Step:
    """A bar: its name, how many it stands for, and what a pointer resting on it is told."""

    name: str
    n: int
    told: str


def waterfall(title: str, desc: str, whole: Step, lost: Sequence[Step], left: Step) -> str:
    """Draw the whole, what each step takes of it, and what is left, from top to bottom."""
    rest = total = whole.n
    rows = [_bar(0, whole, "whole", 0, total, str(total))]
    for number, step in enumerate(lost, start=1):
        rest -= step.n
        shown = f"−{step.n} ({_share(step.n, total)})" if step.n else "0"
        rows += [
            _bar(number, step, "lost", rest, total, shown),
            _drop(number, rest + step.n, total),
        ]
    last = len(lost) + 1
    shown = f"{left.n} ({_share(left.n, total)})"
    rows += [_bar(last, left, "gained", 0, total, shown), _drop(last, rest, total)]
    height = 2 * _TOP + _ROW * (last + 1)
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(desc)}</desc>{''.join(rows)}</svg>"
    )


def _share(n: int, total: int) -> str:
    return f"{n / total:.0%}" if total else "–"


def _x(n: int, total: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * n / (total or 1)


def _bar(row: int, step: Step, style: str, start: int, total: int, shown: str) -> str:
    top = _TOP + _ROW * row
    left, right = _x(start, total), _x(start + step.n, total)
    middle = top + _BAR / 2 + 4
    return (
        f'<text class="name" x="{_LEFT - 8}" y="{middle}" text-anchor="end">'
        f"{escape(step.name)}</text>"
        f'<rect class="part {style}" x="{left:.1f}" y="{top}" '
        f'width="{max(right - left, 1):.1f}" height="{_BAR}"><title>{escape(step.told)}</title></rect>'
        f'<text x="{right + 6:.1f}" y="{middle}">{escape(shown)}</text>'
    )


def _drop(row: int, at: int, total: int) -> str:
    """Tie a bar to the one above it."""
    x, bottom = _x(at, total), _TOP + _ROW * row
    return (
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom - _ROW + _BAR}" y2="{bottom}"/>'
    )
