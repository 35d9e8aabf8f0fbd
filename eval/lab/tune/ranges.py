"""How large the embedder's activations become on the sample's articles: its bytes are scaled by it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from embeddings import packaged_folder
from embeddings.activation_ranges import ranges_met, save
from embeddings.graph import BertShape
from embeddings.loading import RANGES
from rag.index.chunking import ChunkBudget, chunk_spans, vector_text
from rag.ingest import read_sources
from rag.types import Skipped


def make_ranges(file: Path = RANGES) -> int:
    """Measure and write them; return how many passages were run."""
    folder = packaged_folder()
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
    save(ranges_met(weights, BertShape.read(folder), "mean", feeds), file)
    return len(texts)
