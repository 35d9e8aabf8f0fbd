"""txtai: its hybrid index with content, and its pipeline for extractive questions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from embeddings import packaged_folder
from eval.bench.rivals.protocol import DEPTH, Found, Said
from eval.bench.rivals.quoting import quote_around, sentences
from eval.bench.rivals.weights import reader_folder
from rag.types import Article


class Txtai:
    """Embeddings and `RAG` with a question-answering model, as its example of extractive QA has them."""

    abstains = True
    notes = (
        "Segmentation by paragraphs, as its examples cut; title in front; Embeddings with hybrid "
        "and content, not saved",
        "RAG over presscite's reader weights and its default of three passages; it abstains where "
        "that says nothing, or fails because the network chose no answer",
        "there its Embeddings.similarity chooses a sentence of the best passage, so that it too is judged "
        "as if it had answered",
    )

    def start(self) -> None:
        """Load both models."""
        from txtai import Embeddings
        from txtai.pipeline import RAG, Segmentation

        self._cut = Segmentation(paragraphs=True)
        self._embeddings = Embeddings(path=str(packaged_folder()), hybrid=True, content=True)
        self._held = ExitStack()
        folder = self._held.enter_context(reader_folder())
        self._last: list[dict[str, Any]] = []
        self._reader = RAG(self._batch, str(folder), task="question-answering")
        self._embeddings.batchtransform(["The minister arrived on Tuesday."])
        self._reader.model(["Who arrived?"], ["The minister arrived on Tuesday."])

    def add(self, articles: Sequence[Article]) -> int:
        """Cut them into paragraphs and index these."""
        self._owners = []
        texts = []
        for article in articles:
            # An article keeps one paragraph a line; txtai takes an empty line for their end.
            for part in self._cut(article.text.replace("\n", "\n\n")):
                self._owners.append(article.id)
                texts.append(f"{article.title}. {part}" if article.title else part)
        self._embeddings.index(texts)
        return len(texts)

    def search(self, question: str) -> list[Found]:
        """Return its hybrid ranking."""
        return [
            Found(self._owners[int(row["id"])], row["text"])
            for row in self._embeddings.search(question, DEPTH)
        ]

    def answer(self, question: str) -> Said:
        """Return its reader's words, or the nearest sentence where it has none."""
        self._last = []
        try:
            words = self._reader(question)["answer"]
        except (TypeError, OverflowError):  # its Questions cannot turn [CLS] into words
            words = None
        for row in self._last if words else ():
            at = row["text"].find(words)
            if at >= 0:
                return Said(words, quote_around(row["text"], at, at + len(words)))
        if words:
            return Said(words, words)
        if not self._last:
            return Said(None, None, abstained=True)
        offered = sentences(self._last[0]["text"])
        best, _ = self._embeddings.similarity(question, offered)[0]
        return Said(offered[best], offered[best], abstained=True)

    def _batch(self, queries: list[str], limit: int) -> list[list[dict[str, Any]]]:
        """Search for the reader, and remember what it reads."""
        found: list[list[dict[str, Any]]] = self._embeddings.batchsearch(queries, limit)
        self._last = found[0]
        return found
