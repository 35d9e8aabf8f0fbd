"""``python -m eval.lab.train.averaged FIRST SECOND DATA MODEL --out DIR``: the mean of two readers' weights.

Weights fine-tuned from one start may be averaged (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models"): the mean often keeps what the first knew where the second was taught something else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from eval.lab.train.plan import WEIGHTS_FILE
from rag.errors import PressciteError

_Weights = Annotated[Path, typer.Argument(help="A file of weights (safetensors).")]


def main(
    first: _Weights,
    second: _Weights,
    data: Annotated[Path, typer.Argument(help="Folder of reader data, for activation ranges.")],
    model: Annotated[Path, typer.Argument(help="Folder with the tokenizer.json of both.")],
    out: Annotated[Path, typer.Option(help="Where weights and the exported graph go.")],
    share: Annotated[float, typer.Option(min=0, max=1, help="Share of the second.")] = 0.5,
    measured: Annotated[
        bool, typer.Option("--measured", help="Write the figures of the held-out parts too.")
    ] = False,
) -> None:
    """Average two files of weights and export the mean as the int8 graph."""
    from eval.lab.train.__main__ import finish
    from eval.lab.train.examples import load
    from eval.lab.train.export import calibration_feeds, export
    from eval.lab.train.synthetic import written
    from rag.reader.encoding import load_tokenizer
    from rag.reader.loading import VOCABULARY

    out.mkdir(parents=True, exist_ok=True)
    mean = out / WEIGHTS_FILE
    try:
        average(first, second, share, mean)
        examples = load(data)
        if measured:
            finish(mean, model, examples, written(data), out)
        else:
            feeds = calibration_feeds(load_tokenizer(model / VOCABULARY), examples)
            export(mean, model / VOCABULARY, feeds, out, typer.echo)
    except PressciteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def average(first: Path, second: Path, share: float, mean: Path) -> None:
    """Write ``(1 - share) * first + share * second``.

    Raises
    ------
    PressciteError
        Where the files do not hold the same tensors.
    """
    from safetensors.numpy import load_file, save_file

    ours, theirs = load_file(first), load_file(second)
    if {n: t.shape for n, t in ours.items()} != {n: t.shape for n, t in theirs.items()}:
        raise PressciteError(f"{first} and {second}: not weights of one network")
    mixed = {
        name: ((1 - share) * tensor + share * theirs[name]).astype(np.float32)
        for name, tensor in ours.items()
    }
    save_file(mixed, mean)


if __name__ == "__main__":
    typer.run(main)
