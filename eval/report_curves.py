"""The part of a report that draws curves: precision and coverage, reliability, recall, latency."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from eval.charts import (
    Axis,
    Bar,
    Line,
    bar_chart,
    count,
    curve_key,
    line_chart,
    reliability_chart,
    share,
)
from eval.confidence import percentile, precision_coverage, reliability_bins
from eval.grouping import groups_of
from eval.result import FIGURES, RECALL_DEPTHS, Record, Reply, Result, mean_of, recall_at
from eval.table import rounded

_LATENCY_BARS = 20
_MOST_CURVES = 6
_AT = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Shares answered at which the table below the drawing gives the precision."""


def curves_html(result: Result) -> str:
    """Draw what can be drawn of a run."""
    figures = _precision(result)
    replies = _replies(result.records)
    if replies:
        figures += _figure(*_reliability([reply for _, reply in replies]))
    recalls = [mean_of(recall_at(k))(result.records) for k in range(1, RECALL_DEPTHS + 1)]
    found = [(k, value) for k, value in enumerate(recalls, start=1) if value is not None]
    if found:
        told = ", ".join(f"{k}: {value:.0%}" for k, value in found)
        axis = Axis("passages looked at", RECALL_DEPTHS + 0.6, tuple(range(1, RECALL_DEPTHS + 1)))
        bars = [Bar(k - 0.45, k + 0.45, value, f"first {k}: {value:.1%}") for k, value in found]
        figures += _figure(
            bar_chart("Recall by depth", told, axis, share("found"), bars),
            f"Recall: {found[0][1]:.0%} found in the first passage, {found[-1][1]:.0%} in the "
            f"first {found[-1][0]}.",
        )
    if result.records:
        figures += _figure(*_latency([r.latency_ms for r in result.records]))
    return f'<section><h2>Curves</h2><div class="charts">{figures}</div></section>'


def _figure(svg: str, told: str, below: str = "") -> str:
    return f"<figure>{svg}<figcaption>{escape(told)}</figcaption>{below}</figure>"


def _replies(records: Sequence[Record]) -> list[tuple[str, Reply]]:
    return [(r.id, r.reply) for r in records if r.reply is not None]


def _curve(name: str, records: Sequence[Record]) -> Line:
    known = _replies(records)
    points = precision_coverage(
        [reply.confidence for _, reply in known],
        [reply.correct for _, reply in known],
        [name for name, _ in known],
    )
    answered, right = FIGURES["answered"](records), FIGURES["told_precision"](records)
    mark = None if answered is None or right is None else (answered, right)
    return Line(name, tuple(points), mark)


def _precision(result: Result) -> str:
    """Draw the precision of what is told against the share told, for each group where there are any."""
    whole = _curve("all", result.records)
    if not whole.points:
        return ""
    groups = list(groups_of(result).items())[:_MOST_CURVES]
    parts = [_curve(f"{result.by}: {value}", part.records) for value, part in groups]
    curves = [whole, *(curve for curve in parts if curve.points)]
    everything = f"Answering everything, {whole.points[-1][1]:.0%} is right."
    told = "; ".join(
        f"{curve.name}: " + ", ".join(f"{_at(curve, a):.0%} right at {a:.0%}" for a in _AT)
        for curve in curves
    )
    svg = line_chart(
        "Precision and coverage", f"{everything} {told}", share("answered, surest first"),
        share("right"), curves, level=0.8,
    )  # fmt: skip
    caption = (
        f"Precision and coverage: the surer the questions kept, the more are right. {everything} "
        "Dots: what was told. Dashed: four in five right."
    )
    return _figure(svg, caption, _precision_table(curves))


def _at(curve: Line, share_answered: float) -> float:
    """Give the precision of a curve where so many are answered."""
    n = max(1, round(share_answered * len(curve.points)))
    return curve.points[n - 1][1]


def _precision_table(curves: Sequence[Line]) -> str:
    head = "".join(f'<th scope="col" class="number">{at:.0%}</th>' for at in _AT)
    rows = "".join(
        f'<tr><th scope="row">{curve_key(number)}{escape(curve.name)}</th>'
        + "".join(f'<td class="number">{_at(curve, at):.2f}</td>' for at in _AT)
        + "</tr>"
        for number, curve in enumerate(curves)
    )
    return (
        '<div class="scroll"><table><thead><tr><th scope="col">right, of answered</th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _reliability(replies: Sequence[Reply]) -> tuple[str, str]:
    bins = reliability_bins([r.confidence for r in replies], [r.correct for r in replies])
    told = "; ".join(
        f"{b.confidence:.0%} sure: {b.accuracy:.0%} right (n={b.n})"
        for b in bins
        if b.accuracy is not None and b.confidence is not None
    )
    return (
        reliability_chart("Reliability", told, bins),
        "Reliability: on the dashed line, confidence means what it says; below it, too "
        "sure; above, too modest. Bigger dots are more questions.",
    )


def _latency(values: Sequence[float]) -> tuple[str, str]:
    axis = count("milliseconds a question", max(*values, 1.0))
    width = axis.end / _LATENCY_BARS
    heights = [0] * _LATENCY_BARS
    for value in values:
        heights[min(int(value / width), _LATENCY_BARS - 1)] += 1
    bars = [
        Bar(i * width, (i + 1) * width, n, f"{i * width:.0f} to {(i + 1) * width:.0f} ms: {n}")
        for i, n in enumerate(heights)
        if n
    ]
    told = (
        f"Latency: half of the questions took less than {rounded(percentile(values, 50), 0)} ms, "
        f"19 in 20 less than {rounded(percentile(values, 95), 0)} ms."
    )
    return bar_chart("Latency", told, axis, count("questions", max(heights)), bars), told
