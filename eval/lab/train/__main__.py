"""``python -m eval.lab.train DATA MODEL --out DIR``: rebuild the reader's weights."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.lab.train.plan import WEIGHTS_FILE, Plan
from rag.errors import PressciteError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from eval.lab.train.examples import Example
    from eval.lab.train.synthetic import StoryExample

ARCHIVE_NEGATIVES = {"archive": 3, "again": 2, "more": 1}
"""Passages without the answer beside each question's own, by mix."""
ARCHIVE_TURNS = 1

PHASES = (
    # Stopped before its learning rate decays: the next phase continues from these weights.
    Plan(mix="base", learning_rate=6e-5, stop_step=600),
    Plan(mix="news", learning_rate=4e-5, stop_step=400),
    Plan(mix="archive", learning_rate=2.5e-5),
    Plan(mix="again", learning_rate=3e-5),
    Plan(mix="more", learning_rate=2.5e-5),
)


def phases(*, archive: bool) -> list[tuple[int, Plan]]:
    """Return the phases by number; without an archive none is of its questions alone."""
    return [(n, plan) for n, plan in enumerate(PHASES, 1) if archive or plan.mix != "archive"]


def _say_of_backbone(model: Path) -> None:
    from eval.lab.train.backbone import BackboneError, check

    try:
        check(model)
    except BackboneError as error:
        # Any network of this kind can be trained; only one gives the shipped reader.
        typer.echo(f"note: {error}", err=True)


def main(
    data: Annotated[
        Path, typer.Argument(help="Folder of reader data (question sets, compressed).")
    ],
    model: Annotated[Path, typer.Argument(help="Folder of all-mpnet-base-v2.")],
    out: Annotated[Path, typer.Option(help="Where checkpoints, logs, figures and weights go.")],
    archive: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a news archive with training questions; without it the same reader is "
            "trained without them, to compare."
        ),
    ] = None,
    float32: Annotated[
        bool, typer.Option("--float32", help="Measure the network before rounding too.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 20231212,
    shipped: Annotated[
        bool,
        typer.Option("--shipped", help="Start the last phase from the packaged weights."),
    ] = False,
    phase: Annotated[
        int | None,
        typer.Option(
            min=1, max=len(PHASES), help="Only this phase, on the weights of the one before."
        ),
    ] = None,
) -> None:
    """Train the reader phase by phase, export and measure it; run again to resume an interrupted run."""
    from embeddings import load_encoder
    from eval.lab.train.examples import load
    from eval.lab.train.loop import train
    from eval.lab.train.synthetic import written
    from rag.reader.encoding import load_tokenizer

    chosen = phases(archive=archive is not None)
    if phase is not None and phase not in dict(chosen):
        typer.echo(f"error: phase {phase} is trained on an archive; give --archive", err=True)
        raise typer.Exit(2)
    try:
        examples, stories = load(data), written(data)
    except PressciteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    tokenizer = load_tokenizer(model / "tokenizer.json")
    training = [e for e in examples if not e.held_out and not e.source.startswith("clapnq")]
    development = [e for e in examples if e.held_out and e.source == "squadshifts-new_wiki"]
    if shipped:
        phase, weights = len(PHASES), _shipped(out)
    else:
        weights = model / "model.safetensors"
        _say_of_backbone(model)
    for number, plan in chosen:
        folder = out / f"phase{number}"
        if shipped and number < len(PHASES):
            continue
        if phase is None or phase == number:
            if not weights.is_file():
                typer.echo(f"error: {weights}: missing; run phase {number - 1} first", err=True)
                raise typer.Exit(2)
            typer.echo(f"phase {number} of {len(PHASES)}: {plan}")
            train(
                weights,
                tokenizer,
                training,
                development,
                folder,
                replace(plan, seed=seed),
                archive=_archive(archive, weights, tokenizer, plan, seed, folder)
                if archive and plan.mix in ARCHIVE_NEGATIVES
                else (),
                stories=[story for story in stories if not story.held_out],
                encode=load_encoder().encode,
                say=typer.echo,
            )
        weights = folder / WEIGHTS_FILE
    if phase in (None, len(PHASES)) and weights.is_file():
        finish(weights, model, examples, stories, out, float32=float32)


def finish(
    weights: Path,
    model: Path,
    examples: Sequence[Example],
    stories: Sequence[StoryExample],
    out: Path,
    *,
    float32: bool = False,
) -> None:
    """Export weights to ``out``, with their figures on the held-out parts."""
    from eval.lab.train.export import calibration_feeds, export, float32_scorer
    from eval.lab.train.measure import figures
    from rag.reader.encoding import load_tokenizer
    from rag.reader.loading import GRAPH, VOCABULARY
    from rag.reader.onnx_scorer import OnnxScorer

    vocabulary = model / "tokenizer.json"
    feeds = calibration_feeds(load_tokenizer(vocabulary), examples)
    export(weights, vocabulary, feeds, out, typer.echo)
    scorers = {"int8": OnnxScorer.load(out / GRAPH, out / VOCABULARY)}
    if float32:
        scorers["float32"] = float32_scorer(weights, vocabulary)
    measured = {}
    for kind, scorer in scorers.items():
        measured[kind] = asdict(figures(scorer, examples, stories))
        typer.echo(f"{kind}: " + "  ".join(f"{k} {v:.3f}" for k, v in measured[kind].items()))
        (out / "figures.json").write_text(json.dumps({"figures": measured}, indent=1) + "\n")


def _shipped(out: Path) -> Path:
    """Write the packaged weights, dequantised, and return their file."""
    from safetensors.numpy import save_file

    from eval.lab.train.shipped import shipped_tensors
    from rag.reader.loading import GRAPH, WEIGHTS

    file = out / "shipped.safetensors"
    if not file.is_file():
        out.mkdir(parents=True, exist_ok=True)
        save_file(shipped_tensors(WEIGHTS / GRAPH), file)
    return file


def _archive(
    folder: Path, weights: Path, tokenizer: Tokenizer, plan: Plan, seed: int, out: Path
) -> list[Example]:
    """Return the archive's examples, with the answering passages that these weights choose.

    The examples are kept under ``out``, so that a resumed run trains on the same ones.
    """
    from embeddings import load_encoder
    from eval.lab.train.archive import chosen, examples_of, load_mined, mine, save_mined
    from eval.lab.train.likelihood import span_scorer

    kept = out.parent / "mined.jsonl"
    if not kept.is_file():
        out.parent.mkdir(parents=True, exist_ok=True)
        save_mined(mine(folder, load_encoder().encode, typer.echo), kept)
    mined = load_mined(kept)
    picked_file = out / "picked.jsonl"
    if not picked_file.is_file():
        picked = chosen(mined, span_scorer(weights, tokenizer, plan))
        out.mkdir(parents=True, exist_ok=True)
        save_mined([replace(q, positives=(piece,)) for q, piece in picked], picked_file)
    pairs = [(question, question.positives[0]) for question in load_mined(picked_file)]
    typer.echo(f"{len(pairs)} of {len(mined)} archive questions have an answering passage")
    return examples_of(pairs, ARCHIVE_NEGATIVES[plan.mix], ARCHIVE_TURNS, random.Random(seed))


if __name__ == "__main__":
    typer.run(main)
