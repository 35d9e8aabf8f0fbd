"""What a programmer writes in an afternoon: a vector index, BM25, reciprocal ranks, the best sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from eval.lab.baselines.protocol import DEPTH, Hit, Prediction
from eval.lab.baselines.quoting import quote_around
from eval.lab.baselines.weights import reader_folder
from eval.lab.export.float_weights import float32_folder
from rag.types import Article

_SENTENCES, _SHARED = 5, 1
_CANDIDATES = 50
_RANK_CONSTANT = 60
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def sentences_of(text: str) -> list[str]:
    """Split after full stops, question and exclamation marks, and at line breaks."""
    return [part for part in _SENTENCE_END.split(text) if part.strip()]


def windows(text: str, size: int = _SENTENCES, shared: int = _SHARED) -> list[str]:
    """Cut a text into runs of ``size`` sentences, each beginning with the last of the one before."""
    parts = sentences_of(text)
    step = size - shared
    return [" ".join(parts[n : n + size]) for n in range(0, max(len(parts) - shared, 1), step)]


def fused(rankings: Sequence[Sequence[int]], k: int) -> list[int]:
    """Join rankings by the sum of one over (60 + rank), rank counted from 1; equal ones by number.

    Cormack, Clarke and Büttcher 2009, doi:10.1145/1571941.1572114.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking, start=1):
            scores[number] = scores.get(number, 0.0) + 1 / (_RANK_CONSTANT + rank)
    return sorted(scores, key=lambda number: (-scores[number], number))[:k]


class Script:
    """Answers with the best passage's sentence that is nearest to the question."""

    abstains = False
    notes = (
        "five sentences a passage, one shared, title in front; all in memory",
        "SentenceTransformer, faiss.IndexFlatIP, bm25s (stemmed), reciprocal rank fusion",
        "the best passage's sentence nearest to the question by its vector; no shorter answer, hence the f1",
    )

    def start(self) -> None:
        """Load the embedding model."""
        from sentence_transformers import SentenceTransformer

        self._model: Any = SentenceTransformer(str(float32_folder()), local_files_only=True)
        self._encode(["The minister arrived on Tuesday."])

    def add(self, articles: Sequence[Article]) -> int:
        """Embed every passage and count its words."""
        import bm25s
        import faiss
        import Stemmer

        self._passages = [(a, text) for a in articles for text in windows(a.text)]
        shown = [f"{a.title}\n{text}" if a.title else text for a, text in self._passages]
        vectors = self._encode(shown)
        self._dense = faiss.IndexFlatIP(vectors.shape[1])
        self._dense.add(vectors)
        self._stemmer = Stemmer.Stemmer("english")
        self._words = bm25s.BM25()
        self._words.index(self._tokens(shown), show_progress=False)
        return len(self._passages)

    def search(self, question: str) -> list[Hit]:
        """Return the fused ranking of both."""
        return [Hit(self._passages[n][0].id, self._passages[n][1]) for n in self._ranked(question)]

    def answer(self, question: str) -> Prediction:
        """Return the nearest sentence of the best passage."""
        sentences = sentences_of(self._passages[self._ranked(question)[0]][1])
        question_vector, *vectors = self._encode([question, *sentences])
        best = max(range(len(sentences)), key=lambda n: float(vectors[n] @ question_vector))
        return Prediction(sentences[best], sentences[best])

    def _ranked(self, question: str) -> list[int]:
        depth = min(_CANDIDATES, len(self._passages))
        _, near = self._dense.search(self._encode([question]), depth)
        found, scores = self._words.retrieve(self._tokens([question]), k=depth, show_progress=False)
        worded = [int(n) for n, score in zip(found[0], scores[0], strict=True) if score > 0]
        return fused([[int(n) for n in near[0]], worded], DEPTH)

    def _encode(self, texts: Sequence[str]) -> Any:
        return self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)

    def _tokens(self, texts: Sequence[str]) -> Any:
        import bm25s

        return bm25s.tokenize(
            list(texts), stopwords="en", stemmer=self._stemmer, show_progress=False
        )


class ScriptWithReader(Script):
    """The same search; presscite's reader weights choose the words, by torch and transformers."""

    abstains = True
    notes = (
        *Script.notes[:2],
        "presscite's reader weights through transformers over ten passages; the widest gap to "
        '"no answer" wins, and below it the script abstains',
    )

    def start(self) -> None:
        """Load the embedding model and the reader."""
        from rag.reader.transformers_scorer import TransformersScorer

        super().start()
        self._held = ExitStack()
        self._scorer = TransformersScorer.load(str(self._held.enter_context(reader_folder())))
        self._scorer.score("Who arrived?", ["The minister arrived on Tuesday."], [""])

    def answer(self, question: str) -> Prediction:
        """Return the span that lies highest above "no answer"."""
        from rag.reader.windows import best_span

        texts = [found.text for found in self.search(question)]
        best: tuple[float, int, int, int] | None = None
        for scores in self._scorer.score(question, texts, [""] * len(texts)):
            if len(scores.offsets):
                first, last, score = best_span(scores.starts, scores.ends)
                low, high = int(scores.offsets[first, 0]), int(scores.offsets[last, 1])
                best = max(
                    best or (float("-inf"), 0, 0, 0), (score - scores.null, scores.text, low, high)
                )
        if best is None:
            return Prediction(None, None, abstained=True)
        gap, number, low, high = best
        text = texts[number]
        return Prediction(text[low:high], quote_around(text, low, high), abstained=gap < 0)
