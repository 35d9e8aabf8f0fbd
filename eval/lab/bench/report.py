"""Benchmark results as a table in the terminal, and curves as an HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from eval.charts import Axis, Line, count, line_chart
from eval.lab.bench.figures import Curve, Figure

if TYPE_CHECKING:
    from rich.console import Console


def print_table(figures: Sequence[Figure], console: Console) -> None:
    """Print the figures, a row each."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="bold")
    for name in ("part", "figure", "value", "wanted", "beside", "times better", "note"):
        table.add_column(name, overflow="fold")
    last = ""
    for figure in figures:
        part, last = ("" if figure.part == last else figure.part), figure.part
        table.add_row(
            part,
            figure.name,
            _said(figure.value, figure.unit),
            figure.wanted,
            f"{_said(figure.other, figure.unit)}: {figure.beside}" if figure.other else "",
            _ratio(figure),
            figure.note,
        )
    console.print(table)


def _said(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 10 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()


def _ratio(figure: Figure) -> str:
    if figure.ratio is None:
        return ""
    between = f" ({figure.spread[0]:.2f} to {figure.spread[1]:.2f})" if figure.spread else ""
    return f"{figure.ratio:.2f}{between}"


def page(findings: dict[str, Any], curves: Sequence[Curve]) -> str:
    """Return a self-contained HTML page of the curves."""
    drawings = "".join(
        f"<figure>{_drawing(curve)}<figcaption>{escape(curve.name)}</figcaption></figure>"
        for curve in curves
    )
    told = f"commit {findings['commit']}, {findings['date']}, {findings['machine']['processor']}"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>presscite benchmark</title>'
        f"<style>{_STYLE}</style><h1>presscite benchmark</h1><p>{escape(told)}</p>{drawings}</html>"
    )


_STYLE = (
    "body{font:15px system-ui;margin:2em;max-width:60em}figure{display:inline-block;width:26em}"
    ".line{fill:none;stroke:#1d5fa8;stroke-width:2}.grid{stroke:#ddd}.guide{stroke:none}"
    "text{font-size:11px;fill:#444}"
)


def _drawing(curve: Curve) -> str:
    most_x = max(x for x, _ in curve.points)
    most_y = max(y for _, y in curve.points) or 1.0
    points = [(0.0, curve.points[0][1]), *curve.points] if most_x <= 100 else curve.points
    told = "; ".join(f"{x:,.0f}: {y:,.3g}" for x, y in curve.points)
    y = count(curve.y, most_y) if most_y >= 4 else Axis(curve.y, most_y, (0.0, most_y / 2, most_y))
    line = Line(curve.name, tuple(points))
    return line_chart(curve.name, told, count(curve.x, most_x), y, [line], level=0.0)
