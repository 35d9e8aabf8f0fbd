"""``python -m eval.lab.train.held_out DATA``: figures of the packaged reader, or another export."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import PressciteError
from rag.reader.loading import GRAPH, VOCABULARY, WEIGHTS


def main(
    data: Annotated[
        Path, typer.Argument(help="Folder of reader data (question sets, compressed).")
    ],
    network: Annotated[Path, typer.Option(help="Folder of an exported network.")] = WEIGHTS,
    stories: Annotated[
        bool, typer.Option("--stories", help="The written stories too: three times the work.")
    ] = False,
) -> None:
    """Print the figures on the held-out parts of the question sets."""
    from eval.lab.train.examples import load
    from eval.lab.train.measure import figures
    from eval.lab.train.synthetic import written
    from rag.reader.onnx_scorer import OnnxScorer

    try:
        scorer = OnnxScorer.load(network / GRAPH, network / VOCABULARY)
        found = asdict(figures(scorer, load(data), written(data) if stories else ()))
    except PressciteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    for name, value in found.items():
        if stories or not name.startswith("written"):
            typer.echo(f"{name} {value:.3f}")


if __name__ == "__main__":
    typer.run(main)
