"""Trained weights to the file presscite ships: int8, measured against float32 first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from safetensors.numpy import load_file
from tokenizers import Tokenizer

from embeddings.graph import BertShape, encoder_graph
from rag.reader.onnx_scorer import OnnxScorer, session_of
from rag.reader.train.examples import Example
from rag.reader.train.measure import figures


def export(
    model: Path,
    weights: Path,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    out: Path,
    say: Callable[[str], None] = print,
) -> Path:
    """Write ``reader.onnx`` and ``figures.json`` under ``out``; return the former.

    The figures of int8 and float32 stand side by side, so that what rounding costs is seen before
    it is shipped.
    """
    tensors = {name.removeprefix("bert."): t for name, t in load_file(weights).items()}
    shape = BertShape.read(model)
    measured = {}
    file = out / "reader.onnx"
    for int8 in (False, True):
        graph = encoder_graph(tensors, shape, int8=int8, head="span").SerializeToString()
        if int8:
            file.write_bytes(graph)
        kind = "int8" if int8 else "float32"
        measured[kind] = asdict(figures(OnnxScorer(session_of(graph), tokenizer), examples))
        say(f"{kind}: " + "  ".join(f"{k} {v:.3f}" for k, v in measured[kind].items()))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (out / "figures.json").write_text(
        json.dumps({"sha256": digest, "figures": measured}, indent=1) + "\n"
    )
    say(f"{file}: {file.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}")
    return file
