"""The part of a report that says where right answers were lost, drawn as waterfalls."""

from __future__ import annotations

from html import escape

from eval.grouping import groups_of
from eval.losses import MEANINGS, Loss, count_losses, remaining
from eval.result import Result
from eval.table import questions
from eval.waterfall import Step, waterfall

_DRAWN = 6
"""Groups that get a drawing of their own; the table has all of them."""
WHOLE = "in the archive"


def losses_html(result: Result) -> str:
    """Draw what was lost between the archive and what was told; empty where no answer was sought."""
    counted = _counted(result)
    if not counted:
        return ""
    columns = [("all", counted)]
    if result.compared is not None:
        columns.append((result.compared.reader or "the other", _counted(result.compared)))
    parts = [(f"{result.by}: {value}", _counted(p)) for value, p in groups_of(result).items()]
    parts = [(name, part) for name, part in parts if part]
    drawn = [_drawing("all questions", counted), *(_drawing(*part) for part in parts[:_DRAWN])]
    return (
        '<section><h2>Where right answers were lost</h2><p class="soft">Of the answerable questions, '
        "those whose right answer was lost at each step, the first that lost it. What is left was "
        f'told.</p><div class="charts wide">{"".join(drawn)}</div>'
        f"{_table([*columns, *parts])}</section>"
    )


def _counted(result: Result) -> dict[Loss, int]:
    return count_losses(record.loss for record in result.records)


def _drawing(name: str, counted: dict[Loss, int]) -> str:
    total, after = sum(counted.values()), remaining(counted)
    *lost, told = (Step(loss.value, n, f"{MEANINGS[loss]}: {n}") for loss, n in counted.items())
    whole = Step(WHOLE, total, f"{WHOLE}: {total}")
    desc = f"Of {questions(total)}: " + "; ".join(
        f"{loss.value} {n}"
        if loss is Loss.TOLD
        else f"{loss.value} {n}, which leaves {after[loss]}"
        for loss, n in counted.items()
    )
    title = f"From the archive to what is told, {name}"
    svg = waterfall(title, desc, whole, lost, told)
    noun = "right answer" if total == 1 else "right answers"
    said = f"{name[:1].upper()}{name[1:]}: {told.n} of {total} {noun} told ({told.n / total:.0%})."
    return f"<figure>{svg}<figcaption>{escape(said)}</figcaption></figure>"


def _table(columns: list[tuple[str, dict[Loss, int]]]) -> str:
    head = "".join(f'<th scope="col" class="number">{escape(name)}</th>' for name, _ in columns)
    whole = "".join(f'<td class="number">{sum(one.values())}</td>' for _, one in columns)
    rows = f'<tr><th scope="row">{WHOLE}</th>{whole}<td></td></tr>'
    for loss in Loss:
        cells = "".join(
            f'<td class="number">{one[loss]} ({one[loss] / max(sum(one.values()), 1):.0%})</td>'
            for _, one in columns
        )
        rows += (
            f'<tr><th scope="row">{escape(loss.value)}</th>{cells}'
            f'<td class="meaning">{escape(MEANINGS[loss])}</td></tr>'
        )
    return (
        f'<div class="scroll"><table><thead><tr><th scope="col">step</th>{head}'
        f'<th scope="col">what it says</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )
