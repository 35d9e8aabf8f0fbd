"""Trained weights to the file presscite ships: int8, measured against float32 first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from embeddings.graph import BertShape, Precision, encoder_graph, weights_of
from embeddings.ranges import ranges_met
from embeddings.runtime import Feeds, session_of
from rag.reader.find import WEIGHTS
from rag.reader.onnx_scorer import OnnxScorer
from rag.reader.train.examples import Example
from rag.reader.train.measure import figures
from rag.reader.train.written import Story

SHIPPED: Precision = "columns"
# Runs by which the rounding to bytes is prepared.
_CALIBRATING = 300
_SEED = 20231212


def export(
    model: Path,
    weights: Path,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    stories: Sequence[Story],
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
    exact = encoder_graph(tensors, shape, precision="float32", head="span").SerializeToString()
    ranges = ranges_met(tensors, shape, "span", _feeds(exact, tokenizer, examples))
    rounded = encoder_graph(tensors, shape, precision=SHIPPED, head="span", ranges=ranges)
    graphs: dict[Precision, bytes] = {"float32": exact, SHIPPED: rounded.SerializeToString()}
    for kind, graph in graphs.items():
        if kind == SHIPPED:
            file.write_bytes(graph)
        measured[kind] = asdict(
            figures(OnnxScorer(session_of(graph), tokenizer), examples, stories)
        )
        say(f"{kind}: " + "  ".join(f"{k} {v:.3f}" for k, v in measured[kind].items()))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (out / "figures.json").write_text(
        json.dumps({"sha256": digest, "figures": measured}, indent=1) + "\n"
    )
    say(f"{file}: {file.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}")
    return file


def _feeds(exact: bytes, tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Feeds]:
    """Return runs of some training paragraphs; none that a figure is measured on."""
    paragraphs = [e for e in examples if not e.held_out and not e.source.startswith("clapnq")]
    chosen = np.random.default_rng(_SEED).permutation(len(paragraphs))[:_CALIBRATING]
    some = [paragraphs[n] for n in chosen]
    return OnnxScorer(session_of(exact), tokenizer).feeds(
        [e.question for e in some], [e.context for e in some], [e.title for e in some]
    )


def averaged(files: Sequence[Path], out: Path) -> Path:
    """Write the mean of several checkpoints' weights; returns ``out``.

    Weights of one lineage lie in one valley of the loss, and their mean is often better than each: after
    Wortsman et al. 2022, "Model soups".
    """
    kept = [load_file(file) for file in files]
    mean = {
        name: np.asarray(np.mean([tensors[name] for tensors in kept], axis=0), np.float32)
        for name in kept[0]
    }
    save_file(mean, out)
    return out


def unpacked(model: Path, file: Path) -> None:
    """Write the packaged reader's weights as a checkpoint to train on; they are as int8 rounded them."""
    shipped = (WEIGHTS / "reader.onnx").read_bytes()
    tensors = weights_of(shipped, BertShape.read(model))
    named = {n if n.startswith("qa_outputs") else f"bert.{n}": t for n, t in tensors.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({n: np.ascontiguousarray(t) for n, t in named.items()}, file)
