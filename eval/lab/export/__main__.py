"""The command line of the export: builds the embedder's files that presscite ships."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from embeddings.loading import GRAPH, WEIGHTS

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def export() -> None:
    """Build the files under embeddings/weights; the reader's are written by eval.lab.train."""


@app.command()
def encoder(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = WEIGHTS,
) -> None:
    """Build the embedder's int8 graph from the float32 weights and the kept activation ranges."""
    from eval.lab.export.encoder import export_encoder

    digest = export_encoder(out)
    size = (out / GRAPH).stat().st_size / 1e6
    print(f"{out / GRAPH}: {size:.1f} MB; SHA-256 of graph and tokenizer {digest}")


@app.command()
def ranges() -> None:
    """Measure the embedder's activation ranges on the sample's articles; run `encoder` afterwards."""
    from eval.lab.export.encoder import export_ranges

    print(f"{export_ranges()} passages")


if __name__ == "__main__":
    app()
