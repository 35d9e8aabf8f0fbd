"""The command line of tuning: what to measure, on what, and whether as tables or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.tune.corpora import Corpus, RememberingEncoder, from_data, indexed, own, sample
from rag.answering import Answerer
from rag.errors import PressciteError
from rag.index import Index
from rag.reader.evidence import EvidenceReader
from rag.reader.protocol import Reader

app = typer.Typer(no_args_is_help=True, add_completion=False)
DataDir = Annotated[
    Path | None, typer.Argument(help="Folder with squadshifts-new_wiki and selqa-ass-dev.")
]
Limit = Annotated[int, typer.Option(help="About how many questions of each set in the folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")]
Questions = Annotated[
    Path | None, typer.Option(help="A question set of your own (JSONL), in the sample's place.")
]
Sources = Annotated[list[str] | None, typer.Option(help="The articles it asks about.")]


@app.callback()
def tune() -> None:
    """Measure what the constants in the code should be, on development questions only."""


@app.command()
def confidence(
    data: DataDir = None,
    reader: Annotated[
        str, typer.Option(help="default, evidence, or package.module:function of an Index.")
    ] = "default",
    signal: Annotated[
        list[str] | None, typer.Option(help="A signal that may be used; all where none is named.")
    ] = None,
    accuracy: Annotated[float, typer.Option(help="Wanted among the questions answered.")] = 0.9,
    near_misses: Annotated[
        bool, typer.Option(help="Add each question as if no sentence answered it.")
    ] = False,
    falling: Annotated[bool, typer.Option(help="Let signals lower the confidence.")] = False,
    limit: Limit = 300,
    questions: Questions = None,
    articles: Sources = None,
    as_json: Json = False,
) -> None:
    """Fit a reader's calibration; print weights, intercept, threshold and what they achieve."""
    from eval.tune.confidence import read_cases
    from eval.tune.logistic import fit_confidence, single_signals

    encoder = RememberingEncoder()
    cases = []
    for corpus in _corpora(data, limit, questions, articles):
        with indexed(corpus, encoder) as index:
            cases += read_cases(corpus, _reader(reader, index), index, near_misses=near_misses)
    examples = [case.example for case in cases]
    groups = [case.group for case in cases]
    fit = fit_confidence(
        examples, signals=signal, accuracy=accuracy, rising=not falling, groups=groups
    )
    found = {
        "n": len(cases),
        "right": sum(case.right for case in cases),
        "weights": dict(fit.calibration.weights),
        "intercept": fit.calibration.intercept,
        "threshold": fit.calibration.threshold,
        "strength": fit.strength,
        "auroc": fit.auroc,
        "coverage": fit.coverage,
        "ece": fit.ece,
        "log_loss": fit.log_loss,
        "signals": single_signals(examples),
    }
    if as_json:
        print(json.dumps(found))
        return
    _print(
        "signals alone", ["signal", "AUROC"], sorted(found["signals"].items(), key=lambda p: -p[1])
    )
    _print("weights", ["signal", "weight"], [*found["weights"].items()])
    keys = ["n", "right", "intercept", "threshold", "strength", "auroc", "coverage", "ece"]
    _print("cross-validated", ["figure", "value"], [(key, found[key]) for key in keys])


def _corpora(
    data: Path | None, limit: int, questions: Path | None, articles: Sequence[str] | None
) -> list[Corpus]:
    first = own(questions, articles or []) if questions else sample()
    return [first, *(from_data(data, limit=limit) if data else [])]


def _reader(name: str, index: Index) -> Reader:
    if name == "default":
        return Answerer(index).reader
    if name == "evidence":
        return EvidenceReader(index.encode)
    module, _, attribute = name.partition(":")
    try:
        make: Callable[[Index], Reader] = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise typer.BadParameter(f"{name}: no such reader ({error})") from error
    return make(index)


def _print(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    table = Table(title=Text(title), title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row))
    Console().print(table)


def main() -> None:
    """Run the command; a fault in the input is one line and exit status 2."""
    try:
        app()
    except PressciteError as error:
        Console(stderr=True).print(f"presscite: {error}", markup=False)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
