"""txtai: its hybrid index with content, and its pipeline for extractive questions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

from eval.lab.baselines.protocol import DEPTH, Hit, Prediction
from eval.lab.baselines.quoting import quote_around, sentences
from eval.lab.baselines.weights import reader_folder
from eval.lab.export.float_weights import float32_folder
from rag.types import Article


class Txtai:
    """Embeddings and `RAG` with a question-answering model, as its example of extractive QA has them."""

    abstains = True
    notes = (
        "Segmentation by paragraphs, as its examples cut; title in front; Embeddings with hybrid "
        "and content, not saved",
        "RAG over presscite's reader weights and its default of three passages; as its Questions fails where "
        'a network chooses "no answer", the next best words are taken there and count as kept back',
        "where it finds no words of enough probability, its Embeddings.similarity chooses a sentence",
    )

    def start(self) -> None:
        """Load both models."""
        from txtai import Embeddings
        from txtai.pipeline import RAG, Segmentation

        self._cut = Segmentation(paragraphs=True)
        self._embeddings = Embeddings(path=str(float32_folder()), hybrid=True, content=True)
        self._held = ExitStack()
        folder = self._held.enter_context(reader_folder())
        self._last: list[dict[str, Any]] = []
        self._reader = RAG(self._batch, str(folder), task="question-answering")
        questions = self._reader.model
        self._network = TextOnly(questions.model, questions.tokenizer.sep_token_id)
        questions.model = self._network
        self._embeddings.batchtransform(["The minister arrived on Tuesday."])
        questions(["Who arrived?"], ["The minister arrived on Tuesday."])

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

    def search(self, question: str) -> list[Hit]:
        """Return its hybrid ranking."""
        return [
            Hit(self._owners[int(row["id"])], row["text"])
            for row in self._embeddings.search(question, DEPTH)
        ]

    def answer(self, question: str) -> Prediction:
        """Return its reader's words, or the nearest sentence where it has none."""
        self._last = []
        words = self._reader(question)["answer"]
        if words:
            quote = self._quote(words)
            return Prediction(words, quote or words, abstained=self._network.null)
        if not self._last:
            return Prediction(None, None, abstained=True)
        offered = sentences(self._last[0]["text"])
        best, _ = self._embeddings.similarity(question, offered)[0]
        return Prediction(offered[best], offered[best], abstained=True)

    def _quote(self, words: str) -> str | None:
        """Return the sentence that holds the words, in the best passage that does."""
        for row in self._last:
            at = row["text"].find(words)
            if at >= 0:
                return quote_around(row["text"], at, at + len(words))
        return None

    def _batch(self, queries: list[str], limit: int) -> list[list[dict[str, Any]]]:
        """Search for the reader, and remember what it reads."""
        found: list[list[dict[str, Any]]] = self._embeddings.batchsearch(queries, limit)
        self._last = found[0]
        return found


class TextOnly:
    """A network whose every token outside the text is ruled out; remembers if "no answer" was ahead.

    The text stands behind two separators, as MPNet parts a pair.
    """

    def __init__(self, model: Any, separator: int) -> None:
        self.null = False
        self._model = model
        self._separator = separator

    def __call__(self, **tokens: Any) -> Any:
        """Take one question with its text; return ``start_logits`` and ``end_logits``, each (1, L)."""
        out = self._model(**tokens)
        closes = tokens["input_ids"] == self._separator
        outside = (closes.cumsum(dim=1) != 2) | closes
        starts = out.start_logits.masked_fill(outside, float("-inf"))
        ends = out.end_logits.masked_fill(outside, float("-inf"))
        nothing = out.start_logits[0, 0] + out.end_logits[0, 0]
        self.null = bool(nothing >= starts.max() + ends.max())
        return SimpleNamespace(start_logits=starts, end_logits=ends)
