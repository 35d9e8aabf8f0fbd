"""Dequantised weights of a shipped graph, for comparison with other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eval.lab.export.bert_graph import Weights, relative_buckets
from eval.lab.train.export import FIRST_POSITION, layer_count
from eval.lab.train.network import PACKAGED_PARTS
from eval.lab.train.plan import Shape

if TYPE_CHECKING:
    from onnx import ModelProto

Float32 = npt.NDArray[np.float32]


def shipped_tensors(graph: Path) -> dict[str, Float32]:
    """Return the tensors of a graph's file and of the files beside it, named as `SpanNetwork` names them."""
    from onnx import load

    return load_weights(load(str(graph)))


def load_weights(model: ModelProto) -> dict[str, Float32]:
    """Return the tensors that a relative-position span graph was built from: the inverse of `bert_named`.

    Buckets of relative positions without a distance are 0, as are the positions of padding.
    """
    from onnx import numpy_helper

    held: Weights = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    words = held["words"].astype(np.float32)
    if "word_scales" in held:
        words *= held["word_scales"]
    found = {
        "words.weight": words,
        "positions.weight": np.pad(held["places"], ((FIRST_POSITION, 0), (0, 0))),
        "norm.weight": held["embeddings.LayerNorm.weight"],
        "norm.bias": held["embeddings.LayerNorm.bias"],
        "relative.weight": _by_bucket(held["by_distance"]),
        "scores.weight": held["qa"].T,
        "scores.bias": held["qa.bias"],
    }
    for number in range(sum(name.endswith(".qkv") for name in held)):
        own, its = f"layers.{number}.", f"encoder.layer.{number}."
        for name, product in (
            ("qkv", "qkv"),
            ("out", "attention.output.dense"),
            ("up", "intermediate.dense"),
            ("down", "output.dense"),
        ):
            found[f"{own}{name}.weight"] = _matrix(held, its + product)
            found[f"{own}{name}.bias"] = held[f"{its}{product}.bias"]
        for name, norm in (
            ("attention_norm", "attention.output.LayerNorm"),
            ("output_norm", "output.LayerNorm"),
        ):
            for part in ("weight", "bias"):
                found[f"{own}{name}.{part}"] = held[f"{its}{norm}.{part}"]
    return _in_rows(found)


def hugging_face_named(tensors: Weights) -> dict[str, Float32]:
    """Return tensors of a `SpanNetwork` under the names of ``MPNetForQuestionAnswering``."""
    found = {
        "mpnet.embeddings.word_embeddings.weight": tensors["words.weight"],
        "mpnet.embeddings.position_embeddings.weight": tensors["positions.weight"],
        "mpnet.embeddings.LayerNorm.weight": tensors["norm.weight"],
        "mpnet.embeddings.LayerNorm.bias": tensors["norm.bias"],
        "mpnet.encoder.relative_attention_bias.weight": tensors["relative.weight"],
        "qa_outputs.weight": tensors["scores.weight"],
        "qa_outputs.bias": tensors["scores.bias"],
    }
    for number in range(layer_count(tensors)):
        own, theirs = f"layers.{number}.", f"mpnet.encoder.layer.{number}."
        for part in ("weight", "bias"):
            thirds = np.split(tensors[f"{own}qkv.{part}"], 3)
            for name, third in zip("qkv", thirds, strict=True):
                found[f"{theirs}attention.attn.{name}.{part}"] = third
            for name, packaged in PACKAGED_PARTS:
                found[f"{theirs}{packaged}.{part}"] = tensors[f"{own}{name}.{part}"]
    return _in_rows(found)


def _in_rows(tensors: Weights) -> dict[str, Float32]:
    """Return contiguous float32 copies: safetensors writes memory in its layout, transposed or not."""
    return {name: np.array(tensor, np.float32, order="C") for name, tensor in tensors.items()}


def _matrix(held: Weights, name: str) -> Float32:
    """Return a product's matrix as (outputs, inputs)."""
    kept = held[name].astype(np.float32)
    if f"{name}.scale" in held:
        kept *= held[f"{name}.scale"]
    if f"{name}.evening" in held:
        kept *= held[f"{name}.evening"][:, None]
    return kept.T


def _by_bucket(by_distance: npt.NDArray[np.floating]) -> Float32:
    """Return (buckets, heads) from what is added at each distance, (heads, 2 * farthest + 1)."""
    farthest = by_distance.shape[1] // 2
    buckets = relative_buckets(np.arange(-farthest, farthest + 1), Shape().buckets)
    table = np.zeros((Shape().buckets, len(by_distance)), np.float32)
    table[buckets] = by_distance.T
    return table
