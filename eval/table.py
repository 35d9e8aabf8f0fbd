"""The figures of a run as a table for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.result import FIGURES, Outcome, Result

if TYPE_CHECKING:
    from rich.console import Console

MEANINGS: dict[str, str] = {
    "quote_hit": "an accepted answer stands in the first quote",
    "citation_accuracy": "the first citation is a listed article, or its quote answers",
    "em": "the span is an accepted answer, word for word",
    "f1": "words shared with the nearest accepted answer",
    "recall_at_1": "the answer is in the first passage",
    "recall_at_5": "... in the first five",
    "recall_at_10": "... in the first ten",
    "mrr_at_10": "one over the rank of the first right passage",
    "ndcg_at_10": "how well the right ones stand at the top",
    "answered": "share of all questions answered",
    "abstain_precision": "of the abstentions, rightly so",
    "abstain_recall": "of the unanswerable, abstained from",
    "auroc": "confidence tells answerable from not",
    "coverage_at_80": "share answerable at 80% right",
    "ece": "distance of confidence from truth (lower is better)",
}
"""What each figure says, in the order in which people ask for them."""

assert MEANINGS.keys() == FIGURES.keys()


def rounded(value: float | None, digits: int = 3) -> str:
    """Write a figure for people; a dash where it is undefined."""
    return "–" if value is None else f"{value:.{digits}f}"


def spread(interval: tuple[float, float] | None) -> str:
    """Write an interval for people."""
    return "" if interval is None else f"{interval[0]:.2f} – {interval[1]:.2f}"


def summary(result: Result) -> str:
    """Say in one line what was run, and whether to its end."""
    figures = result.figures()
    end = ", interrupted" if result.interrupted else ""
    return f"{result.name}: {figures['n']} questions, {figures['n_answerable']} answerable{end}"


def outcomes(result: Result) -> dict[Outcome, int]:
    """Count how questions ended, leaving out what never happened."""
    ended = [record.outcome for record in result.records]
    return {outcome: ended.count(outcome) for outcome in Outcome if outcome in ended}


def print_table(result: Result, console: Console) -> None:
    """Print figures with their 95% intervals, latency, and how the questions ended."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(summary(result)), title_justify="left")
    table.add_column("figure", no_wrap=True)
    table.add_column("value", justify="right")
    table.add_column("95%", justify="right", no_wrap=True)
    table.add_column("what it says", style="dim")
    for name, meaning in MEANINGS.items():
        value = FIGURES[name](result.records)
        if value is not None:
            interval = result.interval(name, resamples=300)
            table.add_row(name, rounded(value), spread(interval), meaning)
    latency = result.figures()["latency_ms"]
    if isinstance(latency, dict):
        p50, p95 = latency["p50"], latency["p95"]
        table.add_row("latency p50", f"{rounded(p50, 0)} ms", "", "half are faster")
        table.add_row("latency p95", f"{rounded(p95, 0)} ms", "", "one in twenty is slower")
    console.print(table)
    for outcome, count in outcomes(result).items():
        console.print(Text(f"{count:6}  {outcome.value}"))
    for note in result.notes:
        console.print(Text(note))
