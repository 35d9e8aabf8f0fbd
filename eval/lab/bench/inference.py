"""Embedding and reading on the CPU, against torch with the same weights in the same process."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from embeddings import load_encoder
from embeddings.loading import GRAPH, VOCABULARY, WEIGHTS
from eval.lab.bench.archive import Sources, articles
from eval.lab.bench.figures import Figure, Findings, compared, quantile, rounds
from eval.lab.export.encoder import float32_encoder
from eval.lab.export.float_weights import float32_folder
from rag.index.chunking import ChunkBudget, chunk_spans
from rag.index.tokens import count_tokens

_BATCHES = (4, 8, 16, 32, 64)
_QUESTION = "Who chaired the ninth session of the committee for the host side?"
_PUBLISHED, _ASKED = date(2023, 12, 12), date(2023, 12, 14)


def embedding(sources: Sources, *, texts: int, repeat: int, say: Callable[[str], None]) -> Findings:
    """Compare the default encoder with ``SentenceTransformer.encode`` at its best batch size."""
    found = Findings()
    chunks = news_chunks(sources, texts)
    model, encoder = torch_encoder(), load_encoder()
    pieces = _word_pieces(chunks)
    say(f"embedding: {len(chunks)} texts of {pieces / len(chunks):.0f} word pieces")
    sweep = {
        size: statistics.median(
            rounds({"torch": lambda s=size: _encode(model, chunks, s)}, 3)["torch"]  # type: ignore[misc]
        )
        for size in _BATCHES
    }
    best = min(sweep, key=lambda size: sweep[size])
    ways: dict[str, Callable[[], object]] = {
        "presscite": lambda: encoder.encode(chunks),
        "torch": lambda: _encode(model, chunks, best),
        "float32": _float32(chunks),
    }
    taken = rounds(ways, repeat)
    ours = statistics.median(taken["presscite"])
    for name, told in (
        (
            "torch",
            f"SentenceTransformer.encode, float32, batches of {best} (the best of {_BATCHES})",
        ),
        ("float32", "the same graph in float32, ONNX Runtime"),
    ):
        ratio, spread = compared(taken["presscite"], taken[name])
        found.figures.append(
            Figure(
                "embedding",
                f"word pieces a second, beside {name}",
                pieces / ours,
                "/s",
                ">= 2x, 3x wanted" if name == "torch" else "",
                told,
                pieces / statistics.median(taken[name]),
                ratio,
                spread,
                f"{len(chunks)} texts of {pieces / len(chunks):.0f} word pieces, {repeat} rounds",
            )
        )
    found.figures += _profile(chunks, ours)
    return found


def reading(sources: Sources, *, repeat: int, say: Callable[[str], None]) -> Findings:
    """Time reading ten passages of about 120 tokens: the reader, its network alone, and torch in float32."""
    from rag.reader.encoding import lead_text
    from rag.reader.loading import load_reader, packaged_scorer
    from rag.reader.span_reader import NETWORK_DEPTH

    found = Findings()
    chunks = [c for c in news_chunks(sources, 300) if 105 <= count_tokens(c) <= 128][:10]
    passages = _passages(chunks)
    leads = [lead_text(p.article.published, _ASKED, p.article.title) for p in passages]
    scorer, reader = packaged_scorer(), load_reader(encode=load_encoder().encode)
    torch_way = _torch_reader(chunks, leads)
    say(f"reading: ten passages of {sum(map(count_tokens, chunks)) / len(chunks):.0f} tokens")
    taken = rounds(
        {
            "network": lambda: scorer.score(
                _QUESTION, chunks[:NETWORK_DEPTH], leads[:NETWORK_DEPTH]
            ),
            "all ten": lambda: scorer.score(_QUESTION, chunks, leads),
            "reader": lambda: reader.read(_QUESTION, passages, as_of=_ASKED),
            "torch": torch_way,
        },
        repeat,
        warm=3,
    )
    for name, told in (
        ("network", f"the network, of the {NETWORK_DEPTH} it reads"),
        ("all ten", "the network, were it to read all"),
        ("reader", "evidence of words, then the network"),
    ):
        ratio, spread = compared(taken[name], taken["torch"])
        found.figures.append(
            Figure(
                "reading",
                f"ten passages, {told}",
                1000 * statistics.median(taken[name]),
                "ms",
                "" if name == "all ten" else "<= 100 ms",
                "the network's weights in torch, float32, one padded batch",
                1000 * statistics.median(taken["torch"]),
                ratio,
                spread,
                f"95th percentile {1000 * quantile(taken[name], 0.95):.0f} ms, {repeat} rounds",
            )
        )
    return found


def news_chunks(sources: Sources, count: int) -> list[str]:
    """Return chunks of news, with the lengths that presscite's chunking gives."""
    chunks: list[str] = []
    for article in articles(sources, count, seed=7):
        spans = chunk_spans(article.text, ChunkBudget())
        chunks += [article.text[start:end] for start, end in spans]
        if len(chunks) >= count:
            break
    return chunks[:count]


def _passages(chunks: Sequence[str]) -> list[Any]:
    from rag.features import PassageFeatures
    from rag.ingest.article import make_article
    from rag.types import Chunk, Passage

    made = []
    for n, text in enumerate(chunks):
        title = "Committee of both countries meets for its ninth session"
        article = make_article(text=text, source=f"bench-{n}", title=title, published=_PUBLISHED)
        chunk = Chunk(n, article.id, 0, len(article.text), article.text)
        made.append(Passage(chunk, article, 1 - n / 20, PassageFeatures(dense=0.6, lexical=5.0)))
    return made


def torch_encoder() -> Any:
    """Return the packaged weights as ``SentenceTransformer`` loads them."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(str(float32_folder()), device="cpu")


def torch_way(model: Any, texts: Sequence[str], size: int) -> Callable[[], object]:
    """Return a function that encodes texts with ``SentenceTransformer.encode`` at a batch size."""
    return lambda: _encode(model, texts, size)


def _encode(model: Any, texts: Sequence[str], size: int) -> object:
    return model.encode(
        list(texts), batch_size=size, normalize_embeddings=True, show_progress_bar=False
    )


def _float32(chunks: Sequence[str]) -> Callable[[], object]:
    encoder = float32_encoder()
    return lambda: encoder.encode(chunks)


def _word_pieces(chunks: Sequence[str]) -> int:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(WEIGHTS / VOCABULARY))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    return sum(len(e.ids) for e in tokenizer.encode_batch(list(chunks)))


def _torch_reader(chunks: Sequence[str], leads: Sequence[str]) -> Callable[[], object]:
    """Return a function that scores the passages with torch, on the packaged reader's weights."""
    import numpy as np
    import torch

    from eval.lab.train.features import PADDING
    from eval.lab.train.network import SpanNetwork
    from eval.lab.train.plan import Shape
    from eval.lab.train.shipped import shipped_tensors
    from rag.reader.loading import GRAPH as READER_GRAPH
    from rag.reader.loading import WEIGHTS as READER_WEIGHTS
    from rag.reader.loading import packaged_scorer

    network = SpanNetwork(Shape()).eval()
    held = shipped_tensors(READER_WEIGHTS / READER_GRAPH)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in held.items()})
    scorer, questions = packaged_scorer(), [_QUESTION] * len(chunks)

    def run() -> object:
        rows = [feed["ids"][0] for feed in scorer.feeds(questions, chunks, leads)]
        ids = np.full((len(rows), max(map(len, rows))), PADDING, np.int64)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
        with torch.inference_mode():
            return network(torch.from_numpy(ids), torch.from_numpy((ids != PADDING).astype(int)))

    return run


def _profile(chunks: Sequence[str], whole: float) -> list[Figure]:
    """Profile the graph's operators on one core, and tokenisation."""
    import json
    import tempfile
    import time

    import numpy as np
    from onnxruntime import InferenceSession, SessionOptions
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(WEIGHTS / VOCABULARY))
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    began = time.perf_counter()
    encoded = tokenizer.encode_batch(list(chunks))
    cutting = time.perf_counter() - began
    graph = str(WEIGHTS / GRAPH)
    with tempfile.TemporaryDirectory() as place:
        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(place) / "profile")
        options.log_severity_level = 3
        session = InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        for one in encoded[:60]:
            session.run(["vectors"], {"ids": np.array([one.ids], np.int64)})
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    by_kind: dict[str, float] = {}
    for event in events:
        kind = event.get("args", {}).get("op_name")
        if event.get("cat") == "Node" and kind and event["name"].endswith("_kernel_time"):
            by_kind[kind] = by_kind.get(kind, 0.0) + event["dur"]
    total = sum(by_kind.values()) or 1.0
    figures = [
        Figure("embedding", "share of the time: word pieces", 100 * cutting / whole, "%"),
    ]
    for kind, spent in sorted(by_kind.items(), key=lambda pair: -pair[1])[:6]:
        figures.append(
            Figure("embedding", f"share of the graph's time: {kind}", 100 * spent / total, "%")
        )
    return figures
