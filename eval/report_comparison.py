"""The part of a report that sets two readers side by side: figures, changes, expected answer types."""

from __future__ import annotations

from html import escape

from eval.charts import difference_bar, diverging_bar, stacked_bar
from eval.comparison import Change, Pair, by_answer_type, changes, difference, pairs
from eval.result import FIGURES, Record, Result
from eval.table import MEANINGS, RETRIEVAL, rounded, signed, signed_spread

_STYLES = {
    Change.GAINED: "gained",
    Change.LOST: "lost",
    Change.BOTH_RIGHT: "kept",
    Change.BOTH_WRONG: "open",
}
_KIND_FIGURES = ("quote_hit", "f1")


def comparison_html(result: Result) -> str:
    """Say what reading with one reader changed against the other; empty where none was compared."""
    found = pairs(result)
    if result.compared is None or not found:
        return ""
    ours, theirs = result.reader or "this reader", result.compared.reader or "the other"
    return (
        f"<section><h2>{escape(ours)} against {escape(theirs)}</h2>"
        '<p class="soft">Both read the same passages of the same questions. A question is gained '
        "where it ended better than with the other reader: right, else a right quote, else silence, "
        f"else a wrong quote.</p>{_changed(found)}{_figures(found, ours, theirs)}</section>"
        f"{_answer_types(found, ours, theirs)}"
    )


def _changed(found: tuple[Pair, ...]) -> str:
    counted = changes(found)
    told = ", ".join(f"{change.value} {n}" for change, n in counted.items())
    parts = [(_STYLES[c], n, f"{c.value}: {n}") for c, n in counted.items()]
    legend = "".join(
        f'<li class="{_STYLES[c]}"><b>{n}</b>{escape(c.value)}</li>' for c, n in counted.items()
    )
    return f'{stacked_bar(told, parts)}<ul class="legend">{legend}</ul>'


def _figures(found: tuple[Pair, ...], ours: str, theirs: str) -> str:
    one: list[Record] = [pair.record for pair in found]
    two: list[Record] = [pair.other for pair in found]
    rows = ""
    for name, meaning in MEANINGS.items():
        value, other = FIGURES[name](one), FIGURES[name](two)
        if name in RETRIEVAL or value is None or other is None:
            continue
        made = difference(found, name)
        if made is None:
            continue
        told = signed(made.value)
        rows += (
            f'<tr><th scope="row">{name}</th><td class="number">{rounded(value)}</td>'
            f'<td class="number">{rounded(other)}</td>'
            f'<td class="number">{f"<strong>{told}</strong>" if made.clear else told}</td>'
            f'<td class="number">{signed_spread(made.interval)}</td>'
            f"<td>{difference_bar(made.value, made.interval)}</td>"
            f'<td class="meaning">{escape(meaning)}</td></tr>'
        )
    return (
        '<p class="soft">The difference with the range in which 95% of resamples of the questions '
        "fall, both readers judged on the same resample; bold where that range leaves no doubt which "
        'is higher.</p><div class="scroll"><table><thead><tr><th scope="col">figure</th>'
        f'<th scope="col" class="number">{escape(ours)}</th>'
        f'<th scope="col" class="number">{escape(theirs)}</th>'
        '<th scope="col" class="number">difference</th><th scope="col" class="number">95%</th>'
        '<th scope="col">−0.5 to +0.5</th><th scope="col">what it says</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _answer_types(found: tuple[Pair, ...], ours: str, theirs: str) -> str:
    groups = by_answer_type(found)
    counted = {name: changes(members) for name, members in groups.items()}
    most = max(max(c[Change.GAINED], c[Change.LOST]) for c in counted.values())
    heads = "".join(
        f'<th scope="col" class="number">{name}, {escape(reader)}</th>'
        for name in _KIND_FIGURES
        for reader in (ours, theirs)
    )
    rows = ""
    for name, members in groups.items():
        lost, gained = counted[name][Change.LOST], counted[name][Change.GAINED]
        cells = "".join(
            f'<td class="number">{rounded(FIGURES[name](side), 2)}</td>'
            for name in _KIND_FIGURES
            for side in ([p.record for p in members], [p.other for p in members])
        )
        rows += (
            f'<tr><th scope="row">{escape(name)}</th><td class="number">{len(members)}</td>{cells}'
            f'<td class="number">{lost or ""}</td><td>{diverging_bar(lost, gained, most)}</td>'
            f"<td>{gained or ''}</td></tr>"
        )
    return (
        '<section><h2>What is asked for</h2><p class="soft">Kinds as the readers tell them apart, by '
        'the words of the question.</p><div class="scroll"><table><thead><tr>'
        f'<th scope="col">expected answer</th><th scope="col" class="number">questions</th>{heads}'
        '<th scope="col" class="number">lost</th><th scope="col"></th><th scope="col">gained</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
