"""``python -m rag.reader.train DATA_DIR --out DIR``: rebuild the reader's weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.errors import PressciteError


def main(
    data: Annotated[
        Path, typer.Argument(help="Folder of reader data (question sets, compressed).")
    ],
    out: Annotated[Path, typer.Option(help="Where checkpoints, log, figures and weights go.")],
    epochs: Annotated[int, typer.Option(help="Passes over the data.", min=1)] = 2,
    rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 1.5e-4,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 20231212,
    weights: Annotated[
        Path | None, typer.Option(help="Go on from the weights of an earlier run (safetensors).")
    ] = None,
) -> None:
    """Train the reader; run again to resume an interrupted run."""
    from tokenizers import Tokenizer

    from embeddings.find import packaged_folder
    from rag.reader.train.examples import load
    from rag.reader.train.loop import Plan, train

    try:
        examples = load(data)
    except PressciteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    model = packaged_folder()
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    training = [e for e in examples if not e.held_out and not e.source.startswith("clapnq")]
    development = [e for e in examples if e.held_out and e.source == "squadshifts-new_wiki"]
    plan = Plan(epochs=epochs, rate=rate, seed=seed)
    train(model, tokenizer, training, development, out, plan, weights=weights, say=typer.echo)


if __name__ == "__main__":
    typer.run(main)
