"""``python -m rag.reader.train DATA_DIR --out DIR``: rebuild the reader's weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import PressciteError
from rag.reader.train.plan import WEIGHTS_FILE, Plan

# First what an answer looks like, stopped at a third of its schedule; then what only looks like one;
# last, near misses written for it.
PHASES = (
    Plan(epochs=2, mix="broad", until=1200, rate=2e-4),
    Plan(epochs=1, mix="hard", rate=1.5e-4, warm_up=0.03),
    Plan(epochs=2, mix="near", rate=1e-4, tokens=3072, compared=0.5),
)
# The last phase once more on weights that have been through it, gently: for questions written since. What it
# makes is averaged with what it began with: learns what is new, and forgets less (Wikipedia F1 0.784 in
# place of 0.770 and 0.781, ClapNQ AUROC 0.851 in place of 0.839 and 0.850; float32).
ROUND = replace(PHASES[-1], epochs=1, rate=1e-4)


def main(
    data: Annotated[
        Path, typer.Argument(help="Folder of reader data (question sets, compressed).")
    ],
    out: Annotated[Path, typer.Option(help="Where checkpoints, logs, figures and weights go.")],
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 20231212,
    phase: Annotated[
        int | None,
        typer.Option(
            min=1, max=len(PHASES), help="Only this phase, on the weights of the one before."
        ),
    ] = None,
    shipped: Annotated[
        bool,
        typer.Option(
            "--shipped", help="One more round of the last phase, on the packaged reader's weights."
        ),
    ] = False,
    rounding: Annotated[
        bool,
        typer.Option("--rounding", help="Train nothing: round the packaged weights to bytes anew."),
    ] = False,
) -> None:
    """Train the reader in three phases and export it; run again to resume an interrupted run."""
    from tokenizers import Tokenizer

    from embeddings import find_encoder, packaged_folder
    from rag.reader.train.examples import load
    from rag.reader.train.export import averaged, export, unpacked
    from rag.reader.train.loop import train
    from rag.reader.train.written import written

    try:
        examples, stories = load(data), written(data)
    except PressciteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    model = packaged_folder()
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    training = [e for e in examples if not e.held_out and not e.source.startswith("clapnq")]
    development = [e for e in examples if e.held_out and e.source == "squadshifts-new_wiki"]
    weights: Path | None = None
    before = out / f"phase{len(PHASES) - 1}" / WEIGHTS_FILE
    if (shipped or rounding) and not before.is_file():
        unpacked(model, before)
    if rounding:
        export(model, before, tokenizer, examples, stories, out, say=typer.echo)
        return
    if shipped:
        phase = len(PHASES)
    for number, plan in enumerate(PHASES, 1):
        folder = out / f"phase{number}"
        if phase is None or phase == number:
            if weights is not None and not weights.is_file():
                typer.echo(f"error: {weights}: missing; run phase {number - 1} first", err=True)
                raise typer.Exit(2)
            plan = replace(ROUND if shipped else plan, seed=seed)
            typer.echo(f"phase {number} of {len(PHASES)}: {plan}")
            train(
                model,
                tokenizer,
                training,
                development,
                folder,
                plan,
                stories=[story for story in stories if not story.held_out],
                encode=find_encoder().encode,
                weights=weights,
                say=typer.echo,
            )
        weights = folder / WEIGHTS_FILE
    if weights is not None and weights.is_file():
        if shipped:
            weights = averaged([before, weights], out / WEIGHTS_FILE)
        export(model, weights, tokenizer, examples, stories, out, say=typer.echo)


if __name__ == "__main__":
    typer.run(main)
