"""The figures of a run as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from eval.comparison import changes, difference, pairs
from eval.grouping import groups_of
from eval.losses import MEANINGS as LOSS_MEANINGS
from eval.losses import Loss, count_losses
from eval.result import FIGURES, Outcome, Result
from rag.text.terminal import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

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
    "told_precision": "of the answered, with a right quote",
    "abstain_precision": "of the abstentions, rightly so",
    "abstain_recall": "of the unanswerable, abstained from",
    "auroc": "confidence tells answerable from not",
    "coverage_at_80": "share answerable at 80% right",
    "ece": "distance of confidence from truth (lower is better)",
    "ece_by_chance": "... that true confidences would have on these",
}
"""What each figure says, in the order in which people ask for them."""

assert MEANINGS.keys() == FIGURES.keys()

RETRIEVAL = frozenset({"recall_at_1", "recall_at_5", "recall_at_10", "mrr_at_10", "ndcg_at_10"})
"""Figures of what was retrieved, which readers compared on the same passages share."""
_RESAMPLES = 300
_GROUPS = 5
"""Groups that stand side by side in one table."""
_WIDE = 120
"""Columns a terminal needs for two readers' figures and what each figure says."""


def rounded(value: float | None, digits: int = 3) -> str:
    """Write a figure for people; a dash where it is undefined."""
    return "–" if value is None else f"{value:.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """Write a difference for people: +0.120, −0.034, or 0.000 without a sign."""
    text = f"{abs(value):.{digits}f}"
    return text if not float(text) else f"{'+' if value > 0 else '−'}{text}"


def signed_spread(interval: tuple[float, float] | None) -> str:
    """Write the interval of a difference for people."""
    return "" if interval is None else " … ".join(signed(bound, 2) for bound in interval)


def spread(interval: tuple[float, float] | None) -> str:
    """Write an interval for people."""
    return "" if interval is None else f"{interval[0]:.2f} – {interval[1]:.2f}"


def summary(result: Result) -> str:
    """Say in one line what was run, and whether to its end."""
    figures = result.figures()
    end = ", interrupted" if result.interrupted else ""
    by = f", read by {result.reader}" if result.reader else ""
    n = questions(len(result.records))
    return f"{plain(result.name)}: {n}, {figures['n_answerable']} answerable{by}{end}"


def questions(n: int) -> str:
    """Write a number of questions for people."""
    return f"{n} question{'' if n == 1 else 's'}"


def outcomes(result: Result) -> dict[Outcome, int]:
    """Count how questions ended, leaving out what never happened."""
    ended = [record.outcome for record in result.records]
    return {outcome: ended.count(outcome) for outcome in Outcome if outcome in ended}


def print_table(result: Result, console: Console) -> None:
    """Print figures with their 95% intervals, latency, and how the questions ended.

    Where another reader was compared, its figures stand beside them, with the differences.
    """
    from rich.text import Text

    if result.compared is None:
        console.print(_figures(result))
    else:
        console.print(_side_by_side(result, explained=console.width >= _WIDE))
    for outcome, count in outcomes(result).items():
        console.print(Text(f"{count:6}  {outcome.value}"))
    losses = count_losses(record.loss for record in result.records)
    if losses:
        console.print(Text("Where the right answers were lost:"))
    for loss, count in losses.items():
        console.print(Text(f"{count:6}  {loss.value}: {LOSS_MEANINGS[loss]}"))
    for table in _by(result):
        console.print(table)
    if result.compared is not None:
        console.print(Text(f"Against {result.compared.reader}:"))
        for change, count in changes(pairs(result)).items():
            console.print(Text(f"{count:6}  {change.value}"))
    for note in result.notes:
        console.print(Text(plain(note)))


def _figures(result: Result) -> Table:
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
            interval = result.interval(name, resamples=_RESAMPLES)
            table.add_row(name, rounded(value), spread(interval), meaning)
    for name, value, meaning in _latencies(result):
        table.add_row(name, f"{rounded(value, 0)} ms", "", meaning)
    return table


def _side_by_side(result: Result, *, explained: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    other = result.compared or result
    found = pairs(result)
    table = Table(title=Text(summary(result)), title_justify="left")
    table.add_column("figure", no_wrap=True)
    table.add_column(Text(result.reader or "this"), justify="right")
    table.add_column(Text(other.reader or "other"), justify="right")
    table.add_column("difference", justify="right", no_wrap=True)
    table.add_column("95%", justify="right", no_wrap=True)
    if explained:
        table.add_column("what it says", style="dim")
    for name, meaning in MEANINGS.items():
        ours, theirs = FIGURES[name](result.records), FIGURES[name](other.records)
        if ours is None and theirs is None:
            continue
        shown, reach = Text("–"), ""
        if name in RETRIEVAL:
            shown = Text("same")
        elif (made := difference(found, name, resamples=_RESAMPLES)) is not None:
            # What the questions leave open is not printed as loudly as what they settle.
            shown = Text(signed(made.value), style="bold" if made.clear else "")
            reach = signed_spread(made.interval)
        told = (meaning,) if explained else ()
        table.add_row(name, rounded(ours), rounded(theirs), shown, reach, *told)
    rows = zip(_latencies(result), _latencies(other), strict=True)
    for (name, one, meaning), (_, two, _) in rows:
        told = (meaning,) if explained else ()
        table.add_row(name, f"{rounded(one, 0)} ms", f"{rounded(two, 0)} ms", "", "", *told)
    return table


def _by(result: Result) -> Iterator[Table]:
    """Give the figures by the values of a field, as many values a table as a terminal has room for."""
    from rich.table import Table
    from rich.text import Text

    groups = list(groups_of(result).items())
    for start in range(0, len(groups), _GROUPS):
        some = groups[start : start + _GROUPS]
        table = Table(title=Text(f"By {plain(result.by or '')}"), title_justify="left")
        table.add_column("figure", no_wrap=True)
        for value, _ in some:
            table.add_column(Text(plain(value)), justify="right")
        table.add_row("questions", *(str(len(part.records)) for _, part in some))
        for name, figure in FIGURES.items():
            values = [figure(part.records) for _, part in some]
            if any(value is not None for value in values):
                table.add_row(name, *map(rounded, values))
        counted = [count_losses(record.loss for record in part.records) for _, part in some]
        for loss in Loss if any(counted) else ():
            table.add_row(loss.value, *(str(one.get(loss, "–")) for one in counted))
        yield table


def _latencies(result: Result) -> list[tuple[str, float | None, str]]:
    latency = result.figures()["latency_ms"]
    assert isinstance(latency, dict)
    return [
        ("latency p50", latency["p50"], "half are faster"),
        ("latency p95", latency["p95"], "one in twenty is slower"),
    ]
