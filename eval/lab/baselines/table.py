"""A comparison as a table for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eval.lab.baselines.compare import COSTS, QUALITIES, lacks, value
from eval.table import rounded

if TYPE_CHECKING:
    from rich.console import Console

MEANINGS = {
    "start_seconds": "imports and models",
    "index_seconds": "cut, embedded, indexed",
    "search_ms.p50": "one search, half are faster",
    "search_ms.p95": "one in twenty is slower",
    "answer_ms.p50": "one answer with its search",
    "answer_ms.p95": "",
    "peak_rss_mb": "most memory held, 10^6 bytes",
    "quote_hit": "an answer stands in the quote",
    "f1": "words right",
    "recall_at_5": "an answer in five passages",
    "abstain_recall": "unanswerable ones refused",
    "answered": "answerable ones answered",
    "passage_words": "words of a passage found",
}
_DIGITS = dict.fromkeys(COSTS, 1) | {"passage_words": 0, "peak_rss_mb": 0}


def cell(row: Mapping[str, Any], key: str) -> str:
    """Write a figure, and for another than presscite's its ratio behind it, as in ``12.0 (×2.1)``."""
    own = value(row, key)
    text = rounded(own, _DIGITS.get(key, 2))
    ratio = (row.get("ratios") or {}).get(key)
    if own is None or ratio is None or ratio == 1 or key not in COSTS:
        return text
    return f"{text} (×{ratio:.2g})" if ratio < 10 else f"{text} (×{ratio:.0f})"


def print_report(report: Mapping[str, Any], console: Console) -> None:
    """Print the figures, a column a system, then how each was set up and which are not there."""
    from rich.table import Table
    from rich.text import Text

    rows = report["rows"]
    if rows:
        first, (head, _, changes) = rows[0], (report["commit"] or "unknown").partition("+")
        short = head[:10] + ("+" if changes else "")
        title = (
            f"{first['corpus']}: {first['articles']} articles, {first['n']} questions, "
            f"{first['n_answerable']} answerable; commit {short}"
        )
        table = Table(title=Text(title), title_justify="left")
        table.add_column("figure", no_wrap=True)
        for row in rows:
            table.add_column(Text(row["name"]), justify="right")
        table.add_column("what it says", style="dim")
        for key in (*COSTS, *QUALITIES, "passage_words"):
            table.add_row(key, *(Text(cell(row, key)) for row in rows), MEANINGS[key])
        console.print(table)
    for line in report["remarks"]:
        console.print(Text(line))
    for row in rows:
        console.print(Text(f"{row['name']}: " + "; ".join(row["notes"]) + "."))
    for name, modules in report["missing"].items():
        console.print(Text(lacks(name, modules)))
    for name, reason in report["failed"].items():
        console.print(Text(f"{name} failed: {reason}"))
