"""``python -m eval.follow_ups``: how well follow-ups are answered, beside two baselines."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.follow_ups.baselines import last_question, weighted_words
from eval.follow_ups.dialogues import HALVES, SOURCES, read_dialogues
from eval.follow_ups.measure import Said, System, figures, outcomes
from eval.temporary_index import encoder
from rag.errors import PressciteError
from rag.retrieval.retriever import AGAIN_WEIGHT, Retriever
from rag.types import Answer, Turn

if TYPE_CHECKING:
    from rag import Answerer

ASKED = date(2025, 7, 1)
"""The day all questions are asked, after the newest article."""
NAMES = ("last question", "weighted words", "presscite")


def main(
    half: Annotated[str, typer.Option(help="dev, test or all.")] = "all",
    only: Annotated[str | None, typer.Option(help=f"One of {', '.join(NAMES)}.")] = None,
    again: Annotated[
        float, typer.Option(help="What passages that answered an earlier turn gain.")
    ] = AGAIN_WEIGHT,
    show: Annotated[bool, typer.Option(help="Also print what went wrong.")] = False,
) -> None:
    """Answer the dialogues' questions as typed and in full, and print the shares as a table."""
    if half not in (*HALVES, "all") or only not in (None, *NAMES):
        typer.echo(f"error: --half is dev, test or all; --only one of {', '.join(NAMES)}", err=True)
        raise typer.Exit(2)
    try:
        halves = [half] if half != "all" else list(HALVES)
        _measure(halves, [only] if only else NAMES, again, show=show)
    except PressciteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def _measure(halves: Sequence[str], names: Sequence[str], again: float, *, show: bool) -> None:
    from rag import Answerer, Index, read_sources

    typer.echo("| half | system | follow-ups | found | as well | same | seen | left alone |")
    typer.echo("|---|---|---|---|---|---|---|---|")
    with (
        tempfile.TemporaryDirectory(prefix="presscite-", ignore_cleanup_errors=True) as folder,
        Index.open(Path(folder) / "index", create=True, encoder=encoder()) as index,
    ):
        index.add(read_sources(list(SOURCES)))
        answerer = Answerer(index, retriever=Retriever(index, again_weight=again), as_of=ASKED)
        known: dict[str, Said] = {}

        def ask(question: str) -> Said:
            if question not in known:
                known[question] = said(answerer.ask(question))
            return known[question]

        for part in halves:
            for name in names:
                found = list(outcomes(read_dialogues(part), _system(name, answerer, ask), ask))
                row = figures(found)
                typer.echo(
                    f"| {part} | {name} | {row.follow_ups} | {row.found:.3f} | {row.as_well:.3f} "
                    f"| {row.same:.3f} | {row.rewritten:.3f} | {row.left_alone:.3f} of {row.alone} |"
                )
                for one in found if show else ():
                    if one.wrong:
                        typer.echo(f"  {one.dialogue}: {one.turn.question} -> {one.rewritten}")


def said(answer: Answer) -> Said:
    """Return the best answer found, whether or not it is shown."""
    if not answer.candidates:
        return Said(None, None, False)
    best = answer.candidates[0]
    quote = best.citations[0].quote if best.citations else None
    return Said(best.text, quote, not answer.abstained)


def _system(name: str, answerer: Answerer, ask: Callable[[str], Said]) -> System:
    """Return a system by name: a rewriter whose questions are asked, or presscite with its history."""

    def baseline(question: str, history: Sequence[Turn]) -> tuple[str | None, Said]:
        rewrite = last_question if name == NAMES[0] else weighted_words
        rewritten = rewrite(question, history)
        return rewritten, ask(rewritten or question)

    def presscite(question: str, history: Sequence[Turn]) -> tuple[str | None, Said]:
        answer = answerer.ask(question, history=history)
        return answer.standalone_question, said(answer)

    return presscite if name == NAMES[2] else baseline


if __name__ == "__main__":
    typer.run(main)
