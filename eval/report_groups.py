"""The part of a report that tells all figures by the values of one field of the questions."""

from __future__ import annotations

from html import escape

from eval.grouping import groups_of
from eval.result import FIGURES, Result
from eval.table import MEANINGS, rounded, spread

_RESAMPLES = 300


def groups_html(result: Result) -> str:
    """Set the figures of the groups side by side; empty where the run is told as a whole."""
    groups = groups_of(result)
    if not groups or result.by is None:
        return ""
    head = "".join(f'<th scope="col" class="number">{escape(value)}</th>' for value in groups)
    counted = "".join(f'<td class="number">{len(p.records)}</td>' for p in groups.values())
    rows = f'<tr><th scope="row">questions</th>{counted}<td></td></tr>'
    for name, meaning in MEANINGS.items():
        values = [FIGURES[name](part.records) for part in groups.values()]
        if all(value is None for value in values):
            continue
        cells = "".join(
            f'<td class="number">{rounded(value)}'
            f"{_reach(part, name) if value is not None else ''}</td>"
            for value, part in zip(values, groups.values(), strict=True)
        )
        rows += (
            f'<tr><th scope="row">{name}</th>{cells}<td class="meaning">{escape(meaning)}</td></tr>'
        )
    return (
        f'<section><h2>By {escape(result.by)}</h2><p class="soft">Below each figure the range in which '
        "95% of resamples of the group's questions fall.</p>"
        f'<div class="scroll"><table><thead><tr><th scope="col">figure</th>{head}'
        f'<th scope="col">what it says</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _reach(part: Result, name: str) -> str:
    return f'<br><small class="soft">{spread(part.interval(name, resamples=_RESAMPLES))}</small>'
