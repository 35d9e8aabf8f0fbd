"""The command line of tuning: parameter, data, and output as tables or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from embeddings import Vectors
from eval.lab.tune.corpora import (
    Corpus,
    archive,
    forms,
    from_data,
    held_out,
    indexed,
    own,
    sample,
    written_news,
)
from eval.remembering_encoder import RememberingEncoder
from rag.errors import PressciteError
from rag.index import Index
from rag.reader.feature_reader import FeatureReader
from rag.reader.loading import (
    DEFAULT_READER,
    GRAPH,
    VOCABULARY,
    build_reader,
    load_reader,
    packaged_metadata,
)
from rag.reader.onnx_scorer import OnnxScorer
from rag.reader.span_reader import SpanReader

app = typer.Typer(no_args_is_help=True, add_completion=False)
DataDir = Annotated[
    Path | None, typer.Argument(help="Folder with squadshifts-new_wiki and selqa-ass-dev.")
]
Limit = Annotated[int, typer.Option(help="About how many questions of each set in the folder.")]
ReaderName = Annotated[
    str,
    typer.Option(
        help="presscite, evidence, a model's or a training run's folder, or package.module:function."
    ),
]
NetworkName = Annotated[str, typer.Option(help="presscite, a model's or a training run's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")]
Questions = Annotated[
    Path | None, typer.Option(help="A question set of your own (JSONL), in the sample's place.")
]
Sources = Annotated[list[str] | None, typer.Option(help="The articles it asks about.")]

Archives = Annotated[
    list[str] | None, typer.Option("--archive", help="INDEX=QUESTIONS of a news archive.")
]
Scraped = Annotated[Path | None, typer.Option("--scraped", help="The five scraped articles.")]


@app.callback()
def tune() -> None:
    """Tune constants of the code, on development questions only."""


@app.command()
def confidence(
    data: DataDir = None,
    reader: ReaderName = DEFAULT_READER,
    feature: Annotated[
        list[str] | None,
        typer.Option(help="A feature to use; where none is named, those that help are found."),
    ] = None,
    accuracy: Annotated[float, typer.Option(help="Wanted among the questions answered.")] = 0.9,
    near_misses: Annotated[
        bool, typer.Option(help="Add each question as if no sentence answered it.")
    ] = False,
    falling: Annotated[bool, typer.Option(help="Let features lower the confidence.")] = False,
    limit: Limit = 300,
    questions: Questions = None,
    articles: Sources = None,
    as_json: Json = False,
) -> None:
    """Fit a reader's calibration; print weights, intercept, threshold and cross-validated figures."""
    from eval.lab.tune.confidence import read_calibration_examples
    from eval.lab.tune.logistic import fit_confidence, single_features

    encoder = RememberingEncoder()
    cases = []
    for corpus in _corpora(data, limit, questions, articles):
        with indexed(corpus, encoder) as index:
            cases += read_calibration_examples(
                corpus, _reader(reader, index), index, near_misses=near_misses
            )
    examples = [case.example for case in cases]
    groups = [case.group for case in cases]
    fit = fit_confidence(
        examples,
        features=feature,
        select=not feature,
        accuracy=accuracy,
        rising=not falling,
        groups=groups,
        counted=[case.real for case in cases],
    )
    found: dict[str, Any] = {
        "n": sum(case.real for case in cases),
        "right": sum(case.right for case in cases),
        "weights": dict(fit.calibration.weights),
        "intercept": fit.calibration.intercept,
        "threshold": fit.calibration.threshold,
        "strength": fit.strength,
        "auroc": fit.auroc,
        "coverage": fit.coverage,
        "ece": fit.ece,
        "log_loss": fit.log_loss,
        "features": single_features(examples),
    }
    if as_json:
        print(json.dumps(found))
        return
    _print(
        "features alone",
        ["feature", "AUROC"],
        sorted(found["features"].items(), key=lambda p: -p[1]),
    )
    _print("weights", ["feature", "weight"], [*found["weights"].items()])
    keys = ["n", "right", "intercept", "threshold", "strength", "auroc", "coverage", "ece"]
    _print("cross-validated", ["figure", "value"], [(key, found[key]) for key in keys])


@app.command()
def fusion(
    data: DataDir = None,
    limit: Limit = 100,
    questions: Questions = None,
    articles: Sources = None,
    as_json: Json = False,
) -> None:
    """Compare the dense weight of the convex combination, and reciprocal rank fusion."""
    from eval.lab.tune.fusion import compare_fusions

    _show(
        "fusion",
        compare_fusions(_corpora(data, limit, questions, articles), RememberingEncoder()),
        as_json=as_json,
    )


@app.command()
def chunks(
    data: DataDir = None,
    tokens: Annotated[
        list[int] | None, typer.Option(help="A budget; several are compared.")
    ] = None,
    overlap: Annotated[list[int] | None, typer.Option(help="Sentences shared; likewise.")] = None,
    limit: Limit = 100,
    questions: Questions = None,
    articles: Sources = None,
    as_json: Json = False,
) -> None:
    """Compare token budgets, overlaps, and the title in front of the embedded text."""
    from eval.lab.tune.fusion import compare_budgets
    from rag.index.chunking import ChunkBudget

    budgets = [
        ChunkBudget(size, shared, title)
        for size in tokens or (64, 96, 128, 192, 256)
        for shared in overlap or (0, 1, 2)
        for title in (True, False)
    ]
    found = compare_budgets(
        _corpora(data, limit, questions, articles), RememberingEncoder(), budgets
    )
    _show("chunks", found, as_json=as_json)


@app.command()
def order(
    data: DataDir = None,
    reader: ReaderName = DEFAULT_READER,
    limit: Limit = 100,
    strength: Annotated[float, typer.Option(help="Of the ridge on the weights.")] = 0.5,
    questions: Questions = None,
    articles: Sources = None,
    as_json: Json = False,
) -> None:
    """Fit a reader's ranker weights; print the accuracy at 1 of sentences.

    Of a data folder only the part held out from training is used.
    """
    from eval.lab.tune.evidence import accuracy_at_1, cross_validated, fit_weights, query_groups

    encoder = RememberingEncoder()
    first = own(questions, articles or []) if questions else sample()
    found = []
    lost: dict[str, int] = {}
    now: dict[str, float] = {}
    for corpus in [first, *(held_out(data, limit=limit) if data else [])]:
        with indexed(corpus, encoder) as index:
            reading = _reader(reader, index)
            now = dict(reading.weights)
            some, lost[corpus.name] = query_groups(corpus, index, list(now), reading)
            found += some
    start = list(now.values())
    fitted = fit_weights(found, start=start, strength=strength)
    shares = {
        "now": accuracy_at_1(found, np.asarray(start)),
        "fitted": accuracy_at_1(found, fitted),
        "cross-validated": cross_validated(found, start=start, strength=strength),
    }
    weights = dict(zip(now, fitted.tolist(), strict=True))
    if as_json:
        print(json.dumps({"weights": weights, "first_sentence_answers": shares, "lost": lost}))
        return
    _print("weights", ["feature", "weight"], list(weights.items()))
    rows = [(way, *(share[c] for c in lost if c in share)) for way, share in shares.items()]
    _print("the first sentence answers", ["weights", *lost], rows)


@app.command()
def passages(
    data: Annotated[
        Path | None, typer.Argument(help="Folder of reader data: its held-out part is used.")
    ] = None,
    reader: ReaderName = DEFAULT_READER,
    number: Annotated[
        list[int] | None, typer.Option(help="How many to read; several are compared.")
    ] = None,
    depth: Annotated[
        list[int] | None, typer.Option(help="How many the network scores; likewise.")
    ] = None,
    limit: Limit = 200,
    questions: Questions = None,
    articles: Sources = None,
    archives: Archives = None,
    as_json: Json = False,
) -> None:
    """Compare reader depths: quality and time by the number of passages."""
    from eval.lab.tune.passages import NUMBERS, compare_numbers

    corpora = [own(questions, articles or []) if questions else sample()]
    corpora += [archive(*map(Path, pair.split("=", 1))) for pair in archives or ()]
    if data:
        corpora += [written_news(data, limit=limit), *held_out(data, limit=limit)]
    found = compare_numbers(
        corpora,
        RememberingEncoder(),
        lambda index: _reader(reader, index),
        number or NUMBERS,
        depth or (),
    )
    _show("passages", found, as_json=as_json)


@app.command()
def scraped(
    folder: Annotated[Path, typer.Argument(help="The five scraped articles.")],
    as_json: Json = False,
) -> None:
    """Evaluate the default reader on the written questions about scraped articles."""
    from eval.lab.tune.scraped import kept
    from eval.lab.tune.scraped import scraped as read

    _show("scraped articles", [kept(read(folder))], as_json=as_json)


@app.command()
def ablation(
    archives: Archives = None,
    scraped_articles: Scraped = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of reader data: its held-out part is used.")
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help="Only parts whose name begins so; several may be named."),
    ] = None,
    reader: NetworkName = DEFAULT_READER,
    limit: Limit = 200,
    as_json: Json = False,
) -> None:
    """Answer without each part in turn: signals, inputs of the network, grouping, speakers, time."""
    from eval.lab.tune.ablation import ablations
    from eval.lab.tune.parts import parts

    corpora = _asked(archives, scraped_articles)
    corpora += held_out(data, limit=limit) if data else []
    reading = _network_reader(reader)
    chosen = [one for one in parts(reading) if one.name.startswith(tuple(part or ("",)))]
    _show("ablation", ablations(corpora, reading, chosen, _say), as_json=as_json)


@app.command()
def sweep(
    name: Annotated[
        str,
        typer.Argument(
            help="A constant by its dotted path; order.NAME, choice.NAME: a weight; network.depth."
        ),
    ],
    values: Annotated[list[float], typer.Argument(help="Values to compare with its own.")],
    archives: Archives = None,
    scraped_articles: Scraped = None,
    only_archives: Annotated[
        bool, typer.Option("--only-archives", help="Without the sample and the forms.")
    ] = False,
    reader: NetworkName = DEFAULT_READER,
    as_json: Json = False,
) -> None:
    """Answer with other values of one number; "gain" is what its own value adds."""
    from eval.lab.tune.ablation import ablations
    from eval.lab.tune.parts import varied

    try:
        changes = [varied(name, value) for value in values]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    corpora = _asked(archives, scraped_articles, always=not only_archives)
    found = ablations(corpora, _network_reader(reader), changes, _say)
    _show("sweep", found, as_json=as_json)


def _asked(
    archives: Sequence[str] | None, scraped_articles: Path | None, *, always: bool = True
) -> list[Corpus]:
    from eval.lab.tune.scraped import scraped as read_scraped

    found = [sample(), forms()] if always else []
    found += [read_scraped(scraped_articles)] if scraped_articles else []
    return found + [archive(*map(Path, pair.split("=", 1))) for pair in archives or ()]


def _named_reader(
    name: str, encode: Callable[[Sequence[str]], Vectors]
) -> FeatureReader | SpanReader:
    """Return a reader by name; of a training run's folder with the packaged order and confidence."""
    if not (Path(name) / GRAPH).is_file():
        return load_reader(name, encode=encode)
    scorer = OnnxScorer.load(Path(name) / GRAPH, Path(name) / VOCABULARY)
    return build_reader(scorer, encode, packaged_metadata())


def _network_reader(name: str) -> SpanReader:
    reading = _named_reader(name, RememberingEncoder().encode)
    if not isinstance(reading, SpanReader):
        raise typer.BadParameter(f"{name}: has no network")
    return reading


def _say(line: str) -> None:
    typer.echo(line, err=True)


@app.command("package_reader")
def package_reader_command(
    run: Annotated[Path, typer.Argument(help="Folder a training run was exported to.")],
    data: Annotated[Path, typer.Argument(help="Folder of reader data: its held-out part is used.")],
    scraped_articles: Annotated[Path, typer.Argument(help="The five scraped articles.")],
    archives: Annotated[
        list[str], typer.Argument(help="INDEX=QUESTIONS of news archives, of several sizes.")
    ],
    accuracy: Annotated[float, typer.Option(help="Wanted among the questions answered.")] = 0.8,
    limit: Limit = 100,
    fit_order: Annotated[bool, typer.Option("--fit-order", help="Fit the order too.")] = False,
    dry: Annotated[bool, typer.Option("--dry", help="Print, but change nothing.")] = False,
) -> None:
    """Fit a trained reader's ranker weights and calibration and put it into the package."""
    from eval.lab.tune.package import fit, package_reader
    from eval.lab.tune.scraped import scraped as read_scraped

    asked = [
        sample(),
        read_scraped(scraped_articles),
        forms(),
        *(archive(*map(Path, pair.split("=", 1))) for pair in archives),
    ]
    taught = [written_news(data, limit=4 * limit)]
    fitted = fit(run, asked, taught, accuracy=accuracy, fit_order=fit_order)
    _print("order", ["feature", "weight"], list(fitted.order.items()))
    _print("the first quote is right", ["set", "share"], list(fitted.right_first.items()))
    found = fitted.confidence
    weights = {**found.calibration.weights, "(intercept)": found.calibration.intercept}
    _print("confidence", ["feature", "weight"], list(weights.items()))
    quality = {n: getattr(found, n) for n in ("auroc", "coverage", "ece", "log_loss")}
    _print("cross-validated", ["figure", "value"], list(quality.items()))
    if not dry:
        figures = run / "figures.json"
        measured = json.loads(figures.read_text())["figures"] if figures.is_file() else {}
        package_reader(run, fitted, {**measured, "first_quote": fitted.right_first})


def _show(title: str, rows: Sequence[Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(row) for row in rows]))
    elif rows:
        columns = list(asdict(rows[0]))
        _print(title, columns, [list(asdict(row).values()) for row in rows])


def _corpora(
    data: Path | None, limit: int, questions: Path | None, articles: Sequence[str] | None
) -> list[Corpus]:
    first = own(questions, articles or []) if questions else sample()
    return [first, *(from_data(data, limit=limit) if data else [])]


def _reader(name: str, index: Index) -> FeatureReader | SpanReader:
    """Return a reader with ranker weights; a module's function may make one from an index."""
    if ":" not in name:
        return _named_reader(name, index.encode)
    module, _, attribute = name.partition(":")
    try:
        make: Callable[[Index], SpanReader] = getattr(import_module(module), attribute)
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
