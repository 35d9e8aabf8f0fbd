"""A run as one HTML file to read: no script, nothing fetched, every text from outside escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from eval.charts import interval_bar
from eval.report_comparison import comparison_html
from eval.report_curves import curves_html
from eval.report_groups import groups_html
from eval.report_losses import losses_html
from eval.report_questions import filter_style, questions_html
from eval.result import FIGURES, Record, Result
from eval.table import MEANINGS, rounded, spread, summary

_HEROES = {
    "quote_hit": "quotes that answer",
    "answered": "told",
    "told_precision": "right quotes, of what is told",
    "recall_at_5": "found in the first five passages",
    "auroc": "telling answerable from not",
    "coverage_at_80": "answered, at 80% right",
    "ndcg_at_10": "nDCG of the first ten",
}
_REPORT_RESAMPLES = 1000


def write_report(result: Result, path: Path, *, made: datetime | None = None) -> None:
    """Write the report of a run to ``path``, in UTF-8.

    Raises
    ------
    OSError
        Where the file cannot be written.
    """
    # A lone surrogate, which the JSON of a question may name, is in no encoding.
    path.write_bytes(report_html(result, made=made).encode("utf-8", "replace"))


def report_html(result: Result, *, made: datetime | None = None) -> str:
    """Make the report of a run: figures, curves, kinds of question, and every question.

    Parameters
    ----------
    result
        From `eval.runner.evaluate`.
    made
        When the run was made; left out of the page where None, so that equal runs give equal pages.
    """
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    style += filter_style(result)
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{escape(result.name)} · presscite evaluation</title>",
            f"<style>{style}</style>\n</head>\n<body>\n<main>",
            _head(result, made),
            comparison_html(result),
            _figures(result),
            groups_html(result),
            losses_html(result),
            curves_html(result),
            _kinds(result.records),
            questions_html(result),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _head(result: Result, made: datetime | None) -> str:
    try:
        maker = f"presscite {version('presscite')}"
    except PackageNotFoundError:
        maker = "presscite"
    when = f", {made:%Y-%m-%d %H:%M}" if made else ""
    notes = "".join(f"<p>{escape(note)}</p>" for note in result.notes)
    if result.interrupted:
        notes += (
            "<p><strong>The run was interrupted; this is what was asked until then.</strong></p>"
        )
    heroes = ""
    for name, words in _HEROES.items():
        value = FIGURES[name](result.records)
        if value is not None:
            heroes += f"<li><b>{value:.0%}</b>{escape(words)}</li>"
    return (
        f"<header><h1>{escape(result.name)}</h1>"
        f'<p class="soft">{escape(summary(result))} · {escape(maker + when)}</p>{notes}'
        f'<ul class="heroes">{heroes}</ul></header>'
    )


def _figures(result: Result) -> str:
    rows = ""
    for name, meaning in MEANINGS.items():
        value = FIGURES[name](result.records)
        if value is None:
            continue
        interval = result.interval(name, resamples=_REPORT_RESAMPLES)
        rows += (
            f'<tr><th scope="row">{name}</th><td class="number">{rounded(value)}</td>'
            f'<td class="number">{spread(interval)}</td><td>{interval_bar(value, interval)}</td>'
            f'<td class="meaning">{escape(meaning)}</td></tr>'
        )
    return (
        '<section><h2>Figures</h2><p class="soft">With the range in which 95% of resamples of '
        'the questions fall. A wide range means: too few questions to say.</p><div class="scroll">'
        '<table><thead><tr><th scope="col">figure</th><th scope="col" class="number">value</th>'
        '<th scope="col" class="number">95%</th><th scope="col">0 to 1</th>'
        f'<th scope="col">what it says</th></tr></thead><tbody>{rows}</tbody></table></div>'
        "</section>"
    )


def _kinds(records: Sequence[Record]) -> str:
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record.kind, []).append(record)
    columns = [
        name
        for name in ("quote_hit", "f1", "recall_at_5", "answered", "abstain_recall", "ndcg_at_10")
        if FIGURES[name](records) is not None
    ]
    head = "".join(f'<th scope="col" class="number">{name}</th>' for name in columns)
    rows = ""
    for kind, members in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        cells = "".join(
            f'<td class="number">{rounded(FIGURES[name](members), 2)}</td>' for name in columns
        )
        rows += (
            f'<tr><th scope="row">{escape(kind)}</th><td class="number">{len(members)}</td>'
            f"{cells}</tr>"
        )
    return (
        '<section><h2>By kind of question</h2><div class="scroll"><table><thead><tr>'
        f'<th scope="col">kind</th><th scope="col" class="number">questions</th>{head}'
        f"</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
