"""The embedder's graph: activation ranges on the sample's articles, then the int8 build that ships."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from embeddings.loading import (
    DEFAULT_MODEL,
    GRAPH,
    METADATA,
    VOCABULARY,
    WEIGHTS,
    folder_identity,
    graph_sha256,
)
from embeddings.onnx_encoder import OnnxEncoder
from eval.lab.export.activation_ranges import collect_activation_ranges, load, save
from eval.lab.export.bert_graph import BertShape, Precision, bert_graph
from eval.lab.export.float_weights import OFFICIAL_SHA256, float32_folder, verified_folder
from rag.index.chunking import ChunkBudget, chunk_spans, vector_text
from rag.ingest import read_sources
from rag.types import Skipped

RANGES = Path(__file__).with_name("all-minilm-l6-v2.ranges.npz")


def export_encoder(out: Path = WEIGHTS) -> str:
    """Write graph, tokenizer and metadata under ``out``; return the checksum of graph and tokenizer.

    Raises
    ------
    EncoderNotFoundError
        Where the float32 weights are missing or not the authors'.
    """
    folder = verified_folder()
    out.mkdir(parents=True, exist_ok=True)
    (out / GRAPH).write_bytes(encoder_bytes(folder, "int8_per_channel"))
    shutil.copyfile(folder / "tokenizer.json", out / VOCABULARY)
    identity = folder_identity(folder, DEFAULT_MODEL, OFFICIAL_SHA256)
    metadata = {
        "name": identity.name,
        "weights_sha256": identity.weights_sha256,
        "dimension": identity.dimension,
        "max_word_pieces": identity.max_word_pieces,
        "sha256": graph_sha256(out),
    }
    (out / METADATA).write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
    return str(metadata["sha256"])


def encoder_bytes(folder: Path, precision: Precision) -> bytes:
    """Return the serialised sentence-encoder graph of a BERT folder's weights."""
    model = bert_graph(
        load_file(folder / "model.safetensors"),
        BertShape.read(folder),
        precision=precision,
        head="mean",
        ranges=load(RANGES) if precision == "int8_per_channel" else None,
    )
    graph: bytes = model.SerializeToString()
    return graph


def float32_encoder() -> OnnxEncoder:
    """Return the default model with unquantised weights, in ONNX Runtime."""
    folder = float32_folder()
    identity = folder_identity(folder, DEFAULT_MODEL, OFFICIAL_SHA256)
    return OnnxEncoder(encoder_bytes(folder, "float32"), folder / "tokenizer.json", identity)


def export_ranges(file: Path = RANGES) -> int:
    """Measure activation ranges on the sample's chunks and write them; return the number of chunks."""
    folder = verified_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    sources = read_sources([str(files("eval.sample") / "articles")])
    budget = ChunkBudget()
    texts = [
        vector_text(article.title, article.text[start:end], budget)
        for article in sources
        if not isinstance(article, Skipped)
        for start, end in chunk_spans(article.text, budget)
    ]
    feeds = [{"ids": np.array([e.ids], np.int64)} for e in tokenizer.encode_batch(texts)]
    weights = load_file(folder / "model.safetensors")
    save(collect_activation_ranges(weights, BertShape.read(folder), "mean", feeds), file)
    return len(texts)
