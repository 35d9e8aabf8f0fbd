"""A question to passages: candidates by vector and by words, fused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from embeddings import Vectors
from rag.features import PassageFeatures
from rag.index.protocol import ChunkFeatures, IndexView, SearchIndex
from rag.retrieval.query import as_query
from rag.text.temporal import TimeFrame, time_features, time_frame, time_score
from rag.types import Filters, Passage, Query

DENSE_WEIGHT = 0.8
"""Share of the dense score in the fused one (``python -m eval.lab.tune fusion``)."""
TIME_WEIGHT = 0.03
"""What a log-day of a passage's date (`rag.text.temporal.time_score`) takes from the fused score."""
AGAIN_WEIGHT = 0.1
"""What the fused score of a passage that answered before gains (``python -m eval.follow_ups --again``)."""
_DEPTH = 100
# Candidates looked through for other stories where copies of a few fill the list.
_MAX_DEPTH = 1600
# Stories that a question is to be answered from: as many as passages are read.
_STORIES = 12
# Passages among which the newest date is looked for: as many as are read, however many are asked for.
_NEWEST_OF = 12


class Retriever:
    """Searches one index; many threads may share it."""

    def __init__(
        self,
        index: SearchIndex,
        *,
        dense_weight: float = DENSE_WEIGHT,
        time_weight: float = TIME_WEIGHT,
        again_weight: float = AGAIN_WEIGHT,
    ) -> None:
        self.index = index
        self._again_weight = again_weight
        self._dense_weight = dense_weight
        self._time_weight = time_weight

    def search(
        self,
        question: str | Query,
        k: int = 10,
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        outlet: str | None = None,
        language: str | None = None,
        as_of: date | str | None = None,
        collection: str | None = None,
        max_copies: int | None = None,
        any_day: bool = False,
        again: Collection[int] = (),
    ) -> list[Passage]:
        """Return up to k passages, best first; scores lie in 0..1, ties by chunk id.

        Nothing published after ``as_of``, the day the question is asked (default today), is among
        them unless ``any_day``; articles without a date are.

        Parameters
        ----------
        question
            A question with its options as keywords, or a `Query`, which has its own.
        max_copies
            Of how many articles that copy one story there may be passages; None for any number. Other
            stories are then looked for where copies of a few are all that is near.
        any_day
            Whether articles of days after ``as_of`` count: for words whose article is looked for, not for
            questions.
        again
            Ids of chunks that are candidates however far they are, with a weight of their own.

        Raises
        ------
        QueryError
            Where the question is empty or over 2,000 characters, or k or a filter is none.
        """
        query = as_query(
            question,
            k=k,
            since=since,
            until=until,
            outlet=outlet,
            language=language,
            as_of=as_of,
            collection=collection,
        )
        asked = query.filters.as_of or date.today()
        filters = replace(query.filters, as_of=None if any_day else asked)
        frame = time_frame(query.question, asked)
        vector = self.index.encode([query.question])[0]
        with self.index.view() as view:
            return self._fused(
                view, query.question, vector, query.k, filters, frame, max_copies, frozenset(again)
            )

    def undated_left_out(self, filters: Filters) -> int:
        """Return how many articles ``since`` or ``until`` leave out because they have no date.

        Raises
        ------
        IndexStoreError
        """
        if not filters.dated:
            return 0
        with self.index.view() as view:
            return view.undated(filters)

    def _fused(
        self,
        view: IndexView,
        question: str,
        vector: Vectors,
        k: int,
        filters: Filters,
        frame: TimeFrame | None,
        max_copies: int | None,
        again: frozenset[int],
    ) -> list[Passage]:
        """Combine both candidate lists convexly.

        Each score is divided by the best of its kind, zero staying zero, and the two are mixed
        (Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval"). How
        well a passage's date suits the question is added with its own weight.
        """
        depth = max(_DEPTH, k)
        while True:
            near = dict(view.search_dense(vector, depth, filters))
            lexical = dict(view.search_lexical(question, depth, filters))
            found = view.features(sorted(near.keys() | lexical.keys() | again))
            all_of_them = len(near) < depth and len(lexical) < depth
            if all_of_them or depth >= _MAX_DEPTH or not _flooded(found, max_copies):
                break
            depth *= 4
        # From the catalog's own vectors: FAISS sums in another order, so that the last bits, and with
        # them the order of ties, would depend on when its file was last rebuilt.
        dense = {n: float(features.vector @ vector) for n, features in found.items()}
        top_dense = max((dense[n] for n in found), default=0.0) or 1.0
        top_words = max((lexical.get(n, 0.0) for n in found), default=0.0) or 1.0
        weight = self._dense_weight
        fused = {
            n: weight * max(0.0, dense[n]) / max(top_dense, 1e-6)
            + (1 - weight) * lexical.get(n, 0.0) / top_words
            + self._again_weight * (n in again)
            for n in found
        }
        published = {n: features.published for n, features in found.items()}
        best = sorted(fused, key=lambda n: (-fused[n], n))[:_NEWEST_OF]
        newest = max((day for n in best if (day := published[n])), default=None)
        timed = {n: time_features(frame, published[n], newest) for n in found}
        scored = sorted(
            (-max(0.0, fused[n] + self._time_weight * time_score(timed[n])), n) for n in found
        )
        if max_copies is not None:
            scored = _few_copies(scored, found, max_copies)
        top = [(n, min(1.0, -score)) for score, n in scored[:k]]
        held = view.chunks([number for number, _ in top])
        passages = []
        for number, score in top:
            chunk, owner, _ = held[number]
            features = PassageFeatures(dense[number], lexical.get(number, 0.0), timed[number])
            group = found[number].copy_group
            passages.append(Passage(chunk, owner.article, round(score, 6), features, group))
        return passages


def _flooded(found: Mapping[int, ChunkFeatures], most: int | None) -> bool:
    """Whether chunks are of few stories, and one of these was printed more often than ``most`` times."""
    if most is None:
        return False
    articles: dict[int, set[int]] = {}
    for features in found.values():
        articles.setdefault(features.copy_group, set()).add(features.article)
    return len(articles) < _STORIES and any(len(own) > most for own in articles.values())


def _few_copies(
    scored: Sequence[tuple[float, int]], found: Mapping[int, ChunkFeatures], most: int
) -> list[tuple[float, int]]:
    """Return the chunks of no more than the best so many articles of each near-duplicate group."""
    articles: dict[int, set[int]] = {}
    kept = []
    for score, number in scored:
        features = found[number]
        known = articles.setdefault(features.copy_group, set())
        if features.article in known or len(known) < most:
            known.add(features.article)
            kept.append((score, number))
    return kept
