"""Export of trained weights as the int8 files that presscite ships, compared with float32 first."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from embeddings.runtime import Feeds, session_of
from eval.lab.export.activation_ranges import collect_activation_ranges
from eval.lab.export.bert_graph import BertShape, Precision, bert_graph
from eval.lab.train.examples import Example
from eval.lab.train.features import featured
from rag.reader.encoding import load_tokenizer
from rag.reader.loading import GRAPH, VOCABULARY, weights_files
from rag.reader.onnx_scorer import OnnxScorer

if TYPE_CHECKING:
    from onnx import ModelProto
    from tokenizers import Tokenizer

PART_BYTES = 55_000_000
"""Largest file of external weights beside the graph."""
SHIPPED: Precision = "int8_per_channel"
# Batches for activation ranges.
_CALIBRATING = 120
_SEED = 20231212
_PADDING = 1
# MPNet's position ids start after its padding id.
FIRST_POSITION = _PADDING + 1
Tensors = Mapping[str, npt.NDArray[np.floating]]


def calibration_feeds(tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Feeds]:
    """Return token ids of some training paragraphs, for activation ranges; no held-out ones."""
    paragraphs = [e for e in examples if not e.held_out and not e.source.startswith("clapnq")]
    chosen = np.random.default_rng(_SEED).permutation(len(paragraphs))[:_CALIBRATING]
    rng = random.Random(_SEED)
    made = featured([paragraphs[n] for n in chosen], tokenizer, rng)
    return [{"ids": np.array([feature.ids], np.int64)} for feature in made]


def float32_scorer(weights: Path, vocabulary: Path) -> OnnxScorer:
    """Return a scorer of the float32 weights."""
    trained = load_file(weights)
    model = bert_graph(bert_named(trained), shape_of(trained), precision="float32", head="span")
    return OnnxScorer(session_of(model.SerializeToString()), load_tokenizer(vocabulary))


def bert_named(trained: Tensors) -> dict[str, npt.NDArray[np.float32]]:
    """Return trained tensors under the names that `eval.lab.export.bert_graph` reads."""
    width = trained["words.weight"].shape[1]
    found = {
        "embeddings.word_embeddings.weight": trained["words.weight"],
        "embeddings.position_embeddings.weight": trained["positions.weight"][FIRST_POSITION:],
        "embeddings.token_type_embeddings.weight": np.zeros((1, width)),
        "embeddings.LayerNorm.weight": trained["norm.weight"],
        "embeddings.LayerNorm.bias": trained["norm.bias"],
        "relative_attention_bias.weight": trained["relative.weight"],
        "qa_outputs.weight": trained["scores.weight"],
        "qa_outputs.bias": trained["scores.bias"],
    }
    for number in range(layer_count(trained)):
        own, its = f"layers.{number}.", f"encoder.layer.{number}."
        for part in ("weight", "bias"):
            thirds = np.split(trained[f"{own}qkv.{part}"], 3)
            for name, third in zip(("query", "key", "value"), thirds, strict=True):
                found[f"{its}attention.self.{name}.{part}"] = third
            for source, name in (
                ("out", "attention.output.dense"),
                ("attention_norm", "attention.output.LayerNorm"),
                ("up", "intermediate.dense"),
                ("down", "output.dense"),
                ("output_norm", "output.LayerNorm"),
            ):
                found[f"{its}{name}.{part}"] = trained[f"{own}{source}.{part}"]
    return {name: np.asarray(tensor, np.float32) for name, tensor in found.items()}


def layer_count(trained: Tensors) -> int:
    """Return how many layers the tensors hold."""
    return sum(name.endswith(".qkv.weight") for name in trained)


def shape_of(trained: Tensors) -> BertShape:
    """Return the sizes that the graph is built for."""
    width = trained["words.weight"].shape[1]
    return BertShape(layer_count(trained), trained["relative.weight"].shape[1], width, 1e-5)


def export(
    weights: Path,
    vocabulary: Path,
    feeds: Sequence[Feeds],
    out: Path,
    say: Callable[[str], None] = print,
) -> Path:
    """Write the int8 graph with its weights in parts under ``out``; return the graph's file.

    Parameters
    ----------
    vocabulary
        The ``tokenizer.json`` that the network was trained with; it is copied beside the graph.
    feeds
        Token ids of training passages, from which activation ranges are collected before quantisation.
    """
    trained = load_file(weights)
    tensors, shape = bert_named(trained), shape_of(trained)
    ranges = collect_activation_ranges(tensors, shape, "span", feeds)
    model = bert_graph(tensors, shape, precision=SHIPPED, head="span", ranges=ranges)
    out.mkdir(parents=True, exist_ok=True)
    file = save_in_parts(model, out)
    shutil.copy(vocabulary, out / VOCABULARY)
    for part in weights_files(out):
        say(f"{part.name}: {part.stat().st_size / 1e6:.1f} MB")
    return file


def save_in_parts(model: ModelProto, out: Path) -> Path:
    """Write a model as ``reader.onnx`` and ``reader-N.bin``, each under `PART_BYTES`."""
    from onnx.external_data_helper import set_external_data

    for old in out.glob("reader-*.bin"):
        old.unlink()
    number, offset = 1, 0
    for tensor in model.graph.initializer:
        size = len(tensor.raw_data)
        if size < 1024:
            continue
        # Aligned to a page, so that the runtime can map it.
        padded = -offset % 4096
        if offset and offset + padded + size > PART_BYTES:
            number, offset, padded = number + 1, 0, 0
        name = f"reader-{number}.bin"
        with (out / name).open("ab") as file:
            file.write(b"\0" * padded + tensor.raw_data)
        set_external_data(tensor, name, offset + padded, size)
        tensor.ClearField("raw_data")
        offset += padded + size
    (out / GRAPH).write_bytes(model.SerializeToString())
    return out / GRAPH
