"""Presscite itself, as it answers by default."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from eval.lab.baselines.protocol import DEPTH, Hit, Prediction
from rag.types import Article


class Presscite:
    """An index in a temporary folder, the packaged encoder and reader."""

    abstains = True
    notes = (
        "chunks of 128 tokens at sentence ends, one sentence shared, title in front of vectors",
        "index on disk (SQLite, FAISS, Tantivy), written durably; ONNX Runtime, no torch",
        "the packaged reader over the best 12 passages, with its calibrated confidence",
    )

    def start(self) -> None:
        """Load encoder and reader."""
        from embeddings import load_encoder
        from rag import Answerer, Index, Retriever
        from rag.reader.loading import packaged_scorer

        self._folder = tempfile.TemporaryDirectory(
            prefix="presscite-baselines-", ignore_cleanup_errors=True
        )
        encoder = load_encoder()
        encoder.encode(["The minister arrived on Tuesday."])
        packaged_scorer().score("Who arrived?", ["The minister arrived on Tuesday."], [""])
        self._index = Index.open(Path(self._folder.name) / "index", create=True, encoder=encoder)
        self._retriever = Retriever(self._index)
        self._answerer = Answerer(self._index)

    def add(self, articles: Sequence[Article]) -> int:
        """Add them to the index."""
        return self._index.add(articles).chunks

    def search(self, question: str) -> list[Hit]:
        """Search by vectors and words."""
        return [Hit(p.article.id, p.text) for p in self._retriever.search(question, DEPTH)]

    def answer(self, question: str) -> Prediction:
        """Ask; the best candidate is kept where it abstains."""
        answer = self._answerer.ask(question)
        if not answer.candidates:
            return Prediction(None, None, abstained=True)
        best = answer.candidates[0]
        return Prediction(best.text, best.citations[0].quote, answer.abstained)
