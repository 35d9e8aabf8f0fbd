"""A small index in memory that compares every chunk: what the conformance suite holds engines to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

from embeddings import Encoder, Vectors
from rag.index.chunking import ChunkBudget, chunk_spans, vector_text
from rag.index.sketches import sketch
from rag.text.analyser import analyse
from rag.text.keys import language_key, outlet_key
from rag.types import Article, Chunk, Filters, Reprint, Version


@dataclass(frozen=True, slots=True)
class Features:
    vector: Vectors
    published: date | None
    copy_group: int
    article: int


@dataclass(frozen=True, slots=True)
class Stored:
    article: Article
    copy_group: int
    sketch: frozenset[int]


@dataclass(frozen=True, slots=True)
class Row:
    chunk: Chunk
    stored: Stored
    vector: Vectors


class BruteForceIndex:
    """Articles in a list; BM25 with k1 1.2 and b 0.75."""

    def __init__(self, encoder: Encoder, budget: ChunkBudget) -> None:
        self._encoder = encoder
        self._budget = budget
        self._rows: tuple[Row, ...] = ()
        self._last = 0
        self.revision = 0

    def add(self, articles: Iterable[Article]) -> None:
        """Add articles whose ids are new, or which are only put into another collection."""
        for article in articles:
            known = [row for row in self._rows if row.stored.article.id == article.id]
            if known:
                label = article.collection or known[0].stored.article.collection
                moved = replace(known[0].stored, article=replace(article, collection=label))
                self._rows = tuple(
                    replace(row, stored=moved) if row.stored.article.id == article.id else row
                    for row in self._rows
                )
                continue
            spans = chunk_spans(article.text, self._budget)
            texts = [vector_text(article.title, article.text[a:b], self._budget) for a, b in spans]
            own = frozenset(sketch(article.text))
            stored = Stored(article, self._group(own), own)
            for (start, end), vector in zip(spans, self.encode(texts), strict=True):
                self._last += 1
                chunk = Chunk(self._last, article.id, start, end, article.text[start:end])
                self._rows += (Row(chunk, stored, vector),)
        self.revision += 1

    def remove(self, ids: Iterable[str]) -> None:
        """Remove articles by id."""
        gone = set(ids)
        self._rows = tuple(row for row in self._rows if row.stored.article.id not in gone)
        self.revision += 1

    def _group(self, own: frozenset[int]) -> int:
        for row in self._rows:
            if len(own & row.stored.sketch) >= len(own) / 2:
                return row.stored.copy_group
        return self._last + 1

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode(texts)

    def article(self, article_id: str) -> Article:
        for row in self._rows:
            if row.stored.article.id == article_id:
                return row.stored.article
        raise KeyError(article_id)

    def successor(self, article_id: str) -> str | None:
        """Return None: it keeps no versions."""
        return None

    def versions(self, article_id: str) -> Sequence[Version]:
        self.article(article_id)
        return ()

    @contextmanager
    def view(self) -> Iterator[BruteForceView]:
        yield BruteForceView(self._rows)


@dataclass(frozen=True, slots=True)
class BruteForceView:
    rows: tuple[Row, ...]

    def search_dense(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[int, float]]:
        return _best(((r, float(r.vector @ vector)) for r in self._within(filters)), k)

    def search_lexical(self, question: str, k: int, filters: Filters) -> list[tuple[int, float]]:
        terms = [analyse(row.chunk.text) for row in self.rows]
        average = sum(map(len, terms)) / max(1, len(terms))
        scores = []
        for row, own in zip(self.rows, terms, strict=True):
            counts, score = Counter(own), 0.0
            for term in dict.fromkeys(analyse(question)):
                holders = sum(term in one for one in terms)
                idf = math.log(1 + (len(terms) - holders + 0.5) / (holders + 0.5))
                tf = counts[term]
                score += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * len(own) / average))
            if score and _passes(row.stored.article, filters):
                scores.append((row, score))
        return _best(scores, k)

    def features(self, ids: Sequence[int]) -> Mapping[int, Features]:
        return {
            r.chunk.id: Features(
                r.vector,
                r.stored.article.published,
                r.stored.copy_group,
                min(one.chunk.id for one in self.rows if one.stored is r.stored),
            )
            for r in self.rows
            if r.chunk.id in set(ids)
        }

    def chunks(self, ids: Sequence[int]) -> Mapping[int, tuple[Chunk, Stored, Vectors]]:
        return {
            r.chunk.id: (r.chunk, r.stored, r.vector) for r in self.rows if r.chunk.id in set(ids)
        }

    def reprints(self, groups: Sequence[int], as_of: date | None) -> Mapping[int, list[Reprint]]:
        stored = {row.stored.article.id: row.stored for row in self._within(Filters(as_of=as_of))}
        return {
            group: [
                Reprint(name, one.article.outlet)
                for name, one in stored.items()
                if one.copy_group == group
            ]
            for group in groups
        }

    def undated(self, filters: Filters) -> int:
        named = Filters(
            outlet=filters.outlet, language=filters.language, collection=filters.collection
        )
        return len(
            {
                row.stored.article.id
                for row in self._within(named)
                if row.stored.article.published is None
            }
        )

    def _within(self, filters: Filters) -> list[Row]:
        return [row for row in self.rows if _passes(row.stored.article, filters)]


def _passes(article: Article, filters: Filters) -> bool:
    day = article.published
    return (
        (filters.since is None or (day is not None and day >= filters.since))
        and (filters.until is None or (day is not None and day <= filters.until))
        and (filters.as_of is None or day is None or day <= filters.as_of)
        and (
            filters.outlet is None or outlet_key(article.outlet or "") == outlet_key(filters.outlet)
        )
        and (
            filters.language is None
            or language_key(article.language or "") == language_key(filters.language)
        )
        and (
            filters.collection is None
            or outlet_key(article.collection or "") == outlet_key(filters.collection)
        )
    )


def _best(scored: Iterable[tuple[Row, float]], k: int) -> list[tuple[int, float]]:
    pairs = sorted((-score, row.chunk.id) for row, score in scored)
    return [(number, -score) for score, number in pairs[:k]]
